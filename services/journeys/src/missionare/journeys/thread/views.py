"""Nodes and edges of the threads, and the walk along them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from pymongo import DeleteMany, UpdateOne

from missionare.journeys.thread.domain import Edge, Kind, Node, Walk
from missionare.kit.mongo import Document
from missionare.kit.projection import Projection
from missionare.kit.store import Index, View

FURTHEST: Final = 20
"""Steps of a walk; a whole thread has ten, and one more for each time that its entry went into another one."""
WIDEST: Final = 1_000
"""Nodes of a walk. A question that helped hundreds shows the first of them."""


def key_of(kind: Kind, *ids: str) -> str:
    """Name a node. A stop is named with the registration that was there: a thread passes it with that person."""
    return ":".join((kind.value, *ids))


class ThreadEdges(View):
    """One row per edge."""

    collection = "thread_edges"
    indexes = (Index("source", ["source"]), Index("target", ["target"]))

    @classmethod
    def link(cls, projection: Projection, source: str, target: str) -> None:
        """Note that one thing led to another."""
        row = {"source": source, "target": target}
        projection.write(cls.collection, UpdateOne({"_id": f"{source}>{target}"}, {"$set": row}, upsert=True))

    @classmethod
    def forget_leading_to(cls, projection: Projection, target: str) -> None:
        """Forget what was said to have led to something."""
        projection.write(cls.collection, DeleteMany({"target": target}))

    async def beside(self, keys: Iterable[str], *, end: str) -> list[Edge]:
        """Give the edges that have one of the keys at this end."""
        found = self.rows.find({end: {"$in": sorted(keys)}}, sort=[("_id", 1)], limit=WIDEST)
        return [Edge(row["source"], row["target"]) for row in await found.to_list(None)]


class ThreadNodes(View):
    """One row per thing that a thread connects."""

    collection = "thread_nodes"
    indexes = (Index("thing", ["kind", "id"]),)

    @classmethod
    def note(
        cls,
        projection: Projection,
        kind: Kind,
        thing_id: str,
        *,
        key: str | None = None,
        people: Iterable[str] = (),
        public: bool = False,
    ) -> str:
        """Note a thing, when it began, and whose it is; give its key."""
        at: datetime = projection.fact.time
        change: Document = {"$set": {"kind": kind.value, "id": thing_id}, "$min": {"at": at}}
        if people := sorted(people):
            change["$addToSet"] = {"people": {"$each": people}}
        if public:
            change["$set"]["public"] = True
        key = key or key_of(kind, thing_id)
        projection.write(cls.collection, UpdateOne({"_id": key}, change, upsert=True))
        return key

    async def walk(self, kind: Kind, thing_id: str, edges: ThreadEdges) -> Walk:
        """Follow the edges from a thing to the nearest goals, forwards and backwards."""
        begun = await self.rows.find({"kind": kind.value, "id": thing_id}, limit=WIDEST).to_list(None)
        walk = Walk(starts=tuple(row["_id"] for row in begun))
        keys: set[str] = set(walk.starts)
        for end, other in (("source", "target"), ("target", "source")):
            seen = frontier = set(walk.starts)
            for _ in range(FURTHEST):
                found = await edges.beside(frontier, end=end) if frontier else []
                walk.edges += found
                reached: set[str] = {getattr(edge, other) for edge in found} - seen
                seen = seen | reached
                frontier = {key for key in reached if not key.startswith(f"{Kind.GOAL.value}:")}
                if len(seen) > WIDEST:
                    break
            keys |= seen
        rows = await self.rows.find({"_id": {"$in": sorted(keys)}}).to_list(None)
        walk.nodes = {row["_id"]: _node(row) for row in rows}
        return walk


def _node(row: dict[str, Any]) -> Node:
    return Node(
        key=row["_id"],
        kind=Kind(row["kind"]),
        id=row["id"],
        at=row["at"],
        people=frozenset(row.get("people", ())),
        public=row.get("public", False),
    )
