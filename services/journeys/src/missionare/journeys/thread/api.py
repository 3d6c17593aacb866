"""The route of the threads: one question shows what a goal has led to, and where it came from."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import ConfigDict, Field

from missionare.journeys.api import SIGNED_IN, Reference
from missionare.journeys.insight.api import standing_of
from missionare.journeys.insight.store import Insights
from missionare.journeys.thread import domain
from missionare.journeys.thread.domain import Item, Kind, Node, Reading
from missionare.journeys.thread.views import ThreadEdges, ThreadNodes
from missionare.kit.answers import Answer
from missionare.kit.routes import Reader, Routes

routes = Routes("journeys")


class Place(Answer):
    """A thing in a thread."""

    kind: Kind
    id: str


class ThreadItem(Answer):
    """A thing in a thread, with the one that led to it."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    kind: Kind
    id: str
    at: datetime | None
    before: Place | None = Field(serialization_alias="from")

    @classmethod
    def of(cls, item: Item) -> Self:
        """Show an item."""
        node, before = item.node, item.before
        place = None if before is None else Place(kind=before.kind, id=before.id)
        return cls(kind=node.kind, id=node.id, at=node.at, before=place)


class Thread(Answer):
    """A thread from its beginning to its end, as far as the caller may see it."""

    items: tuple[ThreadItem, ...]
    whole: bool
    """Whether it leads unbroken from a goal to somebody's next goal."""


@routes.get("/threads/{kind}/{thing_id}", policy=SIGNED_IN, answers=Thread)
async def read_thread(kind: Kind, thing_id: Reference, reader: Reader) -> Thread:
    """Show what led to a thing and what it led to, from the goal before it to the goal after it."""
    walk = await reader.store(ThreadNodes).walk(kind, thing_id, reader.store(ThreadEdges))
    items = domain.shown(walk, await _reading(list(walk.nodes.values()), reader))
    return Thread(items=tuple(ThreadItem.of(item) for item in items), whole=domain.is_whole(items))


async def _reading(nodes: list[Node], reader: Reader) -> Reading:
    caller = reader.caller
    insights = [node.id for node in nodes if node.kind is Kind.INSIGHT]
    return Reading(
        person_id=caller.person_id,
        roles=caller.roles,
        organisation_id=caller.organisation_id,
        insights=await reader.store(Insights).readable_ids(insights, await standing_of(reader)),
    )
