from __future__ import annotations

from datetime import timedelta

import pytest
from journeys.examples import DAY, NOW, journey, stop, under_way

from missionare.journeys.events import Audience
from missionare.journeys.journey import domain
from missionare.journeys.journey.domain import (
    ALLOWED,
    AttendanceSettled,
    Journey,
    JourneyState,
    NotCompletable,
    NotPublishable,
    NotUnderWay,
    StopsFixed,
    TimesImpossible,
)
from missionare.journeys.stop.domain import (
    HostAnswered,
    HostNotActive,
    HostTerms,
    PhotoPolicy,
    StopState,
    StopUnknown,
)
from missionare.journeys.visit import domain as visits
from missionare.kit.refusals import WrongState

MOVES = {
    JourneyState.PUBLISHED: lambda j: domain.publish(j, now=NOW),
    JourneyState.REGISTRATION_OPEN: domain.open_registration,
    JourneyState.REGISTRATION_CLOSED: domain.close_registration,
    JourneyState.RUNNING: domain.start,
    JourneyState.DEBRIEFING: domain.start_debriefing,
    JourneyState.COMPLETED: lambda j: domain.complete(
        j, participations=1, insights_released=0, insights_pending=0, now=NOW + 40 * DAY
    ),
    JourneyState.CANCELLED: lambda j: domain.cancel(j, "Streik"),
}


@pytest.mark.parametrize("old", JourneyState)
@pytest.mark.parametrize("new", MOVES)
def test_a_journey_takes_exactly_the_steps_of_the_table(old: JourneyState, new: JourneyState) -> None:
    ended = stop(1, state=StopState.VISITED) if new is JourneyState.COMPLETED else stop(1)
    begun = journey(ended, state=old, attendance_closed_at=NOW)

    if new in ALLOWED[old]:
        moved, facts = MOVES[new](begun)
        assert moved.state is new
        assert len(facts) == 1
    else:
        with pytest.raises(WrongState):
            MOVES[new](begun)


def test_the_programme_is_published_with_its_numbers() -> None:
    published, (fact,) = domain.publish(journey(stop(1), stop(2), stop(3, state=StopState.CANCELLED)), now=NOW)

    assert published.published_at == NOW
    assert (fact.stops, fact.capacity) == (2, 10)


def test_a_refused_publication_names_every_reason() -> None:
    silent = stop(1, state=StopState.HOST_REQUESTED)
    small = stop(2, terms=HostTerms(capacity=4))
    at_the_same_time = stop(3, starts_at=small.starts_at, ends_at=small.ends_at)

    with pytest.raises(NotPublishable) as refused:
        domain.publish(journey(silent, small, at_the_same_time), now=NOW)

    assert "confirmation for stop 1" in refused.value.say("en")
    assert "enough room at stop 2 (4 instead of 10)" in refused.value.say("en")
    assert "separate times for stops 2 and 3" in refused.value.say("en")
    assert "Zusage für Station 1" in refused.value.say("de")


def test_a_journey_without_a_stop_is_not_published() -> None:
    with pytest.raises(NotPublishable):
        domain.publish(journey(stop(1, state=StopState.CANCELLED)), now=NOW)


def test_a_stop_lies_within_its_journey_and_is_added_to_a_draft_only() -> None:
    outside = stop(2, starts_at=NOW)

    with pytest.raises(TimesImpossible):
        domain.add_stop(journey(), outside)
    with pytest.raises(StopsFixed):
        domain.add_stop(journey(state=JourneyState.PUBLISHED), stop(3))


def test_only_an_active_organisation_is_asked_to_host() -> None:
    planned = journey(stop(1, state=StopState.PLANNED, terms=None))

    with pytest.raises(HostNotActive):
        visits.ask_host(planned, "s1", host_is_active=False)

    asked, (fact,) = visits.ask_host(planned, "s1", host_is_active=True)
    assert asked.stop("s1").state is StopState.HOST_REQUESTED
    assert (fact.stop_id, fact.organisation_id) == ("s1", "host-1")


