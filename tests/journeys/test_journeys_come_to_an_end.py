from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journeys.examples import NOW, journey, present, registration, stop, under_way

from missionare.journeys.attendance import domain as attendance
from missionare.journeys.attendance.domain import NotTakingPart, StopNotOpen
from missionare.journeys.certificate import domain as certificates
from missionare.journeys.code.domain import normalised, public_code, short_id
from missionare.journeys.completion.domain import Occasion, decide
from missionare.journeys.journey.domain import AttendanceSettled, JourneyState, NotUnderWay
from missionare.journeys.registration.domain import LIVE, RegistrationState
from missionare.journeys.stop.domain import StopState, StopUnknown
from missionare.kit.ids import uuid7
from missionare.kit.refusals import WrongState

S = RegistrationState


def test_being_at_a_stop_counts_once_whatever_device_says_it() -> None:
    begun = registration()

    checked_in, facts = attendance.check_in(begun, under_way("s1"), stop_id="s1", device_id="d1", now=NOW)
    again = attendance.check_in(checked_in, under_way("s1"), stop_id="s1", device_id="d2", now=NOW)

    assert [fact.stop_id for fact in facts] == ["s1"]
    assert again == (checked_in, [])


@pytest.mark.parametrize(
    ("who", "where", "refusal"),
    [
        (registration(), journey(), NotUnderWay),
        (registration(), under_way(attendance_closed_at=NOW), AttendanceSettled),
        (registration(S.WAITLISTED), under_way(), NotTakingPart),
        (registration(), journey(stop(1, state=StopState.SKIPPED), state=JourneyState.RUNNING), StopNotOpen),
        (registration(), journey(stop(2), state=JourneyState.RUNNING), StopUnknown),
    ],
)
def test_a_check_in_is_refused_where_nobody_can_be(who, where, refusal) -> None:
    with pytest.raises(refusal):
        attendance.check_in(who, where, stop_id="s1", device_id="d1", now=NOW)


@pytest.mark.parametrize(
    ("was_at", "visited", "share", "state"),
    [
        (("s1", "s2", "s3"), ("s1", "s2", "s3"), 1.0, S.ATTENDED),
        (("s1", "s2"), ("s1", "s2", "s3"), 0.6667, S.ATTENDED),
        (("s3",), ("s1", "s2"), 0.0, S.NO_SHOW),
        ((), ("s1",), 0.0, S.NO_SHOW),
        ((), (), 0.0, S.NO_SHOW),
    ],
)
def test_a_participation_ends_with_the_share_of_visited_stops(was_at, visited, share, state) -> None:
    ended, (fact,) = attendance.conclude(registration(present=present(*was_at)), under_way(*visited, revision=1))

    assert (ended.state, ended.attended_share, fact.attended_share) == (state, share, share)
    assert fact.revision == 1


@pytest.mark.parametrize(("share", "certified"), [(0.59, False), (0.60, True), (1.0, True), (None, False)])
def test_a_certificate_needs_enough_attendance(share, certified) -> None:
    issued = certificates.issue(registration(attended_share=share), id=uuid7(), threshold=0.60, now=NOW)

    assert (issued is not None) is certified


def test_a_certificate_is_revoked_once_with_a_reason() -> None:
    certificate, (issued,) = certificates.issue(registration(attended_share=1.0), id=uuid7(), threshold=0.6, now=NOW)

    revoked, (fact,) = certificates.revoke(certificate, "verwechselt", now=NOW)

    assert issued.certificate_id == fact.certificate_id
    assert (revoked.state.value, revoked.reason) == ("revoked", "verwechselt")
    with pytest.raises(WrongState):
        certificates.revoke(revoked, "noch einmal", now=NOW)


@given(st.sampled_from(RegistrationState), st.sampled_from(Occasion))
def test_after_the_end_nothing_is_left_open(state: RegistrationState, occasion: Occasion) -> None:
    decided = decide(registration(state), occasion, under_way(revision=1))

    if state not in LIVE or (state is S.CONFIRMED and occasion is Occasion.DEPARTURE):
        assert decided is None
    else:
        after, facts = decided
        assert after.state not in LIVE
        assert len(facts) == 1


@given(st.uuids())
def test_codes_are_short_unambiguous_and_forgive_typing(value: UUID) -> None:
    code, identifier = public_code(str(value)), short_id(str(value))

    assert len(code) == 15
    assert len(identifier) == 26
    assert not set("ILOU") & set(code + identifier)
    assert normalised(f" {code.lower().replace('-', '')}") == code
    assert normalised(code.replace("0", "o").replace("1", "l")) == code


@given(st.lists(st.uuids(), min_size=2, max_size=5))
def test_short_ids_sort_as_the_ids_do(values: list[UUID]) -> None:
    assert sorted(short_id(str(value)) for value in values) == [short_id(str(value)) for value in sorted(values)]
