"""A network around notifications: what the other services tell it, delivered through the real consumer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from notifications.mailbox import Mailbox

from missionare.kit.consumer import Consumer
from missionare.kit.envelope import Envelope
from missionare.kit.facts import wire_type
from missionare.kit.ids import uuid7
from missionare.kit.ledger import AggregateFeed, Feed, Position
from missionare.kit.peers import PeerRefused
from missionare.kit.testing import As, FakePeers, MovableClock, Platform
from missionare.kit.timers import TimerLoop

API = "/api/notifications/v1"


class SilentOwner:
    """An owner whose feeds tell nothing beyond what was delivered."""

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        del after, limit
        return Feed([], Position(), 1, datetime.now(UTC))

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        del aggregate, subject, after
        return AggregateFeed([], "0.0", 1)


class Network:
    """Tells facts, lets timers fire, and plays the people who own what comes of it."""

    def __init__(self, platform: Platform, peers: FakePeers, clock: MovableClock, mailbox: Mailbox) -> None:
        self.platform, self.peers, self.clock, self.mailbox = platform, peers, clock, mailbox
        service = platform.service
        self.context = service.context
        self.operator = platform.as_person("operator-1", roles=["operator"])
        self.stopped = False
        owner = SilentOwner()
        owners = dict.fromkeys(("members", "journeys", "catalog"), owner)
        self.consumer = Consumer(self.context, service.handlers[0], owners)
        self._timers = TimerLoop(self.context, service.timers)
        self._sequences: dict[tuple[str, str], count[int]] = {}
        self.people: dict[str, dict[str, Any]] = {}
        peers.answers["members", "/internal/recipients"] = self._recipient
        peers.answers["journeys", "/internal/links"] = self._link

    # --- what others answer ---------------------------------------------------------------------------------------

    def knows(self, someone: str, **changes: Any) -> None:
        """Let members know a person or an organisation's contact."""
        known = {"given_name": "Kim", "family_name": "Klee", "language": "de", "active": True}
        self.people[someone] = {"email": f"{someone}@example.org", **known, **changes}

    def _recipient(self, asked: dict[str, Any]) -> dict[str, Any]:
        [someone] = asked.values()
        if someone not in self.people:
            raise PeerRefused("members", 404, "person_unknown")
        return self.people[someone]

    def _link(self, asked: dict[str, Any]) -> dict[str, str]:
        return {"url": f"http://127.0.0.1:8080/api/journeys/v1/links/{asked['purpose']}-{asked['subject']}-{uuid7()}"}

    # --- what others tell -----------------------------------------------------------------------------------------

    def fact(self, name: str, aggregate: str, *, chain: str = "", **data: Any) -> Envelope:
        """Make the next fact of an aggregate, as its owner would send it; `name` is `service.ClassName`."""
        source, _, class_name = name.partition(".")
        subject = str(data[f"{aggregate}_id"])
        sequence = next(self._sequences.setdefault((aggregate, subject), count(1)))
        return Envelope(
            id=uuid7(),
            source=source,
            type=wire_type(source, class_name, 1),
            aggregate=aggregate,
            subject=subject,
            era=1,
            sequence=sequence,
            previous=f"1.{sequence - 1}" if sequence > 1 else "0.0",
            time=self.clock.now(),
            actor="test",
            correlation_id=chain or uuid7(),
            causation_id=None,
            traceparent=None,
            value=json.dumps(data),
        )

    def qualified(self, person: str = "p1", journey: str = "j1", **changes: Any) -> Envelope:
        """Say that somebody came back from a journey as a missionary."""
        fields = {"goal_id": "g1", "topics": ["data"], "registration_id": f"r-{person}", **changes}
        return self.fact(
            "members.MissionaryQualified",
            "missionary",
            missionary_id=f"m-{person}",
            person_id=person,
            journey_id=journey,
            **fields,
        )

    def published(self, entry: str, *topics: str, kind: str = "question") -> Envelope:
        """Say that a version of an entry is public."""
        return self.fact(
            "catalog.EntryPublished",
            "entry",
            entry_id=entry,
            kind=kind,
            number=1,
            topics=list(topics),
            pole=None,
            suggestion_id=None,
        )

    def merged(self, entry: str, into: str, kind: str = "question") -> Envelope:
        """Say that another entry speaks for one from now on."""
        return self.fact("catalog.EntriesMerged", "entry", entry_id=entry, into_entry_id=into, kind=kind)

    def affiliated(self, person: str, *functions: str) -> Envelope:
        """Say what somebody does at work."""
        return self.fact(
            "members.AffiliationConfirmed",
            "affiliation",
            affiliation_id=f"aff-{person}",
            person_id=person,
            organisation_id="o1",
            functions=list(functions),
            primary=True,
        )

    def registration(self, name: str, person: str = "p1", journey: str = "j1", **changes: Any) -> Envelope:
        """Say what happened to somebody's registration."""
        more = {"organisation_id": "o1", "goal_id": "g1"} if name in {"Requested", "Confirmed"} else {}
        return self.fact(
            f"journeys.{'' if name.startswith('Seat') else 'Registration'}{name}",
            "registration",
            registration_id=f"r-{person}-{journey}",
            journey_id=journey,
            person_id=person,
            **{**more, **changes},
        )

    def journey(self, name: str, journey: str = "j1", **changes: Any) -> Envelope:
        """Say what happened to a journey or one of its stops."""
        return self.fact(f"journeys.{name}", "journey", journey_id=journey, **changes)

    def release_requested(self, insight: str, *, until: datetime | None = None, stop: str = "s1") -> Envelope:
        """Say that a host is asked about an insight."""
        until_at = (until or self.clock.now() + timedelta(days=21)).isoformat()
        return self.fact(
            "journeys.InsightReleaseRequested",
            "insight",
            insight_id=insight,
            journey_id="j1",
            stop_id=stop,
            organisation_id="host",
            until_at=until_at,
        )

    def release_reminded(self, insight: str, reminder: int = 1, *, stop: str = "s1") -> Envelope:
        """Say that a host is to be reminded of an insight."""
        return self.fact(
            "journeys.InsightReleaseReminded",
            "insight",
            insight_id=insight,
            journey_id="j1",
            stop_id=stop,
            organisation_id="host",
            reminder=reminder,
            until_at=(self.clock.now() + timedelta(days=14)).isoformat(),
        )

    def invitation_accepted(self, activity: str, issuer: str = "p1", invitation: str = "i1") -> Envelope:
        """Say that somebody invited has joined."""
        return self.fact(
            "members.InvitationAccepted",
            "invitation",
            invitation_id=invitation,
            activity_id=activity,
            issuer_person_id=issuer,
            person_id="newcomer",
            organisation_id="o9",
        )

    # --- what happens then ----------------------------------------------------------------------------------------

    async def tell(self, *facts: Envelope) -> None:
        """Deliver facts, and let everything happen that follows."""
        for fact in facts:
            await self.consumer.batch([fact])
            await self.settle()

    async def settle(self, rounds: int = 50) -> None:
        """Fire timers until none is due."""
        for _ in range(rounds):
            due = await self.due()
            if not due:
                return
            for row in due:
                await self._timers.fire(row)
        msg = f"timers do not come to an end: {[row['_id'] for row in due]}"
        raise AssertionError(msg)

    async def fire(self, row: dict[str, Any]) -> None:
        """Fire one timer; what it raises comes out here."""
        await self._timers.fire(row)

    async def due(self) -> list[dict[str, Any]]:
        """Give the timers whose moment has come."""
        rows = self.context.database["timers"].find({"due_at": {"$lte": self.clock.now()}})
        return list(await rows.to_list(None))

    async def pass_days(self, days: float) -> None:
        """Let time pass, and everything happen in its order that falls due on the way."""
        end = self.clock.now() + timedelta(days=days)
        timers = self.context.database["timers"]
        while (row := await timers.find_one({"due_at": {"$lte": end}}, sort=[("due_at", 1)])) is not None:
            wait = row["due_at"] - self.clock.now()
            self.clock.move(seconds=max(0.0, wait.total_seconds()) + 0.01)
            await self.settle()
        self.clock.move(seconds=max(0.0, (end - self.clock.now()).total_seconds()))

    # --- what can be seen -----------------------------------------------------------------------------------------

    def as_person(self, person: str, **claims: Any) -> As:
        return self.platform.as_person(person, **claims)

    async def facts(self, name: str) -> list[dict[str, Any]]:
        """Give what notifications has told under a class name, in order."""
        rows = self.context.database["facts"].find({"type": wire_type("notifications", name, 1)}, sort=[("_id", 1)])
        return [json.loads(row["value"]) for row in await rows.to_list(None)]

    async def parked(self) -> int:
        return int(await self.context.database["parked"].count_documents({}))

    async def read(self, path: str, who: As) -> dict[str, Any]:
        answer = await who.get(f"{API}/{path}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def items(self, path: str, who: As) -> list[dict[str, Any]]:
        return list((await self.read(path, who))["items"])

    async def plan(self, person: str = "p1") -> dict[str, Any]:
        [plan] = await self.items("outreach-plans", self.as_person(person))
        return plan

    async def accept(self, person: str = "p1") -> list[dict[str, Any]]:
        """Let a missionary accept the plan and give the activities in the order of their days."""
        plan = await self.plan(person)
        who = self.as_person(person)
        answer = await who.post(f"{API}/outreach-plans/{plan['id']}/acceptance", match=plan["version"])
        assert answer.status_code == 200, answer.text
        activities = await self.items("outreach-activities", who)
        return sorted(activities, key=lambda activity: activity["due_on"])
