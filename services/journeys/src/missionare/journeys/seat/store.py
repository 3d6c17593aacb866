"""The seat ledger, and the desk through which every change of a registration's seat goes."""

from __future__ import annotations

from datetime import datetime

from missionare.journeys.calendar.domain import working_days_later
from missionare.journeys.events import SkipReason
from missionare.journeys.journey.domain import Journey
from missionare.journeys.participant.domain import Participant
from missionare.journeys.participant.store import Participants
from missionare.journeys.registration.domain import Registration, RegistrationNotOpen, RegistrationState
from missionare.journeys.registration.store import Registrations
from missionare.journeys.seat import domain
from missionare.journeys.seat.domain import Change, LedgerState, SeatLedger
from missionare.journeys.store import overseen
from missionare.kit.facts import Fact
from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Scope, Store
from missionare.kit.work import Work

OFFER_EXPIRY = "offer_expiry"
GOAL_DEADLINE = "goal_deadline"
_MARGIN = 10
"""How many more of the waiting list are looked at than seats are free, in case some are skipped."""


class SeatLedgers(Store[SeatLedger]):
    """One document of counters per journey, by the journey's id; it exists once registration has opened."""

    collection = "seat_ledgers"
    aggregate = "seat_ledger"
    model = SeatLedger

    def within(self, scope: Scope) -> Filter:
        """Show the counters to the journey lead."""
        return {} if overseen(scope) else NOTHING


class SeatDesk:
    """Saves what was decided about registrations of one journey.

    The ledger follows in the same transaction, a seat that becomes free passes on in it, and deadlines are set and
    forgotten with the states they belong to. Two desks at once: one of them loses the race for the ledger.
    """

    def __init__(self, work: Work, journey: Journey, ledger: SeatLedger) -> None:
        """Use `open`."""
        self._work = work
        self.journey = journey
        self._scope = Scope.system("seats pass on to whoever is next, whoever caused it")
        self._registrations = work.store(Registrations)
        self._seen: set[str] = set()
        self.ledger = ledger

    @classmethod
    async def open(cls, work: Work, journey: Journey) -> SeatDesk:
        """Load a journey's ledger.

        Raises:
            RegistrationNotOpen: there is none yet.
        """
        ledger = await work.store(SeatLedgers).find(journey.id, Scope.system("every seat change goes through it"))
        if ledger is None:
            raise RegistrationNotOpen
        return cls(work, journey, ledger)

    def admit(self, registration: Registration, participant: Participant) -> tuple[Registration, list[Fact]]:
        """Give a free seat or the last place on the waiting list; to be saved with `save`."""
        self.ledger, admitted, facts = domain.admit(
            self.ledger,
            registration,
            goal=participant.standing(registration.goal_id),
            goal_days=self.journey.terms.goal_days,
            now=self._work.now,
        )
        return admitted, facts

    async def save(self, before: Registration | None, after: Registration, facts: list[Fact]) -> None:
        """Save a decision: `before` is what was loaded, None for a new registration."""
        was = self.ledger
        self.ledger = domain.moved(self.ledger, before.state if before else None, after.state)
        self._keep(Change(before, after, facts))
        await self._pass_on()
        # Concluding a participation or pausing a deadline moves no counter, and must not race those who do.
        if self.ledger != was:
            self._work.save(self._work.store(SeatLedgers), self.ledger)

    async def _pass_on(self) -> None:
        while self.ledger.free > 0 and self.ledger.waitlisted > 0 and self.ledger.state is LedgerState.OPEN:
            heads = await self._registrations.waiting(
                self.journey.id, self._scope, but=self._seen, limit=self.ledger.free + _MARGIN
            )
            if not heads:
                return
            ineligible = await self._ineligible(heads)
            promotion = domain.pass_on(self.ledger, heads, until_at=self._offers_end_at(), ineligible=ineligible)
            self.ledger = promotion.ledger
            self._seen.update(head.id for head in heads)
            for change in promotion.changes:
                self._keep(change)

    async def _ineligible(self, heads: list[Registration]) -> dict[str, SkipReason]:
        known = await self._work.store(Participants).known_of(head.person_id for head in heads)
        left = [
            head for head in heads if head.person_id in known and known[head.person_id].has_left(head.organisation_id)
        ]
        return {head.id: SkipReason.AFFILIATION_ENDED for head in left}

    def _offers_end_at(self) -> datetime:
        days, start = self.journey.terms.offer_working_days, self.journey.starts_at
        until = working_days_later(self._work.now, days, self.journey.zone)
        return min(until, start) if start > self._work.now else until

    def _keep(self, change: Change) -> None:
        after = change.after
        self._seen.add(after.id)
        self._work.save(self._registrations, after, change.facts)
        before = change.before
        deadlines = {
            OFFER_EXPIRY: (
                after.offered_until_at if after.state is RegistrationState.OFFERED else None,
                before is not None and before.state is RegistrationState.OFFERED,
            ),
            GOAL_DEADLINE: (after.goal_until_at, before is not None and before.goal_until_at is not None),
        }
        for name, (due, was_set) in deadlines.items():
            if due is not None:
                self._work.schedule(name, after.id, at=due)
            elif was_set:
                self._work.cancel(name, after.id)
