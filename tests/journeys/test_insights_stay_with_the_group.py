from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journeys.examples import DAY, NOW, insight, journey, present, registration, stop, under_way

from missionare.journeys.audience.domain import Standing, includes
from missionare.journeys.events import Audience, InsightRedacted, InsightReleased, InsightReleaseRequested
from missionare.journeys.insight import domain
from missionare.journeys.insight.domain import (
    ALLOWED,
    AlreadyDecided,
    AudienceTooWide,
    InsightState,
    StopNotAttended,
    TextMissing,
    readable,
)
from missionare.journeys.journey.domain import NotUnderWay, Terms
from missionare.journeys.stop.domain import HostTerms

OUTSIDERS = [
    Standing(),
    Standing(person_id="member", signed_in=True, organisation_id="o2"),
    Standing(person_id="colleague", signed_in=True, organisation_id="o1", represents=frozenset({"o1"})),
]
FELLOW = Standing(person_id="fellow", signed_in=True, organisation_id="o2", journeys=frozenset({"j1"}))
AUTHOR = Standing(person_id="author", signed_in=True, organisation_id="o1", journeys=frozenset({"j1"}))
audiences = st.sampled_from(Audience)


def test_the_host_is_asked_and_has_until_the_deadline() -> None:
    noted = insight(Audience.NETWORK)

    assert noted.state is InsightState.IN_HOST_RELEASE
    assert noted.release_until_at == NOW + 21 * DAY


@pytest.mark.parametrize(
    ("terms", "days"),
    [
        (Terms(), [7, 14]),
        (Terms(release_reminder_days=()), []),
        (Terms(release_reminder_days=(9, 3, 9)), [3, 9]),
        (Terms(release_days=10), [7]),
        (Terms(release_days=7), [7]),  # at nine, an hour before the time is over
    ],
)
def test_reminders_come_at_nine_as_the_journey_has_them_and_none_after_the_deadline(
    terms: Terms, days: list[int]
) -> None:
    noted = insight(journey=under_way("s1", terms=terms))

    # In Berlin it is an hour later than in UTC.
    assert list(noted.remind_at) == [NOW + day * DAY - timedelta(hours=1) for day in days]


def test_what_is_the_authors_alone_is_put_before_nobody() -> None:
    noted = insight(Audience.PERSONAL)

    assert noted.state is InsightState.SUBMITTED
    assert readable(noted, AUTHOR)
    assert not readable(noted, FELLOW)


def test_an_insight_needs_to_have_been_there_a_text_and_a_journey_under_way() -> None:
    with pytest.raises(StopNotAttended):
        insight(registration=registration(present=present("s2")))
    with pytest.raises(TextMissing):
        insight(text=" \n ")
    with pytest.raises(NotUnderWay):
        insight(journey=journey())


@given(audiences)
def test_before_the_host_has_decided_nobody_outside_the_group_reads(audience: Audience) -> None:
    noted = insight(audience)

    assert not any(readable(noted, outsider) for outsider in OUTSIDERS)
    assert readable(noted, AUTHOR)


@given(audiences.filter(lambda audience: audience is not Audience.PERSONAL))
def test_silence_and_a_no_keep_it_within_the_group_for_ever(audience: Audience) -> None:
    withheld, (fact,) = domain.withhold(insight(audience), now=NOW)

    assert fact.insight_id == withheld.id
    assert not any(readable(withheld, outsider) for outsider in OUTSIDERS)
    assert readable(withheld, FELLOW) is includes(audience, Audience.JOURNEY_GROUP)
    for decide in (
        lambda: domain.withhold(withheld, now=NOW),
        lambda: domain.release(withheld, Audience.JOURNEY_GROUP, now=NOW),
        lambda: domain.redact(withheld, "x", Audience.JOURNEY_GROUP, now=NOW),
    ):
        with pytest.raises(AlreadyDecided):
            decide()


