"""Journeys that have ended and wait to be completed, laid down in the databases of a running platform."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
from pymongo import MongoClient

from missionare.cli.running import Running
from missionare.journeys.events import Topic
from missionare.journeys.journey.domain import Journey, JourneyState
from missionare.journeys.journey.store import Journeys
from missionare.journeys.registration.domain import Presence, Registration, RegistrationState
from missionare.journeys.registration.store import Registrations
from missionare.journeys.seat.domain import LedgerState, SeatLedger
from missionare.journeys.seat.store import SeatLedgers
from missionare.journeys.stop.domain import Stop, StopState
from missionare.kit.aggregates import Aggregate, Chain
from missionare.kit.ids import uuid7
from missionare.kit.store import Store
from missionare.kit.tokens import Signer, SigningKeys
from missionare.members.events import Pole
from missionare.members.events import Topic as GoalTopic
from missionare.members.goal.domain import Goal, GoalState, GoalText
from missionare.members.goal.store import Goals
from missionare.members.missionary.domain import Missionary, MissionaryState
from missionare.members.missionary.store import Missionaries

BULK: Final = 2_000
SUBMITTED: Final = 250
VERSION: Final = 1


@dataclass
class Travelled:
    """A journey that may be completed, and the people on it."""

    journey: Journey
    people: list[str] = field(default_factory=list)


class Region:
    """A running platform, with its databases open and tokens at hand."""

    def __init__(self, platform: Running, clients: dict[str, MongoClient[dict[str, Any]]]) -> None:
        """Made by `region`."""
        self.platform = platform
        self._databases = {service: client.get_default_database() for service, client in clients.items()}
        self._signer = Signer("members", SigningKeys.load(platform.folder.signing_key("members")))
        self.ports: dict[str, int] = {service: platform.state["ports"][service] for service in clients}
        """Where each service itself answers."""
        self._addresses = {service: f"http://127.0.0.1:{port}/api/{service}/v1" for service, port in self.ports.items()}
        self._submitted: list[Goal] = []
        self.http = httpx2.AsyncClient(timeout=30)

    def lay_down(self, participants: int) -> Travelled:
        """Store a journey whose participants were at its one stop, each with a goal and as a missionary."""
        travelled = Travelled(_journey(participants))
        journey = travelled.journey
        travelled.people = [uuid7() for _ in range(participants)]
        goals = [_goal(person, journey) for person in travelled.people]
        pairs = list(zip(travelled.people, goals, strict=True))
        self._insert("journeys", Journeys, [journey])
        ledger = SeatLedger(
            id=journey.id, version=VERSION, capacity=participants, confirmed=participants, state=LedgerState.DEPARTED
        )
        self._insert("journeys", SeatLedgers, [ledger])
        self._insert("journeys", Registrations, [_registration(person, goal, journey) for person, goal in pairs])
        self._insert("members", Goals, goals)
        self._insert("members", Missionaries, [_missionary(person, goal, journey) for person, goal in pairs])
        return travelled

    async def complete(self, travelled: Travelled) -> None:
        """Complete a journey as an operator."""
        headers = {
            **self.credentials("journeys", uuid7(), "operator"),
            "Idempotency-Key": uuid7(),
            "If-Match": f'"{travelled.journey.version}"',
        }
        path = f"{self._addresses['journeys']}/journeys/{travelled.journey.id}/completion"
        (await self.http.post(path, headers=headers)).raise_for_status()

    async def read_journey(self, travelled: Travelled) -> None:
        """Read the journey as an operator."""
        path = f"{self._addresses['journeys']}/journeys/{travelled.journey.id}"
        (await self.http.get(path, headers=self.credentials("journeys", uuid7(), "operator"))).raise_for_status()

    async def plans_of(self, person: str) -> list[Any]:
        """Read somebody's outreach plans as they do themselves."""
        path = f"{self._addresses['notifications']}/outreach-plans"
        answer = await self.http.get(path, headers=self.credentials("notifications", person))
        answer.raise_for_status()
        return list(answer.json()["items"])

    def plans_on(self, travelled: Travelled) -> int:
        """Count the plans that were drafted for a journey."""
        plans = self._databases["notifications"]["outreach_plans"]
        return plans.count_documents({"journey_id": travelled.journey.id})

    def submitted_goal(self) -> Goal:
        """Give a goal that waits for a coach; they are laid down many at a time."""
        if not self._submitted:
            self._submitted = [submitted() for _ in range(SUBMITTED)]
            self._insert("members", Goals, self._submitted)
        return self._submitted.pop()

    def credentials(self, service: str, person: str, *roles: str) -> dict[str, str]:
        """Give the header by which a service knows somebody, good for a minute."""
        return {"Authorization": f"Bearer {self._signer.mint(service, person, kind='person', roles=roles)}"}

    def _insert(self, service: str, store: type[Store[Any]], aggregates: Sequence[Aggregate]) -> None:
        database: Any = self._databases[service]
        kept = store(database)
        for start in range(0, len(aggregates), BULK):
            rows = [kept.stored(aggregate) for aggregate in aggregates[start : start + BULK]]
            database[store.collection].insert_many(rows)


