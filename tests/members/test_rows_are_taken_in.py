"""Rows of a spreadsheet against the register, decided purely."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from missionare.members.affiliation.domain import OPEN
from missionare.members.intake.domain import (
    Desk,
    OrganisationCells,
    Outcome,
    PersonCells,
    Register,
    Result,
    Row,
    take_in,
)
from missionare.members.organisation.domain import OrganisationState

NOW = datetime(2026, 11, 24, tzinfo=UTC)

organisations = st.builds(
    OrganisationCells,
    name=st.sampled_from(["Erste GmbH", "ERSTE  gmbh", "Zweite AG", "", "Dritte\nGmbH"]),
    kind=st.sampled_from(["company", "chamber", "empire"]),
    register_id=st.sampled_from([None, "HRB 1", "hrb-1", "HRB 2"]),
    street=st.sampled_from([None, "Weg 1"]),
    postal_code=st.sampled_from(["57072", "57", "57462"]),
    municipality_code=st.sampled_from(["05970040", "Siegen"]),
    sector=st.sampled_from(["C", "62.01", "?"]),
    size=st.sampled_from(["small", "large", "huge"]),
)
people = st.builds(
    PersonCells,
    given_name=st.sampled_from(["Ada", "Bob", ""]),
    family_name=st.just("Klee"),
    email=st.sampled_from(["a@example.org", "A@example.org", "b@example.org", "nobody"]),
    telephone=st.sampled_from([None, "0271 123456", "call me"]),
    language=st.sampled_from(["de", "en", "fr"]),
    functions=st.sampled_from([("it",), ("management", "hr"), ("boss",), ()]),
    contact=st.booleans(),
)
rows = st.lists(
    st.builds(Row, line=st.integers(2, 500), organisation=organisations, person=st.none() | people), max_size=8
)


def taken(contents: list[Row], register: Register) -> list[Result]:
    numbers = count(len(register.organisations.known) + 1_000 * len(register.people.known) + 1)
    return take_in(contents, register, Desk(lambda: f"id-{next(numbers)}-{register.puts}", NOW))


def copied(register: Register) -> Register:
    """Give the register as the next import finds it in the database."""
    return Register(
        register.organisations.known.values(),
        register.people.known.values(),
        register.affiliations.known.values(),
    )


@settings(max_examples=300)
@given(rows)
def test_what_came_in_stays_unchanged_the_second_time(contents: list[Row]) -> None:
    register = Register([], [], [])
    first = taken(contents, register)
    kept = [row for row, result in zip(contents, first, strict=True) if result.outcome is not Outcome.REFUSED]

    again = copied(register)
    second = taken(kept, again)

    refused = [result for result in second if result.outcome is Outcome.REFUSED]
    assert not [result for result in second if result.outcome is Outcome.CREATED]
    # A row without a register entry, or a contact who came first, may meet what a later row has added.
    assert all(
        problem.field in {"organisation.register_id", "person.contact", "organisation.name"}
        for result in refused
        for problem in result.problems
    )
    assert again.puts == 0


@settings(max_examples=300)
@given(rows)
def test_the_register_keeps_its_promises(contents: list[Row]) -> None:
    register = Register([], [], [])
    taken(contents, register)

    houses = list(register.organisations.known.values())
    assert len({house.site_key for house in houses}) == len(houses)
    entries = [house.register_key for house in houses if house.register_key]
    assert len(set(entries)) == len(entries)
    everybody = list(register.people.known.values())
    assert len({someone.email_key for someone in everybody}) == len(everybody)
    places = [place for place in register.affiliations.known.values() if place.state in OPEN]
    assert len({(place.person_id, place.organisation_id) for place in places}) == len(places)
    for someone in everybody:
        assert sum(place.primary for place in places if place.person_id == someone.id) == 1
    for house in houses:
        assert (house.state is OrganisationState.ACTIVE) == (house.contact_person_id is not None)


@settings(max_examples=300)
@given(rows)
def test_a_refused_row_changes_nothing_and_says_why(contents: list[Row]) -> None:
    for row in contents:
        register = Register([], [], [])
        [result] = taken([row], register)
        assert (result.outcome is Outcome.REFUSED) == bool(result.problems)
        assert (register.puts > 0) == (result.outcome is Outcome.CREATED)
        assert all(set(problem.reason) == {"de", "en"} for problem in result.problems)