@given(audiences, audiences)
def test_no_release_goes_beyond_what_the_author_agreed_to(wanted: Audience, chosen: Audience) -> None:
    noted = insight(wanted)
    if noted.state is not InsightState.IN_HOST_RELEASE:
        return

    if chosen is Audience.PERSONAL or not includes(wanted, chosen):
        with pytest.raises(AudienceTooWide):
            domain.release(noted, chosen, now=NOW)
    else:
        released, (fact,) = domain.release(noted, chosen, now=NOW)
        assert isinstance(fact, InsightReleased)
        assert released.audience is fact.audience is chosen


@given(audiences.filter(lambda audience: audience is not Audience.PERSONAL))
def test_every_choice_offered_to_the_host_is_one_the_author_agreed_to(wanted: Audience) -> None:
    noted = insight(wanted)

    assert noted.choices[-1] is wanted
    assert domain.usual_audience(noted, HostTerms(capacity=1)) in noted.choices
    for choice in noted.choices:
        assert domain.release(noted, choice, now=NOW)[0].state is InsightState.RELEASED


def test_a_released_insight_is_read_by_those_the_host_chose() -> None:
    released, _ = domain.release(insight(Audience.PUBLIC), Audience.NETWORK, now=NOW)

    visitor, member, _colleague = OUTSIDERS
    assert not readable(released, visitor)
    assert readable(released, member)


def test_readers_see_the_hosts_wording_after_a_redaction() -> None:
    redacted, (fact,) = domain.redact(insight(), "  Ein Betrieb nutzt Tablets. ", Audience.NETWORK, now=NOW)

    assert isinstance(fact, InsightRedacted)
    assert redacted.wording == "Ein Betrieb nutzt Tablets."
    with pytest.raises(TextMissing):
        domain.redact(insight(), "  ", Audience.NETWORK, now=NOW)


@pytest.mark.parametrize(
    ("wanted", "agreed", "outcome"),
    [
        (Audience.PUBLIC, Audience.NETWORK, Audience.NETWORK),
        (Audience.NETWORK, Audience.PUBLIC, Audience.NETWORK),
        (Audience.JOURNEY_GROUP, Audience.PUBLIC, Audience.JOURNEY_GROUP),
        (Audience.ORGANISATION, Audience.JOURNEY_GROUP, None),
    ],
)
def test_a_host_that_needs_no_release_has_agreed_to_the_narrower_of_two(
    wanted: Audience, agreed: Audience, outcome: Audience | None
) -> None:
    noted = insight(wanted, HostTerms(capacity=15, audience=agreed, release_required=False))

    assert noted.audience is outcome
    assert noted.state is (InsightState.RELEASED if outcome else InsightState.IN_HOST_RELEASE)


def test_asking_the_host_is_told_with_host_and_deadline() -> None:
    visited = stop(1)
    _, (submitted, asked) = domain.submit(
        id="i1",
        client_id="c1",
        journey=under_way("s1"),
        stop=visited,
        registration=registration(present=present("s1")),
        kind=insight().kind,
        topic=insight().topic,
        text="x",
        audience=Audience.PUBLIC,
        now=NOW,
    )

    assert submitted.stop_id == "s1"
    assert isinstance(asked, InsightReleaseRequested)
    assert (asked.organisation_id, asked.until_at) == ("host-1", NOW + 21 * DAY)


@given(st.sampled_from(InsightState))
def test_a_decision_of_the_host_is_final(state: InsightState) -> None:
    assert (state in ALLOWED[InsightState.IN_HOST_RELEASE]) is not bool(ALLOWED[state])


@pytest.mark.parametrize(("days", "told"), [(6, None), (7, 1), (15, 2), (21, None)])
def test_what_fell_due_meanwhile_is_one_reminder_and_none_after_the_deadline(days: int, told: int | None) -> None:
    noted = insight()

    reminded = domain.remind(noted, now=NOW + days * DAY)

    assert (reminded and reminded[1][0].reminder) == told
    if reminded is not None:
        assert domain.remind(reminded[0], now=NOW + days * DAY) is None


def test_who_has_decided_is_reminded_of_nothing() -> None:
    withheld, _ = domain.withhold(insight(), now=NOW + DAY)

    assert domain.remind(withheld, now=NOW + 8 * DAY) is None
