from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journeys.examples import DAY, NOW, held, registration, requested

from missionare.journeys.events import RegistrationConfirmed, SkipReason
from missionare.journeys.participant import domain as participants
from missionare.journeys.participant.domain import GoalStanding, KnownAffiliation, Participant
from missionare.journeys.registration import domain
from missionare.journeys.registration.domain import (
    ALLOWED,
    LIVE,
    NoOrganisation,
    OfferExpired,
    RegistrationNotOpen,
    RegistrationState,
    RulesNotAccepted,
    moved,
)
from missionare.kit.refusals import Refusal, WrongState


@given(st.sampled_from(RegistrationState), st.sampled_from(RegistrationState))
def test_a_registration_takes_exactly_the_steps_of_the_table(old: RegistrationState, new: RegistrationState) -> None:
    begun = registration(old)

    if new in ALLOWED[old]:
        assert moved(begun, new).state is new
    else:
        with pytest.raises(WrongState):
            moved(begun, new)


def test_what_is_decided_for_good_is_not_live() -> None:
    assert {state.value for state in LIVE} == {
        "pending_approval",
        "waitlisted",
        "offered",
        "awaiting_goal",
        "confirmed",
    }


@pytest.mark.parametrize(
    ("missing", "refusal"),
    [
        ({"open_for_requests": False}, RegistrationNotOpen),
        ({"rules_accepted": False}, RulesNotAccepted),
        ({"organisation_id": None}, NoOrganisation),
    ],
)
def test_a_request_needs_an_open_journey_its_rules_and_an_organisation(
    missing: dict[str, object], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        requested(**missing)


def test_a_seat_is_certain_with_an_agreed_goal_only() -> None:
    with_goal, facts = domain.take_seat(requested(), goal=GoalStanding.AGREED, goal_days=14, now=NOW)
    without, _ = domain.take_seat(requested(goal_id=None), goal=GoalStanding.MISSING, goal_days=14, now=NOW)

    assert with_goal.state is RegistrationState.CONFIRMED
    assert [type(fact) for fact in facts] == [RegistrationConfirmed]
    assert (without.state, without.goal_until_at) == (RegistrationState.AWAITING_GOAL, NOW + 14 * DAY)


def test_the_deadline_pauses_while_the_goal_waits_for_the_coach() -> None:
    begun = held()
    paused, (told,) = domain.goal_submitted(begun, now=NOW + 4 * DAY)
    returned, (told_again,) = domain.goal_returned(paused, now=NOW + 20 * DAY)

    assert (paused.goal_until_at, told.until_at) == (None, None)
    assert returned.goal_until_at == told_again.until_at == NOW + 30 * DAY


def test_a_goal_that_waits_already_pauses_the_deadline_from_the_beginning() -> None:
    begun = held(goal=GoalStanding.SUBMITTED)

    assert begun.goal_until_at is None
    assert domain.goal_returned(begun, now=NOW + DAY)[0].goal_until_at == NOW + 15 * DAY


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3 * 86_400)), max_size=20))
def test_pausing_never_shortens_or_lengthens_the_time_that_is_the_persons_own(steps: list[tuple[bool, int]]) -> None:
    now, waiting, own = NOW, False, timedelta()
    current = held()
    for submits, seconds in steps:
        now, own = now + timedelta(seconds=seconds), own + (timedelta() if waiting else timedelta(seconds=seconds))
        if own >= timedelta(days=14):
            return
        decide = domain.goal_submitted if submits else domain.goal_returned
        current, _ = decide(current, now=now)
        waiting = submits
    left = timedelta(days=14) - own
    if waiting:
        assert current.goal_seconds_left == pytest.approx(left.total_seconds())
    else:
        assert current.goal_until_at == now + left


def test_the_agreed_goal_travels_along() -> None:
    begun = held(goal_id=None)

    assert domain.waits_for(begun, "g7")
    confirmed, (fact,) = domain.goal_agreed(begun, "g7")
    assert (confirmed.state, confirmed.goal_id, confirmed.goal_until_at) == (RegistrationState.CONFIRMED, "g7", None)
    assert fact.goal_id == "g7"


def test_another_goal_than_the_named_one_changes_nothing() -> None:
    assert not domain.waits_for(held(goal_id="g1"), "g2")
    assert not domain.waits_for(registration(goal_id=None), "g2")


def test_a_late_answer_is_refused_also_before_the_timer_has_fired() -> None:
    waiting = registration(RegistrationState.WAITLISTED, waitlisted_at=NOW)
    offered, _ = domain.offer(waiting, until_at=NOW + DAY)

    domain.check_offer_stands(offered, now=NOW + DAY - timedelta(milliseconds=1))
    with pytest.raises(OfferExpired):
        domain.check_offer_stands(offered, now=NOW + DAY)
    expired, _ = domain.expire_offer(offered)
    with pytest.raises(OfferExpired) as refused:
        domain.check_offer_stands(expired, now=NOW + 2 * DAY)
    assert "2027-03-02" in refused.value.say("en")


def test_without_an_offer_there_is_nothing_to_answer() -> None:
    with pytest.raises(WrongState):
        domain.check_offer_stands(registration(RegistrationState.WAITLISTED), now=NOW)


def test_a_skip_is_recorded_once_and_forgotten_with_the_offer() -> None:
    waiting = registration(RegistrationState.WAITLISTED, waitlisted_at=NOW)

    skipped, facts = domain.skip(waiting, SkipReason.AFFILIATION_ENDED)
    assert [fact.reason for fact in facts] == [SkipReason.AFFILIATION_ENDED]
    assert domain.skip(skipped, SkipReason.AFFILIATION_ENDED) == (skipped, [])
    assert skipped.state is RegistrationState.WAITLISTED
    assert domain.offer(skipped, until_at=NOW + DAY)[0].skipped_because is None


def _belonging(affiliation_id: str, organisation_id: str, *, primary: bool = False) -> KnownAffiliation:
    return KnownAffiliation(id=affiliation_id, organisation_id=organisation_id, primary=primary, represents=True)


def test_a_person_has_left_when_every_affiliation_has_ended() -> None:
    person = Participant(id="p1")
    assert not person.has_left("o1")

    person = participants.learn_affiliation(person, _belonging("a1", "o1", primary=True))
    person = participants.learn_affiliation(person, _belonging("a2", "o2"))
    assert (person.organisation_id, person.represents) == ("o1", {"o1", "o2"})

    person = participants.end_affiliation(person, "a1")
    assert person.has_left("o1")
    assert (person.organisation_id, person.represents) == ("o2", {"o2"})


def test_the_primary_affiliation_changes_hands() -> None:
    person = participants.learn_affiliation(Participant(id="p1"), _belonging("a1", "o1", primary=True))
    person = participants.learn_affiliation(person, _belonging("a2", "o2"))

    assert participants.make_primary(person, "a2").organisation_id == "o2"


def test_somebody_elses_goal_is_a_missing_goal() -> None:
    person = participants.learn_goal(Participant(id="p1"), "g1", GoalStanding.AGREED)

    assert person.standing("g1") is GoalStanding.AGREED
    assert person.standing("g-of-somebody-else") is GoalStanding.MISSING
    assert person.standing(None) is GoalStanding.MISSING
    assert participants.learn_goal(person, "g2", GoalStanding.SUBMITTED).standing(None) is GoalStanding.SUBMITTED
