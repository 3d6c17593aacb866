"""Invitations: issued by missionaries, passed on by hand, replied to on the page of their link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self, TypeVar

from pydantic import StringConstraints, ValidationError

from missionare.kit.callers import Language
from missionare.kit.links import Field, Form, Links, LinkToken, LinkTokens, Page
from missionare.kit.problems import InvalidInput
from missionare.kit.refusals import Text
from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.affiliation import api as affiliations_api
from missionare.members.affiliation.store import Affiliations
from missionare.members.api import MISSIONARIES, OPERATORS, Email, Line, Reference, person_of
from missionare.members.events import Channel, Function, OrganisationKind, Size
from missionare.members.invitation import domain
from missionare.members.invitation.domain import ActivityUnknown, Invitation, InvitationState
from missionare.members.invitation.store import INVITATION_EXPIRY, Invitations
from missionare.members.invitation.views import Activities
from missionare.members.organisation import domain as organisation_domain
from missionare.members.organisation.api import find_like, register_or_find
from missionare.members.organisation.domain import SECTIONS, Profile, Site
from missionare.members.organisation.store import Organisations
from missionare.members.person.domain import Contact, Person, PersonState
from missionare.members.settings import MembersSettings

E = TypeVar("E", bound=StrEnum)

routes = Routes("members")
links = Links()

WHOLE = Scope.system("the link in the address is the proof")
PURPOSE: Final = "invitation"

KINDS: Mapping[OrganisationKind, Text] = {
    OrganisationKind.COMPANY: {"de": "Unternehmen", "en": "Company"},
    OrganisationKind.CHAMBER: {"de": "Kammer", "en": "Chamber"},
    OrganisationKind.UNION: {"de": "Gewerkschaft", "en": "Trade union"},
    OrganisationKind.UNIVERSITY: {"de": "Hochschule", "en": "University"},
    OrganisationKind.MUNICIPALITY: {"de": "Kommune", "en": "Municipality"},
    OrganisationKind.ASSOCIATION: {"de": "Verband oder Verein", "en": "Association"},
}
SIZES: Mapping[Size, Text] = {
    Size.MICRO: {"de": "unter 10 Beschäftigte", "en": "fewer than 10 people"},
    Size.SMALL: {"de": "10 bis 49", "en": "10 to 49"},
    Size.MEDIUM: {"de": "50 bis 249", "en": "50 to 249"},
    Size.LARGE: {"de": "250 und mehr", "en": "250 and more"},
}
FUNCTIONS: Mapping[Function, Text] = {
    Function.MANAGEMENT: {"de": "Geschäftsführung oder Leitung", "en": "Management"},
    Function.EMPLOYEE_REPRESENTATION: {"de": "Betriebsrat oder Personalvertretung", "en": "Works council"},
    Function.IT: {"de": "IT", "en": "IT"},
    Function.HR: {"de": "Personal", "en": "Human resources"},
    Function.PRODUCTION: {"de": "Produktion", "en": "Production"},
    Function.OTHER: {"de": "Anderes", "en": "Other"},
}
WORDS: Mapping[str, Text] = {
    "title": {"de": "Einladung in das Netzwerk", "en": "An invitation to the network"},
    "intro": {
        "de": "Sie sind eingeladen, im Netzwerk der Digitalisierungs-Missionare mitzuwirken. Mit diesen Angaben legen "
        "wir Ihren Zugang an; danach erhalten Sie eine E-Mail, mit der Sie Ihre Adresse bestätigen.",
        "en": "You are invited to take part in the network of digitalisation ambassadors. With this we set up your "
        "access; then you get a mail with which you confirm your address.",
    },
    "given_name": {"de": "Vorname", "en": "Given name"},
    "family_name": {"de": "Nachname", "en": "Family name"},
    "email": {"de": "E-Mail-Adresse", "en": "E-mail address"},
    "organisation": {"de": "Unternehmen oder Einrichtung", "en": "Company or institution"},
    "kind": {"de": "Art", "en": "Kind"},
    "municipality": {"de": "Ort", "en": "Place"},
    "size": {"de": "Größe", "en": "Size"},
    "sector": {"de": "Branche", "en": "Sector"},
    "function": {"de": "Ihre Aufgabe dort", "en": "Your part there"},
    "notice": {
        "de": "Ich habe die Hinweise zum Datenschutz zur Kenntnis genommen.",
        "en": "I have taken note of the privacy notice.",
    },
    "button": {"de": "Teilnehmen", "en": "Take part"},
    "thanks_title": {"de": "Bitte bestätigen Sie Ihre Adresse", "en": "Please confirm your address"},
    "thanks": {
        "de": "Vielen Dank. An die angegebene Adresse ist eine E-Mail unterwegs. Öffnen Sie den Link darin innerhalb "
        "von 15 Minuten, um sich anzumelden.",
        "en": "Thank you. A mail is on its way to the address you gave. Open the link in it within 15 minutes to "
        "sign in.",
    },
}


class InvitationView(Answer):
    """One invitation. Its address is shown once, when it is issued."""

    id: str
    version: int
    activity_id: str
    issuer_person_id: str
    state: InvitationState
    expires_at: datetime
    url: str | None = None

    @classmethod
    def of(cls, invitation: Invitation, scope: Scope) -> Self:
        """Show it without who replied: that is theirs until they have proved their address."""
        del scope
        return cls.model_validate(invitation.model_dump(exclude={"chain", "reply"}))


class InvitationWanted(Body):
    """The outreach activity from which an invitation comes."""

    activity_id: Reference


class ReplyForm(Body):
    """What somebody invited says of themselves and their organisation."""

    given_name: Line
    family_name: Line
    email: Email
    organisation: Line
    kind: OrganisationKind
    municipality: Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
    size: Size
    sector: Line
    function: Function
    notice: Literal["yes"]

    @classmethod
    def read(cls, form: Mapping[str, str]) -> Self:
        """Read the fields of the page.

        Raises:
            InvalidInput: naming the fields that are missing or wrong.
        """
        try:
            return cls.model_validate_strings(dict(form))
        except ValidationError as error:
            raise InvalidInput.of(error.errors(include_url=False, include_input=False)) from None

    def contact(self, language: Language) -> Contact:
        """Give the personal part."""
        return Contact(given_name=self.given_name, family_name=self.family_name, email=self.email, language=language)


@routes.post("/invitations", policy=MISSIONARIES, shows=(Invitations, InvitationView), status=201)
async def issue_invitation(body: InvitationWanted, command: Command) -> Done:
    """Issue an invitation and show its address this once, to be passed on by hand."""
    issuer = person_of(command.caller)
    if not await command.store(Activities).belongs_to(body.activity_id, issuer):
        raise ActivityUnknown
    invitation, facts = domain.issue(
        invitation_id=command.new_id(), activity_id=body.activity_id, issuer_person_id=issuer, now=command.now
    )
    command.save(command.store(Invitations), invitation, facts)
    command.schedule(INVITATION_EXPIRY, invitation.id, at=invitation.expires_at)
    token = command.store(LinkTokens).issue(command, PURPOSE, invitation.id, invitation.expires_at, single_use=True)
    first = InvitationView.of(invitation.model_copy(update={"version": 1}), command.scope)
    url = f"{command.settings.public_url}/api/members/v1/links/{token}"
    return command.done(invitation.id, shown=first.model_copy(update={"url": url}))


@routes.get("/invitations", policy=MISSIONARIES | OPERATORS, answers=Paged[InvitationView])
async def list_invitations(reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[InvitationView]:
    """List the invitations one has issued; operators see all."""
    page = await reader.store(Invitations).page({}, reader.scope, cursor=cursor, limit=limit)
    return Paged[InvitationView].of(page, InvitationView, reader.scope)


@routes.get("/invitations/{invitation_id}", policy=MISSIONARIES | OPERATORS, answers=InvitationView)
async def read_invitation(invitation_id: str, reader: Reader) -> InvitationView:
    """Read one invitation."""
    return InvitationView.of(await reader.store(Invitations).get(invitation_id, reader.scope), reader.scope)


@routes.post(
    "/invitations/{invitation_id}/revocation",
    policy=MISSIONARIES | OPERATORS,
    shows=(Invitations, InvitationView),
    changes=True,
)
async def revoke_invitation(invitation_id: str, command: Command) -> Done:
    """Take an invitation back; its link ends."""
    invitations = command.store(Invitations)
    invitation = await invitations.get(invitation_id, command.scope)
    command.match(invitation)
    command.save(invitations, *domain.revoke(invitation))
    command.cancel(INVITATION_EXPIRY, invitation_id)
    command.store(LinkTokens).end(command, PURPOSE, invitation_id)
    return command.done(invitation_id)


@links.page(PURPOSE, single_use=True)
async def show_invitation(link: LinkToken, reader: Reader) -> Page:
    """Ask who somebody is and where they belong."""
    invitation = await reader.store(Invitations).get(link.subject, WHOLE)
    domain.check_open(invitation, reader.now)
    said = _words(reader.language)
    return Page(said["title"], [said["intro"]], [Form("accept", said["button"], _fields(reader))])


@links.act(PURPOSE, "accept")
async def accept_invitation(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Register who replied, and their organisation; it counts once they have signed in."""
    invitations = command.store(Invitations)
    invitation = await invitations.get(link.subject, WHOLE)
    domain.check_open(invitation, command.now)
    reply = ReplyForm.read(form)
    contact = reply.contact(command.language)
    person = await register_or_find(command, contact, Channel.INVITATION, invitation.id)
    if person.state is PersonState.ACTIVE and person.id != invitation.issuer_person_id:
        # The page is the same, so that nobody learns who is a member; but a member is not won anew.
        command.ignored("who replied is a member already")
    else:
        organisation_id = await _organisation_of(person, reply, invitation.id, command)
        replied = domain.reply(invitation, person_id=person.id, organisation_id=organisation_id, now=command.now)
        command.save(invitations, *replied)
    said = _words(command.language)
    return Page(said["thanks_title"], [said["thanks"]])


