"""A model of everything that can happen to the seats of one journey, played at random against the pure decisions."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from journeys.examples import DAY, NOW, journey, registration, requested

from missionare.journeys.completion import domain as completion
from missionare.journeys.completion.domain import Occasion
from missionare.journeys.events import SkipReason
from missionare.journeys.participant.domain import GoalStanding
from missionare.journeys.registration import domain as registrations
from missionare.journeys.registration.domain import Decided, Registration, RegistrationState
from missionare.journeys.seat import domain
from missionare.journeys.seat.domain import (
    COUNTED_AS,
    Change,
    LedgerState,
    NoSeatFree,
    SeatLedger,
    SeatsSettled,
    moved,
)

S = RegistrationState
HOLDING = {S.CONFIRMED, S.AWAITING_GOAL, S.OFFERED}
standings = st.sampled_from(GoalStanding)
any_one = st.randoms(use_true_random=False)


class Seats(RuleBasedStateMachine):
    """What `SeatDesk` does with a database, done here with a dictionary."""

    @initialize(capacity=st.integers(1, 4))
    def open(self, capacity: int) -> None:
        self.ledger = SeatLedger(id="j1", capacity=capacity)
        self.all: dict[str, Registration] = {}
        self.left: set[str] = set()
        self.now = NOW

    @rule(goal=standings, approval=st.booleans())
    @precondition(lambda self: self.ledger.state is LedgerState.OPEN)
    def somebody_asks(self, goal: GoalStanding, approval: bool) -> None:
        self.now += timedelta(seconds=1)
        new = requested(now=self.now)
        if not approval:
            self.ledger, new, _ = domain.admit(self.ledger, new, goal=goal, goal_days=14, now=self.now)
        self.save(None, (new, []))

    @rule(goal=standings, chance=any_one)
    @precondition(lambda self: self.ledger.state is LedgerState.OPEN)
    def the_agency_approves(self, goal: GoalStanding, chance) -> None:
        if one := self.some(chance, S.PENDING_APPROVAL):
            self.ledger, admitted, facts = domain.admit(self.ledger, one, goal=goal, goal_days=14, now=self.now)
            self.save(one, (admitted, facts))

    @rule(goal=standings, chance=any_one)
    @precondition(lambda self: self.ledger.state is LedgerState.OPEN)
    def an_offer_is_taken(self, goal: GoalStanding, chance) -> None:
        if one := self.some(chance, S.OFFERED):
            self.save(one, registrations.take_seat(one, goal=goal, goal_days=14, now=self.now))

    @rule(chance=any_one)
    @precondition(lambda self: self.ledger.state is LedgerState.OPEN)
    def a_goal_is_agreed(self, chance) -> None:
        if one := self.some(chance, S.AWAITING_GOAL):
            self.save(one, registrations.goal_agreed(one, "g1"))

    @rule(chance=any_one)
    def an_offer_is_declined(self, chance) -> None:
        if one := self.some(chance, S.OFFERED):
            self.save(one, registrations.decline_offer(one))

    @rule(chance=any_one)
    def an_offer_expires(self, chance) -> None:
        if one := self.some(chance, S.OFFERED):
            self.save(one, registrations.expire_offer(one))

    @rule(chance=any_one)
    def a_deadline_for_a_goal_passes(self, chance) -> None:
        if one := self.some(chance, S.AWAITING_GOAL):
            self.save(one, registrations.lapse(one))

    @rule(chance=any_one)
    def somebody_cancels(self, chance) -> None:
        if one := self.some(chance, *HOLDING):
            self.save(one, registrations.cancel(one))

    @rule(chance=any_one)
    def somebody_withdraws(self, chance) -> None:
        if one := self.some(chance, S.WAITLISTED, S.PENDING_APPROVAL):
            self.save(one, registrations.withdraw(one))

    @rule(chance=any_one)
    def somebody_on_the_list_leaves_their_employer(self, chance) -> None:
        if one := self.some(chance, S.WAITLISTED):
            self.left.add(one.id)

    @rule(occasion=st.sampled_from(Occasion))
    def the_journey_is_settled(self, occasion: Occasion) -> None:
        to = LedgerState.DEPARTED if occasion is Occasion.DEPARTURE else LedgerState.FINAL
        if to not in domain.ALLOWED[self.ledger.state]:
            return
        self.ledger = domain.settle(self.ledger, to)
        for one in list(self.all.values()):
            if decided := completion.decide(one, occasion, journey()):
                self.save(one, decided)

    def some(self, chance, *states: S) -> Registration | None:
        found = sorted((one for one in self.all.values() if one.state in states), key=lambda one: one.id)
        return chance.choice(found) if found else None

    def save(self, before: Registration | None, decided: Decided) -> None:
        after = decided[0]
        self.ledger = moved(self.ledger, before.state if before else None, after.state)
        self.all[after.id] = after
        heads = [one for one in self.all.values() if one.state is S.WAITLISTED]
        skipped = {one.id: SkipReason.AFFILIATION_ENDED for one in heads if one.id in self.left}
        promotion = domain.pass_on(self.ledger, heads, until_at=self.now + DAY, ineligible=skipped)
        self.check_fair(heads, promotion.changes)
        self.ledger = promotion.ledger
        self.all |= {change.after.id: change.after for change in promotion.changes}

    def check_fair(self, heads: list[Registration], changes: list[Change]) -> None:
        """Whoever got an offer was before everybody who could have had it and did not."""
        offered = {change.after.id for change in changes if change.after.state is S.OFFERED}
        passed_over = [one for one in heads if one.id not in offered | self.left]
        for one in heads:
            if one.id in offered:
                assert all(one.waitlisted_at < other.waitlisted_at for other in passed_over)

    @invariant()
    def no_seat_is_given_twice(self) -> None:
        holding = sum(one.state in HOLDING for one in self.all.values())
        assert self.ledger.state is not LedgerState.OPEN or holding <= self.ledger.capacity
        assert self.ledger.free >= 0

    @invariant()
    def the_ledger_is_what_really_is(self) -> None:
        reality = Counter(COUNTED_AS[one.state] for one in self.all.values() if one.state in COUNTED_AS)
        assert {name: getattr(self.ledger, name) for name in set(COUNTED_AS.values())} == {
            name: reality[name] for name in set(COUNTED_AS.values())
        }

    @invariant()
    def no_seat_stays_empty_while_somebody_waits_for_it(self) -> None:
        waits = [one for one in self.all.values() if one.state is S.WAITLISTED and one.id not in self.left]
        assert self.ledger.state is not LedgerState.OPEN or not waits or self.ledger.free == 0

    @invariant()
    def nobody_waits_in_a_journey_that_is_settled(self) -> None:
        if self.ledger.state is not LedgerState.OPEN:
            assert not [one for one in self.all.values() if one.state in {S.WAITLISTED, S.PENDING_APPROVAL, S.OFFERED}]

    @invariant()
    def no_two_places_on_the_list_are_equal(self) -> None:
        places = [one.waitlisted_at for one in self.all.values() if one.waitlisted_at]
        assert len(places) == len(set(places))


Seats.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_seats_pass_on_fairly_whatever_happens = Seats.TestCase


def test_one_free_seat_makes_one_offer() -> None:
    heads = [registration(S.WAITLISTED, waitlisted_at=NOW + n * DAY) for n in range(3)]
    ledger = SeatLedger(id="j1", capacity=1, waitlisted=3)

    promotion = domain.pass_on(ledger, reversed(heads), until_at=NOW + DAY, ineligible={})

    assert [change.after.id for change in promotion.changes] == [heads[0].id]
    assert (promotion.ledger.offered, promotion.ledger.waitlisted, promotion.ledger.free) == (1, 2, 0)


def test_somebody_who_cannot_come_is_skipped_and_keeps_the_place() -> None:
    first, second = (registration(S.WAITLISTED, waitlisted_at=NOW + n * DAY) for n in range(2))
    ledger = SeatLedger(id="j1", capacity=1, waitlisted=2)
    gone = {first.id: SkipReason.AFFILIATION_ENDED}

    skipped, offered = domain.pass_on(ledger, [first, second], until_at=NOW + DAY, ineligible=gone).changes

    assert (skipped.after.state, skipped.after.skipped_because) == (S.WAITLISTED, SkipReason.AFFILIATION_ENDED)
    assert (offered.after.id, offered.after.state) == (second.id, S.OFFERED)


def test_a_seat_that_is_not_there_is_not_given() -> None:
    with pytest.raises(NoSeatFree):
        moved(SeatLedger(id="j1", capacity=1, confirmed=1), None, S.CONFIRMED)


def test_after_departure_seats_are_given_back_and_to_nobody() -> None:
    departed = SeatLedger(id="j1", capacity=2, confirmed=2, waitlisted=1, state=LedgerState.DEPARTED)
    waiting = registration(S.WAITLISTED, waitlisted_at=NOW)

    given_back = moved(departed, S.CONFIRMED, S.CANCELLED)

    assert given_back.free == 1
    assert not domain.pass_on(given_back, [waiting], until_at=NOW, ineligible={}).changes
    with pytest.raises(SeatsSettled):
        moved(given_back, None, S.CONFIRMED)
    with pytest.raises(SeatsSettled):
        domain.check_changeable(domain.settle(departed, LedgerState.FINAL))


def test_places_on_the_list_rise_also_when_a_clock_is_behind() -> None:
    ledger, first = domain.next_waitlisted_at(SeatLedger(id="j1", capacity=1), NOW)
    _, second = domain.next_waitlisted_at(ledger, NOW - timedelta(seconds=5))

    assert second > first
