"""People, organisations, keys and sessions: what is accepted, decided purely."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missionare.kit.refusals import Invalid, Refusal
from missionare.members.affiliation import domain as affiliations
from missionare.members.events import Channel, Function, OrganisationKind, Size
from missionare.members.key import domain as keys
from missionare.members.key.domain import KeyState, TooManyKeys
from missionare.members.organisation import domain as organisations
from missionare.members.organisation.domain import OrganisationState, Profile, Site
from missionare.members.person import domain as people
from missionare.members.person.domain import Contact, PersonState, Role
from missionare.members.role import domain as roles
from missionare.members.role.domain import Direction, LastOperator, RoleChangeState
from missionare.members.session import domain as sessions

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROFILE = Profile(kind=OrganisationKind.COMPANY, municipality="05970040", sector="C", size=Size.SMALL)
SITE = Site(name="Müller & Söhne GmbH", street="Hauptstr. 1", postal_code="57072")
ADA = Contact(given_name="Ada", family_name="Lovelace", email="ada@example.org")


def person(channel: Channel = Channel.STAFF) -> people.Person:
    return people.register(person_id="p1", contact=ADA, channel=channel)[0]


# --- people --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "a b@example.org",
        "ada@exa\rmple.org",
        "ada@example..org",
        "ada@-example.org",
        "x" * 65 + "@example.org",
        "a@" + "b" * 250 + ".org",
        "ada@example.org, bob@example.org",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(Invalid):
        people.checked(ADA.model_copy(update={"email": email}))


@given(st.text(max_size=300))
def test_no_accepted_contact_could_break_a_mail_header(text: str) -> None:
    for name in ("given_name", "family_name", "email", "telephone"):
        try:
            contact = people.checked(ADA.model_copy(update={name: text}))
        except Invalid:
            continue
        assert not set("\r\n\0").intersection("".join(str(value) for _, value in contact))


def test_addresses_are_compared_however_they_are_capitalised() -> None:
    assert people.email_key(" Ada@Example.ORG ") == people.email_key("ada@example.org")


def test_an_address_is_proved_once() -> None:
    proved, facts = people.prove_address(person())
    assert [type(fact).__name__ for fact in facts] == ["PersonVerified", "PersonActivated"]
    assert people.prove_address(proved) == (proved, [])


def test_an_address_is_corrected_while_nobody_can_have_signed_in_with_it() -> None:
    elsewhere = ADA.model_copy(update={"email": " Ada@Elsewhere.example ", "telephone": "02732 1234"})
    renamed = ADA.model_copy(update={"family_name": "Neumann"})
    from_a_form = person(Channel.SELF)

    corrected = people.correct(from_a_form, elsewhere)
    assert (corrected.contact.email, corrected.email_key) == ("Ada@Elsewhere.example", "ada@elsewhere.example")
    assert (from_a_form.may_be_written_to, corrected.may_be_written_to) == (False, True)
    signed_in, with_a_role = person().changed(state=PersonState.ACTIVE), person().changed(roles=frozenset({Role.COACH}))
    for somebody in (signed_in, with_a_role):
        assert people.correct(somebody, renamed).contact.family_name == "Neumann"
        with pytest.raises(people.AddressBelongsToThem):
            people.correct(somebody, elsewhere)


@pytest.mark.parametrize(
    ("channel", "before", "after"),
    [
        (Channel.SELF, False, True),
        (Channel.INVITATION, False, True),
        (Channel.STAFF, True, True),
        (Channel.IMPORT, True, True),
    ],
)
def test_an_unproved_address_gets_no_mail_unless_the_agency_vouches(
    channel: Channel, before: bool, after: bool
) -> None:
    registered = person(channel)
    proved, _ = people.prove_address(registered)
    assert (registered.may_be_written_to, proved.may_be_written_to) == (before, after)


@given(st.frozensets(st.sampled_from(list(Role))), st.booleans(), st.booleans(), st.booleans())
def test_before_the_address_is_proved_nobody_is_anything(
    given_roles: frozenset[Role], contact: bool, on_the_way: bool, qualified: bool
) -> None:
    registered = person().changed(roles=given_roles)
    more = {"contact_of": ["o1"] if contact else [], "on_the_way": on_the_way, "qualified": qualified}

    assert people.effective_roles(registered, **more) == frozenset()
    active = registered.changed(state=PersonState.ACTIVE)
    held = people.effective_roles(active, **more)
    assert given_roles | {Role.MEMBER} <= held
    follows = {Role.ORGANISATION_CONTACT: contact, Role.CANDIDATE: on_the_way, Role.MISSIONARY: qualified}
    for role, holds in follows.items():
        assert (role in held) == (holds or role in given_roles)


# --- organisations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        SITE.model_copy(update={"name": "  müller &  söhne gmbh"}),
        SITE.model_copy(update={"name": "Müller & Söhne GmbH."}),
        SITE.model_copy(update={"street": "HAUPTSTR 1"}),
        SITE.model_copy(update={"name": "Mu\u0308ller & So\u0308hne GmbH"}),
    ],
)
def test_the_same_name_and_seat_are_recognised(other: Site) -> None:
    assert organisations.site_key(other) == organisations.site_key(SITE)


def test_another_seat_is_another_organisation() -> None:
    assert organisations.site_key(SITE.model_copy(update={"postal_code": "57076"})) != organisations.site_key(SITE)


def test_the_agencys_word_takes_an_application_as_far_as_its_contact() -> None:
    entered, _ = organisations.apply(
        organisation_id="o1", site=SITE, profile=PROFILE, channel=Channel.IMPORT, contact_person_id=None
    )

    admitted, first = organisations.vouch(entered)
    appointed, _ = organisations.appoint(admitted, person_id="p1")
    active, second = organisations.vouch(appointed)

    assert [type(fact).__name__ for fact in (*first, *second)] == ["OrganisationAdmitted", "OrganisationActivated"]
    assert active.state is OrganisationState.ACTIVE
    assert organisations.vouch(active) == (active, [])


@pytest.mark.parametrize("sector", ["", "c", "W", "62.", "C62.01.1.1", "62,01", "620"])
def test_what_is_no_wz_code_is_refused(sector: str) -> None:
    assert [
        problem.details["field"]
        for problem in organisations.problems_of(SITE, PROFILE.model_copy(update={"sector": sector}))
    ] == ["sector"]


@pytest.mark.parametrize("sector", ["A", "V", "62", "C62", "62.01", "62.01.1"])
def test_sections_divisions_and_classes_are_accepted(sector: str) -> None:
    assert organisations.problems_of(SITE, PROFILE.model_copy(update={"sector": sector})) == []


def test_an_affiliation_that_was_only_proposed_is_told_to_nobody() -> None:
    proposed, facts = affiliations.propose(
        affiliation_id="a1", person_id="p1", organisation_id="o1", functions=(Function.IT, Function.IT)
    )
    rejected, more = affiliations.reject(proposed)

    assert facts == more == []
    assert proposed.functions == (Function.IT,)
    with pytest.raises(Refusal):
        affiliations.confirm(rejected, primary=True, now=NOW)


# --- roles and keys ------------------------------------------------------------------------------------------------


@given(st.integers(1, 5), st.sampled_from(sorted(people.GRANTABLE)), st.sampled_from(list(Direction)))
def test_a_change_waits_exactly_when_there_is_somebody_else(operators: int, role: Role, direction: Direction) -> None:
    try:
        change = roles.request(
            change_id="c1",
            person=person().changed(roles=frozenset({Role.OPERATOR})),
            role=role,
            direction=direction,
            requested_by="p9",
            operators=operators,
            now=NOW,
        )
    except LastOperator:
        assert (operators, role, direction) == (1, Role.OPERATOR, Direction.REVOKE)
        return
    assert (change.state is RoleChangeState.DONE) == (operators == 1)


def key(**more: object) -> keys.ApiKey:
    fields = {
        "key_id": "01a20dc2-9c99-7eed-b838-8214431ef435",
        "secret": "s" * 43,
        "label": "x",
        "roles": frozenset({Role.OPERATOR}),
        "person_id": "p1",
        "organisation_id": None,
        "taken_slots": frozenset(),
        "requested_by": "p1",
        "expires_at": NOW + timedelta(days=30),
        "operators": 1,
        "now": NOW,
    }
    return keys.issue(**{**fields, **more})  # type: ignore[arg-type]


def test_a_key_is_read_as_it_was_written() -> None:
    made = key()
    written = keys.written(made.id, "s" * 43)
    assert written.startswith("mk_01a20dc29c997eedb8388214431ef435_")
    presented = keys.read(written)
    assert presented is not None
    assert (presented.key_id, presented.secret_hash) == (made.id, made.secret_hash)


@given(st.integers(0, 87), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_typing_error_is_noticed_before_anybody_is_asked(place: int, character: str) -> None:
    written = keys.written(key().id, "aB3_-" * 8 + "xyz")
    mistyped = written[:place] + character + written[place + 1 :]
    assert mistyped == written or keys.read(mistyped) is None


@given(st.text(max_size=100))
def test_nonsense_is_no_key(text: str) -> None:
    assert keys.read(text) is None


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_key_ends_within_a_year(days: int) -> None:
    with pytest.raises(Invalid):
        key(expires_at=NOW + timedelta(days=days))


def test_slots_are_two() -> None:
    assert key(taken_slots=frozenset({1})).slot == 2
    with pytest.raises(TooManyKeys):
        key(taken_slots=frozenset({1, 2}))


def test_a_key_opens_only_while_it_is_live() -> None:
    live, waiting = key(), key(operators=2)
    assert live.opens(NOW)
    assert not live.opens(NOW + timedelta(days=30))
    assert waiting.state is KeyState.REQUESTED
    assert not waiting.opens(NOW)
    assert keys.confirm(waiting, decided_by="p2").opens(NOW)
    assert not keys.revoke(live).opens(NOW)


# --- sessions ------------------------------------------------------------------------------------------------------


def test_a_session_has_two_limits() -> None:
    limits = sessions.Limits(idle=timedelta(hours=1), absolute=timedelta(hours=10))
    session = sessions.begin(session_id="s1", secret="x", person_id="p1", now=NOW, limits=limits)
    assert session.alive(NOW + timedelta(minutes=59), limits)
    assert not session.alive(NOW + timedelta(hours=1), limits)
    used = session.changed(seen_at=NOW + timedelta(hours=9, minutes=30))
    assert used.alive(NOW + timedelta(hours=9, minutes=59), limits)
    assert not used.alive(NOW + timedelta(hours=10), limits)


@given(st.integers(0, 10_000))
def test_waiting_grows_and_is_bounded(tries: int) -> None:
    pause = sessions.pause_after(tries)
    assert timedelta() <= pause <= sessions.LONGEST_PAUSE
    assert pause <= sessions.pause_after(tries + 1)
    assert (pause == timedelta()) == (tries <= sessions.FREE_TRIES)
