"""Promise 16: the last seat goes to exactly one, and a seat that becomes free to whoever is next."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from promises.programs import ERROR, STALE, Program, program
from promises.promise import Finding, Promise, Trial, Twin
from promises.seat_history import History, watched
from promises.stage import Stage, platform_for
from support.travel import AGENCY, Trip, host, plan, row

from missionare.cli.demo.region import Person
from missionare.cli.demo.world import JOURNEYS, MEMBERS

ROWS: Final = 200
"""Of an import, at most."""
GIVES_UP: Final = 0.1
"""How many of those who wait take their request back."""
ACCEPTS: Final = 0.6
"""How many of those who are offered a seat take it; the others refuse."""
CANCELS: Final = 0.5
"""How many of those who hold a seat give it back, as long as it goes on."""


@dataclass(frozen=True)
class Contest:
    """So many people who want so many seats."""

    crowd: int
    capacity: int


class TheLastSeatGoesToOne(Promise):
    """A crowd for one seat, and a larger one for twenty."""

    number = 16
    title = "The last seat goes to exactly one person, and a freed seat to whoever is next"
    method = (
        "200 people ask for the one seat of a journey at the same moment, 500 for the twenty of another, through the "
        "gateway. Holders cancel, people on the waiting list withdraw, offers are accepted and refused, and journeys "
        "is killed in between. Every transaction on registrations and the ledger is read from the database's own log "
        "in its order and replayed: after each one no more seats are given than there are, the counters are true, and "
        "offers go by the waiting list; at rest all seats are filled, and everybody has one registration (K4)."
    )
    in_gate = True
    twins = (Twin("read, then write", "seats are counted first and written whatever happened since"),)

    async def run(self, trial: Trial) -> Finding:
        """Hold both contests."""
        contests = [Contest(200, 1), Contest(500, 20)] if trial.sabotage is None else [Contest(40, 1)]
        async with platform_for(trial) as stage, program(stage.world) as agency:
            crowd = await _taken_in(stage, agency, max(contest.crowd for contest in contests))
            await stage.rest()
            rounds = [await _Round(stage, trial, agency, contest, crowd).hold() for contest in contests]
        violations = [violation for one in rounds for violation in one.violations]
        figures = {
            "transactions replayed": sum(one.history.transactions for one in rounds),
            "seats that passed on": sum(one.history.offers for one in rounds),
            "requests sent again without an answer": agency.repeated,
        }
        return Finding(sum(one.commands for one in rounds), stage.faults, violations, figures)


@dataclass
class _Round:
    """One contest."""

    stage: Stage
    trial: Trial
    agency: Program
    contest: Contest
    people: list[str]
    commands: int = 0
    journey: str = ""
    registered: dict[str, str] = field(default_factory=dict)
    """Registrations that were acknowledged, by person."""
    refused: list[str] = field(default_factory=list)
    history: History = field(default_factory=History)
    violations: list[str] = field(default_factory=list)
    _half_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def hold(self) -> _Round:
        """Let everybody ask at once, let seats pass on, and check."""
        self.journey = await asyncio.to_thread(_opened, self.stage, self.contest.capacity)
        people = self.people[: self.contest.crowd]
        self.trial.note(f"{len(people)} people for {self.contest.capacity} seats")
        async with watched(self.stage.books.of["journeys"], self.journey, self.contest.capacity) as history:
            self.history = history
            asking = asyncio.gather(*(self._asks(person) for person in people))
            if self.trial.sabotage is None:
                await self._half_asked.wait()
                await self.stage.kill("journeys")
            await asking
            for _ in range(3):
                await self._pass_seats_on()
            restless = await self.stage.rest()
        self.trial.note(f"{self.commands} commands, {history.transactions} transactions, {history.offers} offers")
        self.violations = [
            *(f"does not come to rest: {what}" for what in restless),
            *self.refused,
            *history.violations,
            *history.at_rest(),
            *self._everybody_once(),
        ]
        return self

    async def _asks(self, person: str) -> None:
        body = {"goal_id": None, "rules_accepted": True}
        path = f"{JOURNEYS}/journeys/{self.journey}/registrations"
        answer = await self.agency.give(path, body, behalf=person)
        self.commands += 1
        if self.commands >= self.contest.crowd // 2:
            self._half_asked.set()
        if answer.status_code >= ERROR:
            self.refused.append(f"{person} was refused: {answer.status_code} {answer.text[:200]}")
        else:
            self.registered[person] = answer.json()["id"]

    async def _pass_seats_on(self) -> None:
        """Let those who hold, wait and were offered something act, all at once."""
        chance, acts = self.trial.random, []
        for one in await self._everybody():
            match one["state"]:
                case "offered":
                    acts.append((one, "offer-acceptance" if chance.random() < ACCEPTS else "offer-refusal"))
                case "awaiting_goal" | "confirmed" if chance.random() < CANCELS:
                    acts.append((one, "cancellation"))
                case "waitlisted" if chance.random() < GIVES_UP:
                    acts.append((one, "withdrawal"))
        await asyncio.gather(*(self._act(one, verb) for one, verb in acts))

    async def _act(self, one: dict[str, Any], verb: str) -> None:
        """Give a command on what was read; somebody else may have been faster, and that is fine."""
        path = f"{JOURNEYS}/registrations/{one['id']}/{verb}"
        answer = await self.agency.give(path, match=f'"{one["version"]}"', behalf=one["person_id"])
        self.commands += 1
        if answer.status_code >= ERROR and answer.status_code != STALE:
            self.refused.append(f"{verb} of {one['state']} {one['id']}: {answer.status_code} {answer.text[:200]}")

    async def _everybody(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: dict[str, str | int] = {}
        while True:
            path = f"{JOURNEYS}/journeys/{self.journey}/registrations"
            page = (await self.agency.read(path, limit=200, **cursor)).json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    def _everybody_once(self) -> Iterator[str]:
        """Compare who was acknowledged with who is in the books."""
        kept: dict[str, list[str]] = {}
        for found in self.stage.books.of["journeys"]["registrations"].find({"journey_id": self.journey}):
            kept.setdefault(found["person_id"], []).append(found["_id"])
        for person, registration in self.registered.items():
            if kept.get(person) != [registration]:
                yield f"{person} was acknowledged {registration} and has {kept.get(person)}"
        yield from (f"{person} is in the books and was never acknowledged" for person in kept.keys() - self.registered)


async def _taken_in(stage: Stage, agency: Program, count: int) -> list[str]:
    """Enter people of one organisation; gives their ids."""
    mark = uuid.uuid4().hex[:8]
    people = [Person("Rike", "Reisende", f"r{n}.{mark}@eisenfaden.example", "Produktion") for n in range(count)]
    rows = [row(line, AGENCY, person) for line, person in enumerate(people, 2)]
    for begin in range(0, count, ROWS):
        taken = await agency.give(f"{MEMBERS}/imports", {"dry_run": False, "rows": rows[begin : begin + ROWS]})
        if taken.json()["counts"]["created"] != len(rows[begin : begin + ROWS]):
            raise RuntimeError(f"people were not taken in: {taken.text[:500]}")
    entered = stage.books.of["members"]["people"].find({"contact.email": {"$regex": f"{mark}@"}}, {"_id": 1})
    return sorted(person["_id"] for person in entered)


def _opened(stage: Stage, capacity: int) -> str:
    """Plan a journey, let its host confirm, and open it for registration."""
    trip = Trip(Person("Rike", "Reisende", "", "Produktion"), datetime.now(UTC), capacity=capacity)
    plan(stage.world, trip)
    host(stage.world, trip)
    return trip.ids["journey"]