@contextmanager
def region(platform: Running) -> Iterator[Region]:
    """Open a running platform's databases."""
    services = ("members", "journeys", "notifications")
    clients = {name: MongoClient[dict[str, Any]](platform.mongo_url(name), tz_aware=True) for name in services}
    try:
        yield Region(platform, clients)
    finally:
        for client in clients.values():
            client.close()


def _journey(participants: int) -> Journey:
    now = datetime.now(UTC)
    span = {"starts_at": now - timedelta(days=2), "ends_at": now - timedelta(days=1)}
    stop = Stop(
        id=uuid7(),
        organisation_id=uuid7(),
        title="Scannen ohne Papier",
        site="Rathaus",
        topics=(next(iter(Topic)),),
        capacity=participants,
        state=StopState.VISITED,
        **span,
    )
    return Journey(
        id=uuid7(),
        version=VERSION,
        title="Lernreise",
        summary="Ein Tag bei denen, die es schon tun",
        zone="Europe/Berlin",
        capacity=participants,
        stops=(stop,),
        state=JourneyState.DEBRIEFING,
        published_at=now - timedelta(days=9),
        attendance_closed_at=now,
        **span,
    )


def _registration(person: str, goal: Goal, journey: Journey) -> Registration:
    (stop,) = journey.stops
    asked_at = journey.starts_at - timedelta(days=5)
    return Registration(
        id=uuid7(),
        version=VERSION,
        journey_id=journey.id,
        person_id=person,
        organisation_id=stop.organisation_id,
        goal_id=goal.id,
        state=RegistrationState.CONFIRMED,
        requested_at=asked_at,
        rules_accepted_at=asked_at,
        present=(Presence(stop_id=stop.id, device_id="bench", at=journey.starts_at),),
    )


def submitted() -> Goal:
    """Give a goal that waits for a coach, of somebody without an organisation."""
    chain = Chain(sequence=1, era=1, last_us=time.time_ns() // 1_000)
    return Goal(id=uuid7(), version=2, chain=chain, person_id=uuid7(), text=_text(), state=GoalState.SUBMITTED)


def _goal(person: str, journey: Journey) -> Goal:
    return Goal(
        id=uuid7(), version=VERSION, person_id=person, text=_text(), state=GoalState.IN_PROGRESS, journey_id=journey.id
    )


def _text() -> GoalText:
    return GoalText(
        statement="Eingescannte Anträge nicht mehr abtippen",
        topics=(next(iter(GoalTopic)),),
        pole=next(iter(Pole)),
        sign_of_success="Ein Antrag kommt ohne Papier an",
        target_on=datetime.now(UTC).date() + timedelta(days=200),
    )


def _missionary(person: str, goal: Goal, journey: Journey) -> Missionary:
    return Missionary(
        id=uuid7(),
        version=VERSION,
        person_id=person,
        state=MissionaryState.TRAVELLING,
        goal_id=goal.id,
        journey_id=journey.id,
    )
