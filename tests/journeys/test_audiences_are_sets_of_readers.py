from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from missionare.journeys.audience.domain import Source, Standing, common, includes, reads
from missionare.journeys.events import Audience

SOURCE = Source(person_id="author", organisation_id="o1", journey_id="j1")
audiences = st.sampled_from(Audience)
readers = st.builds(
    Standing,
    person_id=st.sampled_from([None, "author", "somebody"]),
    signed_in=st.booleans(),
    organisation_id=st.sampled_from([None, "o1", "o2"]),
    represents=st.frozensets(st.sampled_from(["o1", "o2"])),
    journeys=st.frozensets(st.sampled_from(["j1", "j2"])),
).filter(lambda reader: reader.signed_in or reader == Standing())
"""Somebody who is known to be anything at all is signed in."""


@given(audiences, audiences, audiences)
def test_inclusion_is_an_order_but_not_a_ranking(one: Audience, two: Audience, three: Audience) -> None:
    assert includes(one, one)
    assert not (includes(one, two) and includes(two, one)) or one is two
    assert not (includes(one, two) and includes(two, three)) or includes(one, three)


@given(audiences, audiences, readers)
def test_whoever_is_in_a_set_is_in_every_wider_one(wider: Audience, narrower: Audience, reader: Standing) -> None:
    if includes(wider, narrower) and reads(narrower, SOURCE, reader):
        assert reads(wider, SOURCE, reader)


def test_the_colleagues_and_the_group_cannot_be_compared() -> None:
    assert not includes(Audience.ORGANISATION, Audience.JOURNEY_GROUP)
    assert not includes(Audience.JOURNEY_GROUP, Audience.ORGANISATION)
    assert common(Audience.ORGANISATION, Audience.JOURNEY_GROUP) is None


def test_management_does_not_read_what_is_for_the_employee_representation() -> None:
    manager = Standing(person_id="m", signed_in=True, organisation_id="o1")
    councillor = Standing(person_id="c", signed_in=True, organisation_id="o1", represents=frozenset({"o1"}))

    assert not reads(Audience.REPRESENTATION, SOURCE, manager)
    assert reads(Audience.REPRESENTATION, SOURCE, councillor)


@given(audiences)
def test_a_visitor_reads_what_is_public_and_nothing_else(audience: Audience) -> None:
    assert reads(audience, SOURCE, Standing()) is (audience is Audience.PUBLIC)


@given(audiences)
def test_the_author_always_reads(audience: Audience) -> None:
    assert reads(audience, SOURCE, Standing(person_id="author", signed_in=True))
