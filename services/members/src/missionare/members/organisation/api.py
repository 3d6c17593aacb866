"""Organisations: applying in public or by the agency, reading, and deciding."""

from __future__ import annotations

from typing import Literal, Self

from missionare.kit.callers import Language
from missionare.kit.names import Words, called
from missionare.kit.refusals import Invalid
from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope
from missionare.kit.work import Work
from missionare.members.affiliation import api as affiliations_api
from missionare.members.affiliation import domain as affiliation_domain
from missionare.members.affiliation.domain import AffiliationState
from missionare.members.affiliation.store import Affiliations
from missionare.members.api import OPERATORS, SIGNED_IN, Email, Functions, Line, Named, Reference, chosen
from missionare.members.events import Channel, OrganisationKind, Size
from missionare.members.organisation import domain
from missionare.members.organisation.domain import (
    ContactNotOfThisOrganisation,
    Organisation,
    OrganisationState,
    OrganisationTaken,
    Profile,
    Site,
)
from missionare.members.organisation.store import Organisations
from missionare.members.person import domain as person_domain
from missionare.members.person.domain import Contact, Person
from missionare.members.person.store import People
from missionare.members.session.store import mail_link

routes = Routes("members")

EVERYTHING = Scope.system("names and addresses are unique among all, whoever may see them")
RECEIVED: dict[Language, str] = {
    "de": "Die Bewerbung ist eingegangen. An die angegebene Adresse ist ein Link unterwegs, mit dem Sie sie "
    "bestätigen; danach entscheidet die Regionalagentur.",
    "en": "The application has arrived. A link to confirm the address you gave is on its way; then the agency decides.",
}


class OrganisationView(Answer):
    """One organisation. Who its contact is, only the agency and the organisation itself see."""

    id: str
    version: int
    name: str
    register_id: str | None
    street: str | None
    postal_code: str | None
    kind: OrganisationKind
    municipality_code: str
    sector: str
    size: Size
    state: OrganisationState
    contact_person_id: str | None
    invitation_id: str | None

    @classmethod
    def of(cls, organisation: Organisation, scope: Scope) -> Self:
        """Show as much as the caller may see."""
        caller = scope.caller
        inside = caller is None or caller.has("operator", "coach") or caller.organisation_id == organisation.id
        return cls(
            id=organisation.id,
            version=organisation.version,
            name=organisation.contact.name,
            register_id=organisation.contact.register_id,
            street=organisation.contact.street,
            postal_code=organisation.contact.postal_code,
            kind=organisation.profile.kind,
            municipality_code=organisation.profile.municipality,
            sector=organisation.profile.sector,
            size=organisation.profile.size,
            state=organisation.state,
            contact_person_id=organisation.contact_person_id if inside else None,
            invitation_id=organisation.invitation_id if inside else None,
        )


class Received(Answer):
    """That an application has arrived, and nothing that its sender might not know."""

    id: str
    version: int
    state: OrganisationState
    message: str


class ContactPerson(Body):
    """Who applies for an organisation."""

    given_name: Line
    family_name: Line
    email: Email
    telephone: Line | None = None
    language: Literal["de", "en"] = "de"
    functions: Functions

    def contact(self) -> Contact:
        """Give the personal part."""
        return Contact.model_validate(self.model_dump(exclude={"functions"}))


class Application(Body):
    """An organisation that wants to belong."""

    name: Line
    register_id: Line | None = None
    street: Line | None = None
    postal_code: Line | None = None
    kind: OrganisationKind
    municipality_code: Line
    sector: Line
    size: Size
    contact: ContactPerson | None = None
    """Only the agency may leave it out, and enter the people afterwards."""

    def site(self) -> Site:
        """Give name and seat."""
        return Site(name=self.name, register_id=self.register_id, street=self.street, postal_code=self.postal_code)

    def profile(self) -> Profile:
        """Give the codes."""
        return Profile(kind=self.kind, municipality=self.municipality_code, sector=self.sector, size=self.size)


class NewContact(Body):
    """Through whom an organisation is reached."""

    person_id: Reference


async def show_received(organisation_id: str, reader: Reader) -> Received:
    """Show an application to whoever sent it; a visitor sees no more of it later."""
    organisation = await reader.store(Organisations).get(organisation_id, EVERYTHING)
    return Received(
        id=organisation.id,
        version=organisation.version,
        state=organisation.state,
        message=RECEIVED[reader.language],
    )


@routes.post("/organisations", policy=Policy.public(), shows=show_received, status=201)
async def apply_for_membership(body: Application, command: Command) -> Done:
    """Apply for membership of an organisation, or enter one as the agency."""
    by_staff = command.caller.has("operator")
    if body.contact is None and not by_staff:
        raise Invalid(field="contact", reason_de="die Ansprechperson fehlt.", reason_en="the contact is missing.")
    organisations = command.store(Organisations)
    if await find_like(command, body.site()) is not None:
        raise OrganisationTaken
    channel = Channel.STAFF if by_staff else Channel.SELF
    contact = await _reached(body.contact.contact(), channel, command) if body.contact else None
    organisation, facts = domain.apply(
        organisation_id=command.new_id(),
        site=body.site(),
        profile=body.profile(),
        channel=channel,
        contact_person_id=contact.id if contact else None,
    )
    command.save(organisations, organisation, facts)
    if contact is not None and body.contact is not None:
        affiliation = await affiliations_api.propose(
            command, person_id=contact.id, organisation_id=organisation.id, functions=body.contact.functions
        )
        if by_staff and affiliation.state is AffiliationState.PROPOSED:
            await affiliations_api.confirm(command, affiliation)
    return command.done(organisation.id)


