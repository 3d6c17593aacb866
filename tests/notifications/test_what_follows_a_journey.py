"""The process after a journey, and the days people say: decisions alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missionare.kit.refusals import WrongState
from missionare.notifications.calendar.domain import day_of, morning_of, say_day, say_days, say_moment
from missionare.notifications.post_journey.domain import (
    LOOKS,
    PROCESS_MOVES,
    PostJourney,
    ProcessState,
    Tally,
    complete,
    look,
    qualify,
)

COMPLETED = datetime(2027, 3, 14, 16, 0, tzinfo=UTC)


def test_outreach_is_looked_at_after_90_and_after_180_days_and_then_it_is_over():
    running = qualify(PostJourney(id="j1"))
    assert running is not None
    process = complete(running, at=COMPLETED)
    assert process is not None

    days = []
    while process.next_look_at is not None:
        days.append((process.next_look_at - COMPLETED).days)
        process = look(process, Tally(plans=len(days)), now=process.next_look_at)

    assert days == [90, 180, 194]
    assert process.state is ProcessState.CLOSED
    assert [taken.tally.plans for taken in process.looks] == [1, 2, 3]


def test_a_journey_without_missionaries_closes_after_one_look():
    process = complete(PostJourney(id="j1"), at=COMPLETED)
    assert process is not None

    assert look(process, Tally(), now=COMPLETED).state is ProcessState.CLOSED


def test_completion_and_qualification_may_come_in_any_order():
    first = complete(PostJourney(id="j1"), at=COMPLETED)
    second = qualify(PostJourney(id="j1"))
    assert first is not None
    assert second is not None

    assert qualify(first) == complete(second, at=COMPLETED)


def test_a_corrected_completion_does_not_start_the_days_anew():
    process = complete(PostJourney(id="j1"), at=COMPLETED)
    assert process is not None

    assert complete(process, at=COMPLETED + timedelta(days=3)) is None


@given(state=st.sampled_from(ProcessState))
def test_a_look_leads_where_the_table_says(state):
    process = PostJourney(id="j1", state=state, completed_at=COMPLETED)

    if state in LOOKS:
        reached = look(process, Tally(), now=COMPLETED).state
        assert reached is LOOKS[state][1]
        assert reached in PROCESS_MOVES[state]
    else:
        with pytest.raises(WrongState):
            look(process, Tally(), now=COMPLETED)


def test_a_day_is_the_day_it_is_in_the_region():
    before_midnight_in_utc = datetime(2027, 6, 30, 22, 30, tzinfo=UTC)

    assert day_of(before_midnight_in_utc) == date(2027, 7, 1)


@pytest.mark.parametrize(("day", "hour"), [(date(2027, 1, 15), 8), (date(2027, 7, 15), 7)])
def test_people_are_reminded_at_nine_in_summer_and_winter(day, hour):
    assert morning_of(day).astimezone(UTC).hour == hour


def test_days_and_moments_are_said_in_full():
    moment = datetime(2026, 11, 27, 13, 30, tzinfo=UTC)

    assert say_moment(moment, "de") == "Freitag, 27. November 2026, 14.30 Uhr"
    assert say_moment(moment, "en") == "Friday, 27 November 2026, 14:30 (German time)"
    assert say_day(date(2027, 3, 1), "de") == "Montag, 1. März 2027"


def test_a_journey_of_one_day_and_one_of_two_are_said_differently():
    begin = datetime(2027, 3, 12, 8, tzinfo=UTC)

    assert say_days(begin, begin + timedelta(hours=8), "de") == "am 12. März 2027"
    assert say_days(begin, begin + timedelta(days=1), "de") == "vom 12. März 2027 bis 13. März 2027"
    assert say_days(begin, begin + timedelta(days=1), "en") == "from 12 March 2027 to 13 March 2027"