def test_a_host_confirms_once_and_its_terms_are_kept() -> None:
    asked = journey(stop(1, state=StopState.HOST_REQUESTED, terms=None))
    terms = HostTerms(capacity=12, audience=Audience.NETWORK, release_required=False, photos=PhotoPolicy.ON_REQUEST)

    confirmed, (fact,) = visits.confirm_host(asked, "s1", terms)

    assert confirmed.stop("s1").terms == terms
    assert (fact.capacity, fact.audience, fact.release_required) == (12, Audience.NETWORK, False)
    with pytest.raises(HostAnswered):
        visits.decline_host(confirmed, "s1", "doch nicht")


def test_a_host_that_declines_may_be_asked_again() -> None:
    asked = journey(stop(1, state=StopState.HOST_REQUESTED, terms=None))

    declined, _ = visits.decline_host(asked, "s1", "Inventur")

    assert (declined.stop("s1").state, declined.stop("s1").reason) == (StopState.PLANNED, "Inventur")
    assert visits.ask_host(declined, "s1", host_is_active=True)[0].stop("s1").reason is None


def test_what_happens_at_one_stop_does_not_outdate_the_page_of_another() -> None:
    first, second = (stop(n, state=StopState.HOST_REQUESTED, terms=None) for n in (1, 2))

    confirmed, _ = visits.confirm_host(journey(first, second), "s1", HostTerms(capacity=12))

    assert confirmed.stop("s1").edition == first.edition + 1
    assert confirmed.stop("s2").edition == second.edition


def test_stops_are_visited_only_under_way() -> None:
    with pytest.raises(NotUnderWay):
        visits.visit_stop(journey(), "s1")
    with pytest.raises(StopUnknown):
        visits.visit_stop(under_way(), "s9")

    assert visits.visit_stop(under_way(), "s1")[0].visited == {"s1"}


def test_a_stop_that_was_missed_or_called_off_keeps_the_reason() -> None:
    missed, _ = visits.skip_stop(under_way(), "s1", "Stau")
    called_off, _ = visits.cancel_stop(journey(), "s1", "Umbau")

    assert (missed.stop("s1").state, missed.stop("s1").reason) == (StopState.SKIPPED, "Stau")
    assert (called_off.stop("s1").state, called_off.stop("s1").reason) == (StopState.CANCELLED, "Umbau")


def _debriefed(**changes: object) -> Journey:
    stops = (stop(1, state=StopState.VISITED), stop(2, state=StopState.SKIPPED))
    return journey(*stops, **{"state": JourneyState.DEBRIEFING, "attendance_closed_at": NOW, **changes})


def test_a_completed_journey_tells_its_numbers_once() -> None:
    completed, (fact,) = domain.complete(
        _debriefed(), participations=7, insights_released=3, insights_pending=2, now=NOW + 40 * DAY
    )

    assert completed.state is JourneyState.COMPLETED
    assert (fact.revision, fact.stops_visited, fact.participations) == (1, 1, 7)
    assert (fact.insights_released, fact.insights_pending) == (3, 2)
    with pytest.raises(WrongState):
        domain.complete(completed, participations=7, insights_released=3, insights_pending=2, now=NOW + 41 * DAY)


def test_a_refused_completion_names_every_reason() -> None:
    unfinished = _debriefed(stops=(stop(1),), attendance_closed_at=None)

    with pytest.raises(NotCompletable) as refused:
        domain.complete(unfinished, participations=0, insights_released=0, insights_pending=0, now=NOW)

    said = refused.value.say("en")
    assert all(reason in said for reason in ("what became of stop 1", "attendance", "the end of the journey"))


def test_a_journey_is_completed_only_after_its_end() -> None:
    begun = _debriefed()
    numbers = {"participations": 0, "insights_released": 0, "insights_pending": 0}

    with pytest.raises(NotCompletable):
        domain.complete(begun, **numbers, now=begun.ends_at - timedelta(milliseconds=1))
    assert domain.complete(begun, **numbers, now=begun.ends_at)[0].state is JourneyState.COMPLETED


def test_attendance_is_closed_in_debriefing_and_once() -> None:
    with pytest.raises(NotUnderWay):
        domain.close_attendance(under_way(), now=NOW)

    closed, facts = domain.close_attendance(_debriefed(attendance_closed_at=None), now=NOW)
    assert len(facts) == 1
    assert domain.close_attendance(closed, now=NOW + DAY) == (closed, [])
    with pytest.raises(AttendanceSettled):
        domain.check_attendance_open(closed)
