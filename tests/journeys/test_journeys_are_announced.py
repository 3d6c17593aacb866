"""A journey that is announced: its month and topics are read by everybody, its plans by nobody, and interest counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from journeys.region import API, Region, ok

from missionare.journeys.announcement.domain import DaysFixed, announce, month_of, settle_days
from missionare.journeys.events import JourneyAnnounced, Topic
from missionare.journeys.interest import domain as interests
from missionare.journeys.interest.domain import NotAnnounced
from missionare.journeys.journey.domain import Approval, Journey, JourneyState, Terms, TimesImpossible, draft
from missionare.journeys.registration.domain import NoOrganisation
from missionare.kit.aggregates import Aggregate
from missionare.kit.refusals import WrongState

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATE_ON_THE_LAST = datetime(2027, 3, 31, 22, 30, tzinfo=UTC)
"""In Siegen it is half past midnight on the first of April."""


def planned(starts_at: datetime = LATE_ON_THE_LAST) -> Journey:
    journey, _ = draft(
        id="j1",
        title="Angebote schreiben mit KI",
        summary="",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=9),
        zone="Europe/Berlin",
        capacity=12,
        approval=Approval.AUTOMATIC,
        terms=Terms(),
    )
    return journey


def announced() -> Journey:
    return announce(planned(), (Topic.SALES, Topic.DATA, Topic.SALES), now=NOW)[0]


def test_an_announcement_tells_the_month_where_people_meet_and_each_topic_once() -> None:
    journey, facts = announce(planned(), (Topic.SALES, Topic.DATA, Topic.SALES), now=NOW)

    assert (journey.state, journey.published_at) == (JourneyState.ANNOUNCED, NOW)
    told = JourneyAnnounced(journey_id="j1", month_on=datetime(2027, 4, 1).date(), topics=(Topic.SALES, Topic.DATA))  # noqa: DTZ001 - a day
    assert facts == [told]


def test_the_month_lasts_until_the_next_one_also_over_the_change_of_clocks() -> None:
    begins, ends = month_of(planned(datetime(2027, 3, 15, 9, tzinfo=UTC)))

    assert [at.isoformat() for at in (begins, ends)] == ["2027-03-01T00:00:00+01:00", "2027-04-01T00:00:00+02:00"]


def test_another_month_is_told_another_day_is_not() -> None:
    journey = announced()
    day, month = timedelta(days=3), timedelta(days=40)

    assert settle_days(journey, journey.starts_at + day, journey.ends_at + day)[1] == []
    assert len(settle_days(journey, journey.starts_at + month, journey.ends_at + month)[1]) == 1
    assert settle_days(planned(), journey.starts_at + month, journey.ends_at + month)[1] == []


def test_days_are_possible_and_no_longer_moved_once_published() -> None:
    journey = announced()

    with pytest.raises(TimesImpossible):
        settle_days(journey, journey.ends_at, journey.starts_at)
    with pytest.raises(DaysFixed):
        settle_days(journey.changed(state=JourneyState.PUBLISHED), journey.starts_at, journey.ends_at)


def test_interest_is_collected_while_the_days_are_open_from_members_of_an_organisation() -> None:
    asking = {"interest_id": "i1", "person_id": "ada", "now": NOW}

    with pytest.raises(NotAnnounced):
        interests.state(planned(), **asking, organisation_id="o1")
    with pytest.raises(NoOrganisation):
        interests.state(announced(), **asking, organisation_id=None)
    interest, [fact] = interests.state(announced(), **asking, organisation_id="o1")
    withdrawn, _ = interests.withdraw(interest)
    with pytest.raises(WrongState):
        interests.withdraw(withdrawn)
    assert isinstance(interest, Aggregate)
    assert set(fact.model_dump()) == {"interest_id", "journey_id", "person_id", "organisation_id"}


async def test_everybody_reads_the_month_and_nobody_the_plans(region: Region) -> None:
    await region.activate("host-1")
    journey = await region.plan(1)
    shown = await region.lead(journey, "announcement", {"topics": ["sales"]})

    for path in ("programme", "journeys"):
        public = ok(await region.visitor.get(f"{API}/{path}/{journey['id']}"))
        assert (public["state"], public["topics"], public["stops"]) == ("announced", ["sales"], [])
        assert datetime.fromisoformat(public["starts_at"]).astimezone(UTC) < region.clock.now() + timedelta(days=30)
        assert journey["starts_at"] not in public.values()
    assert (shown["starts_at"], len(shown["stops"])) == (journey["starts_at"], 1)


async def test_organisations_are_counted_once_and_the_employer_sees_nobody(region: Region) -> None:
    journey = await region.lead(await region.draft(), "announcement", {"topics": ["data"]})
    path = f"{API}/journeys/{journey['id']}/interests"
    ada, ben, cem = (region.traveller(name, house) for name, house in (("ada", "o1"), ("ben", "o1"), ("cem", "o2")))

    stated = [ok(await each.api.post(path), 201) for each in (ada, ben, cem)]
    again = await ada.api.post(path)
    counted = ok(await region.visitor.get(f"{API}/programme/{journey['id']}"))["interested"]
    foreign = await ben.api.post(f"{API}/interests/{stated[0]['id']}/withdrawal", match=1)
    await cem.api.post(f"{API}/interests/{stated[2]['id']}/withdrawal", match=1)
    [listed] = ok(await region.visitor.get(f"{API}/programme"))["items"]

    assert (again.status_code, again.json()["code"]) == (409, "already_interested")
    assert foreign.status_code == 404
    assert (counted, listed["interested"]) == (2, 1)
    assert [item["id"] for item in ok(await ada.api.get(f"{API}/interests"))["items"]] == [stated[0]["id"]]
    boss = region.platform.as_person("boss", roles=["organisation_contact"], organisation_id="o1")
    assert (await boss.get(path)).status_code == 403
    assert [item["person_id"] for item in ok(await region.operator.get(path))["items"]] == ["ada", "ben"]
    assert await region.facts("interest_withdrawn") == [
        {"interest_id": stated[2]["id"], "journey_id": journey["id"], "person_id": "cem"}
    ]


async def test_an_announced_journey_is_published_like_any_other_and_asks_for_no_more_interest(region: Region) -> None:
    await region.activate("host-1")
    journey = await region.lead(await region.plan(1), "announcement", {"topics": ["data"]})
    [stop] = journey["stops"]
    await (await region.link("host_visit", journey["id"], stop["id"])).submit(
        "confirm", capacity="20", audience="network", release_required="yes"
    )

    published = await region.lead(journey, "publication")
    late = await region.traveller().api.post(f"{API}/journeys/{journey['id']}/interests")
    public = ok(await region.visitor.get(f"{API}/programme/{journey['id']}"))

    assert published["state"] == "published"
    assert (late.status_code, late.json()["code"]) == (409, "not_announced")
    assert (public["starts_at"], public["interested"]) == (journey["starts_at"], 0)


async def test_what_was_announced_and_forgotten_has_not_been(region: Region) -> None:
    await region.lead(await region.draft(), "announcement", {"topics": ["data"]})
    region.clock.move(days=90)

    for past in ("true", "false"):
        assert ok(await region.visitor.get(f"{API}/programme?past={past}"))["items"] == []