@routes.get("/organisations", policy=SIGNED_IN, answers=Paged[OrganisationView])
async def list_organisations(
    reader: Reader,
    state: OrganisationState | None = None,
    q: Words = None,
    ids: Named = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[OrganisationView]:
    """List the organisations of the network, or those with these ids; the agency also sees those that applied."""
    where = {**chosen(ids, state=state), **called(q)}
    page = await reader.store(Organisations).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[OrganisationView].of(page, OrganisationView, reader.scope)


@routes.get("/organisations/{organisation_id}", policy=SIGNED_IN, answers=OrganisationView)
async def read_organisation(organisation_id: str, reader: Reader) -> OrganisationView:
    """Read one organisation."""
    organisation = await reader.store(Organisations).get(organisation_id, reader.scope)
    return OrganisationView.of(organisation, reader.scope)


@routes.post(
    "/organisations/{organisation_id}/admission",
    policy=OPERATORS,
    shows=(Organisations, OrganisationView),
    changes=True,
)
async def admit_organisation(organisation_id: str, command: Command) -> Done:
    """Let an organisation belong to the network."""
    organisations = command.store(Organisations)
    organisation = await organisations.get(organisation_id, command.scope)
    command.match(organisation)
    command.save(organisations, *domain.admit(organisation))
    return command.done(organisation_id)


@routes.post(
    "/organisations/{organisation_id}/activation",
    policy=OPERATORS,
    shows=(Organisations, OrganisationView),
    changes=True,
)
async def activate_organisation(organisation_id: str, command: Command) -> Done:
    """Let an admitted organisation take part, and confirm its contact."""
    organisations = command.store(Organisations)
    organisation = await organisations.get(organisation_id, command.scope)
    command.match(organisation)
    contact = await command.store(People).find(organisation.contact_person_id or "", EVERYTHING)
    reached = contact is not None and contact.may_be_written_to
    command.save(organisations, *domain.activate(organisation, contact_reached=reached))
    if contact is not None:
        await _confirm_place(command, contact.id, organisation.id)
    return command.done(organisation_id)


@routes.post(
    "/organisations/{organisation_id}/rejection",
    policy=OPERATORS,
    shows=(Organisations, OrganisationView),
    changes=True,
)
async def reject_organisation(organisation_id: str, command: Command) -> Done:
    """Turn an application down, and with it the affiliations that were proposed."""
    organisations, affiliations = command.store(Organisations), command.store(Affiliations)
    organisation = await organisations.get(organisation_id, command.scope)
    command.match(organisation)
    command.save(organisations, *domain.reject(organisation))
    proposed = {"organisation_id": organisation_id, "state": AffiliationState.PROPOSED.value}
    for affiliation in await affiliations.every(proposed, EVERYTHING):
        command.save(affiliations, *affiliation_domain.reject(affiliation))
    return command.done(organisation_id)


@routes.put(
    "/organisations/{organisation_id}/contact",
    policy=OPERATORS,
    shows=(Organisations, OrganisationView),
    changes=True,
)
async def appoint_contact(organisation_id: str, body: NewContact, command: Command) -> Done:
    """Name the person through whom an organisation is reached."""
    organisations = command.store(Organisations)
    organisation = await organisations.get(organisation_id, command.scope)
    command.match(organisation)
    person = await command.store(People).get(body.person_id, command.scope)
    place = await command.store(Affiliations).between(person.id, organisation_id, EVERYTHING)
    if place is None or place.state is not AffiliationState.CONFIRMED or not person.may_be_written_to:
        raise ContactNotOfThisOrganisation
    command.save(organisations, *domain.appoint(organisation, person_id=person.id))
    return command.done(organisation_id)


async def find_like(work: Work, site: Site) -> Organisation | None:
    """Give the organisation that holds this name and seat or this register entry."""
    site_key, register_key = domain.site_key(site), domain.register_key(site)
    return await work.store(Organisations).like(site_key, register_key, EVERYTHING)


async def register_or_find(
    command: Command, contact: Contact, channel: Channel, invitation_id: str | None = None
) -> Person:
    """Give the person at this address, registering them where there is none, and have a sign-in link mailed.

    Whether the address was known makes no difference that its sender could see.
    """
    people = command.store(People)
    person = await people.at(contact.email, EVERYTHING)
    if person is None:
        person, facts = person_domain.register(
            person_id=command.new_id(), contact=contact, channel=channel, invitation_id=invitation_id
        )
        command.save(people, person, facts)
    if channel is not Channel.STAFF:
        await mail_link(command, contact.email, person)
    return person


async def _reached(body: Contact, channel: Channel, command: Command) -> Person:
    """Give the person through whom an applicant is reached; what is wrong with them stands inside of `contact`."""
    try:
        return await register_or_find(command, body, channel)
    except Invalid as refusal:
        raise refusal.inside("contact") from None


async def _confirm_place(command: Command, person_id: str, organisation_id: str) -> None:
    place = await command.store(Affiliations).between(person_id, organisation_id, EVERYTHING)
    if place is not None and place.state is AffiliationState.PROPOSED:
        await affiliations_api.confirm(command, place)
