"""People: one's own data, and what the agency enters and reads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal, Self

from missionare.kit.names import Words, called
from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.affiliation import api as affiliations_api
from missionare.members.affiliation.api import AffiliationView
from missionare.members.affiliation.domain import AffiliationState
from missionare.members.affiliation.store import Affiliations
from missionare.members.api import (
    OPERATORS,
    SIGNED_IN,
    STAFF,
    Email,
    Functions,
    Line,
    Named,
    Reference,
    chosen,
    person_of,
)
from missionare.members.events import Channel
from missionare.members.missionary.api import MissionaryView
from missionare.members.missionary.domain import QUALIFIED
from missionare.members.missionary.store import Missionaries
from missionare.members.organisation import domain as organisation_domain
from missionare.members.organisation.api import OrganisationView
from missionare.members.organisation.domain import OrganisationState
from missionare.members.organisation.store import Organisations
from missionare.members.person import domain
from missionare.members.person.domain import Contact, EmailTaken, Person, PersonState, PersonUnknown, Role
from missionare.members.person.store import People

routes = Routes("members")
internal = Routes("members", internal=True)

WHOLE = Scope.system("what somebody is follows from everything about them, whoever asks")


class PersonView(Answer):
    """One person, as they themselves and the agency see them."""

    id: str
    version: int
    given_name: str
    family_name: str
    email: str
    telephone: str | None
    language: Literal["de", "en"]
    state: PersonState
    channel: Channel
    roles: tuple[Role, ...]
    """Those that the agency gave; what follows by itself is shown to its owner under `/me`."""

    @classmethod
    def of(cls, person: Person, scope: Scope) -> Self:
        """Show the whole of it: the store has decided who sees whom."""
        del scope
        return cls(
            id=person.id,
            version=person.version,
            state=person.state,
            channel=person.channel,
            roles=tuple(sorted(person.roles)),
            **person.contact.model_dump(),
        )


class MeView(Answer):
    """Everything one wants to know of oneself first."""

    person: PersonView
    roles: tuple[Role, ...]
    organisation: OrganisationView | None
    affiliations: list[AffiliationView]
    missionary: MissionaryView | None


class PersonDraft(Body):
    """Somebody whom the agency enters, and where they belong."""

    given_name: Line
    family_name: Line
    email: Email
    telephone: Line | None = None
    language: Literal["de", "en"] = "de"
    organisation_id: Reference | None = None
    functions: Functions | None = None
    contact: bool = False
    """Whether the organisation is reached through them."""


class ContactCorrection(Body):
    """How somebody is called and reached, as a whole."""

    given_name: Line
    family_name: Line
    email: Email
    telephone: Line | None = None
    language: Literal["de", "en"] = "de"


class RecipientWanted(Body):
    """Whose address another service wants: a person's, or that of an organisation's contact."""

    person_id: Reference | None = None
    organisation_id: Reference | None = None


class Recipient(Answer):
    """How somebody is addressed now, and whether they may be."""

    email: str
    given_name: str
    family_name: str
    language: Literal["de", "en"]
    active: bool


@dataclass(frozen=True)
class Standing:
    """What somebody may act as, and for which organisation first."""

    roles: frozenset[Role]
    organisation_id: str | None


@routes.get("/me", policy=SIGNED_IN, answers=MeView)
async def read_me(reader: Reader) -> MeView:
    """Read one's own data."""
    person_id, scope = person_of(reader.caller), reader.scope
    person = await reader.store(People).get(person_id, WHOLE)
    affiliations = await reader.store(Affiliations).open_of(person_id, WHOLE)
    standing = await standing_of(person, reader)
    organisation = await reader.store(Organisations).find(standing.organisation_id or "", WHOLE)
    missionary = await reader.store(Missionaries).of(person_id, WHOLE)
    return MeView(
        person=PersonView.of(person, scope),
        roles=tuple(sorted(standing.roles)),
        organisation=OrganisationView.of(organisation, scope) if organisation else None,
        affiliations=[AffiliationView.of(affiliation, scope) for affiliation in affiliations],
        missionary=MissionaryView.of(missionary, scope) if missionary else None,
    )


