"""A region whose facts some readers outside may see, and those readers."""

from __future__ import annotations

import asyncio
from typing import Any

from missionare.kit.envelope import Envelope
from missionare.kit.testing import As, Outside, Platform

API = "/api/notifications/v1"
ENTRY = "catalog.entry_published.v1"
PUBLISHED = "journeys.journey_published.v1"
QUALIFIED = "members.missionary_qualified.v1"
COMPLETED = "journeys.journey_completed.v1"


class Region(Outside):
    """Tells facts that are open, and has readers for them."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(platform)
        self.platform = platform
        self.context = platform.service.context
        self.clock: Any = self.context.clock
        self.anybody = platform.as_visitor()
        self.chamber = self.integration("chamber")
        self.operator = platform.as_person("op-1", roles=["operator"])
        self.ended: set[str] = set()
        """Keys that open nothing any more, as members tells it."""
        self.peers: Any = self.context.peers
        self.peers.answers["members", "/internal/keys"] = lambda asked: {"opens": asked["key_id"] not in self.ended}

    def integration(self, organisation: str, key: str = "key-1") -> As:
        """Give a program of an organisation, with its key."""
        return self.platform.as_key(f"{organisation}-{key}", roles=["integration"], organisation_id=organisation)

    # --- facts --------------------------------------------------------------------------------------------------------

    def entry(self, entry: str = "e1", **changes: Any) -> Envelope:
        fields = {"kind": "question", "number": 1, "topics": ["data"], "pole": None, "suggestion_id": "sg1", **changes}
        return self.fact("catalog.EntryPublished", "entry", entry_id=entry, **fields)

    def journey(self, journey: str = "j1") -> Envelope:
        return self.fact(
            "journeys.JourneyPublished",
            "journey",
            journey_id=journey,
            stops=3,
            starts_at="2026-05-06T07:00:00Z",
            ends_at="2026-05-06T15:00:00Z",
            capacity=20,
        )

    def insight(self, insight: str, audience: str) -> Envelope:
        return self.fact(
            "journeys.InsightReleased",
            "insight",
            insight_id=insight,
            journey_id="j1",
            stop_id="s1",
            registration_id="r1",
            organisation_id="host",
            kind="practice",
            topic="data",
            audience=audience,
        )

    def qualified(self, person: str = "p1", journey: str = "j1") -> Envelope:
        return self.fact(
            "members.MissionaryQualified",
            "missionary",
            missionary_id=f"m-{person}",
            person_id=person,
            journey_id=journey,
            registration_id=f"r-{person}",
            goal_id="g1",
            topics=["data"],
        )

    # --- what happens then --------------------------------------------------------------------------------------------

    async def due(self) -> list[dict[str, Any]]:
        """Give the timers whose moment has come."""
        rows = self.context.database["timers"].find({"due_at": {"$lte": self.clock.now()}})
        return list(await rows.to_list(None))

    async def next_timer(self) -> dict[str, Any] | None:
        """Give the timer that is due first."""
        row: dict[str, Any] | None = await self.context.database["timers"].find_one({}, sort=[("due_at", 1)])
        return row

    async def fire_at_once(self) -> None:
        """Fire everything that is due at the same time, as the worker does, until nothing is."""
        while due := await self.due():
            await asyncio.gather(*(self._timers.fire(row) for row in due))

    # --- what can be seen ---------------------------------------------------------------------------------------------

    async def page(self, who: As, **query: Any) -> dict[str, Any]:
        answer = await who.get(f"{API}/events", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def seen(self, who: As, **query: Any) -> list[dict[str, Any]]:
        return list((await self.page(who, **query))["items"])

    async def withdraw(self, kind: str, name: str, who: As | None = None) -> int:
        body = {"kind": kind, "id": name, "why": "asked for"}
        return int((await (who or self.operator).post(f"{API}/event-withdrawals", body)).status_code)