async def accept_replies(command: Command, person_id: str) -> None:
    """Close the loop for somebody who has just proved their address."""
    invitations = command.store(Invitations)
    for invitation in await invitations.replied_to_by(person_id, WHOLE):
        command.save(invitations, *domain.accept(invitation))
        command.cancel(INVITATION_EXPIRY, invitation.id)


async def _organisation_of(person: Person, reply: ReplyForm, invitation_id: str, command: Command) -> str:
    """Give the organisation somebody comes from: where they belong, one that is known, or a new application."""
    places = await command.store(Affiliations).open_of(person.id, WHOLE)
    if places:
        return places[0].organisation_id
    site = Site(name=reply.organisation)
    organisation = await find_like(command, site)
    if organisation is None:
        organisation, facts = organisation_domain.apply(
            organisation_id=command.new_id(),
            site=site,
            profile=Profile(kind=reply.kind, municipality=reply.municipality, sector=reply.sector, size=reply.size),
            channel=Channel.INVITATION,
            contact_person_id=person.id,
            invitation_id=invitation_id,
        )
        command.save(command.store(Organisations), organisation, facts)
    await affiliations_api.propose(
        command, person_id=person.id, organisation_id=organisation.id, functions=(reply.function,)
    )
    return organisation.id


def _fields(reader: Reader) -> list[Field]:
    said, language = _words(reader.language), reader.language
    places = reader.settings.municipalities if isinstance(reader.settings, MembersSettings) else {}
    return [
        Field("given_name", said["given_name"], longest=100, autocomplete="given-name"),
        Field("family_name", said["family_name"], longest=100, autocomplete="family-name"),
        Field("email", said["email"], "email", longest=254, autocomplete="email"),
        Field("organisation", said["organisation"], longest=200, autocomplete="organization"),
        Field("kind", said["kind"], "select", options=_options(KINDS, language)),
        Field("municipality", said["municipality"], "select", options=tuple(places.items())),
        Field("size", said["size"], "select", options=_options(SIZES, language)),
        Field("sector", said["sector"], "select", options=[(key, text[language]) for key, text in SECTIONS.items()]),
        Field("function", said["function"], "select", options=_options(FUNCTIONS, language)),
        Field("notice", said["notice"], "checkbox"),
    ]


def _options(words: Mapping[E, Text], language: Language) -> Sequence[tuple[str, str]]:
    return [(key.value, text[language]) for key, text in words.items()]


def _words(language: Language) -> dict[str, str]:
    return {name: text[language] for name, text in WORDS.items()}