@routes.post("/people", policy=OPERATORS, shows=(People, PersonView), status=201)
async def enter_person(body: PersonDraft, command: Command) -> Done:
    """Enter somebody, with where they belong; nothing is mailed to them."""
    people = command.store(People)
    if await people.at(body.email, WHOLE) is not None:
        raise EmailTaken
    contact = Contact.model_validate(body.model_dump(include=set(Contact.model_fields)))
    person, facts = domain.register(person_id=command.new_id(), contact=contact, channel=Channel.STAFF)
    command.save(people, person, facts)
    if body.organisation_id is not None:
        await _place(command, person, body, body.organisation_id)
    return command.done(person.id)


@routes.get("/people", policy=STAFF, answers=Paged[PersonView])
async def list_people(
    reader: Reader,
    role: Role | None = None,
    q: Words = None,
    ids: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[PersonView]:
    """List people, for example those with a role, those who are called so, or those with these ids."""
    where = {**chosen(ids, roles=role), **called(q)}
    page = await reader.store(People).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[PersonView].of(page, PersonView, reader.scope)


@routes.get("/people/{person_id}", policy=STAFF, answers=PersonView)
async def read_person(person_id: str, reader: Reader) -> PersonView:
    """Read one person."""
    return PersonView.of(await reader.store(People).get(person_id, reader.scope), reader.scope)


@routes.put("/people/{person_id}/contact", policy=OPERATORS, shows=(People, PersonView), changes=True)
async def correct_contact(person_id: str, body: ContactCorrection, command: Command) -> Done:
    """Correct how somebody is called and reached; an address only while nobody has signed in with it."""
    people = command.store(People)
    person = await people.get(person_id, command.scope)
    command.match(person)
    taken = await people.at(body.email, WHOLE)
    if taken is not None and taken.id != person_id:
        raise EmailTaken
    command.save(people, domain.correct(person, Contact.model_validate(body.model_dump())))
    return command.done(person_id)


@internal.post("/recipients", policy=Policy.services("notifications", "journeys"), answers=Recipient, once=False)
async def tell_recipient(body: RecipientWanted, command: Command) -> Recipient:
    """Say how somebody is addressed at this moment, and whether they may be written to."""
    organisation = None
    if body.organisation_id is not None:
        organisation = await command.store(Organisations).get(body.organisation_id, WHOLE)
    person_id = body.person_id or (organisation.contact_person_id if organisation else None)
    if person_id is None:
        raise PersonUnknown
    person = await command.store(People).get(person_id, WHOLE)
    stands = organisation is None or organisation.state is OrganisationState.ACTIVE
    return Recipient(
        email=person.contact.email,
        given_name=person.contact.given_name,
        family_name=person.contact.family_name,
        language=person.contact.language,
        active=stands and person.may_be_written_to,
    )


async def standing_of(person: Person, work: Reader | Command) -> Standing:
    """Say what somebody is allowed as right now. It is asked with every request, so what is taken away acts at once."""
    primary, missionary, represented = await asyncio.gather(
        work.store(Affiliations).primary_of(person.id, WHOLE),
        work.store(Missionaries).of(person.id, WHOLE),
        work.store(Organisations).with_contact(person.id, WHOLE),
    )
    roles = domain.effective_roles(
        person,
        contact_of=[known.id for known in represented if known.state is OrganisationState.ACTIVE],
        on_the_way=missionary is not None and missionary.state not in QUALIFIED,
        qualified=missionary is not None and missionary.state in QUALIFIED,
    )
    return Standing(roles, primary.organisation_id if primary else None)


async def _place(command: Command, person: Person, body: PersonDraft, organisation_id: str) -> None:
    organisations = command.store(Organisations)
    organisation = await organisations.get(organisation_id, command.scope)
    place = await affiliations_api.propose(
        command, person_id=person.id, organisation_id=organisation_id, functions=body.functions or ()
    )
    if place.state is AffiliationState.PROPOSED:
        await affiliations_api.confirm(command, place)
    if body.contact:
        command.save(organisations, *organisation_domain.appoint(organisation, person_id=person.id))
