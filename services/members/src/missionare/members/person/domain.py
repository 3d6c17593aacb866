"""People: states, the one proved address, and the roles they hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text
from missionare.members.events import Channel, PersonActivated, PersonRegistered, PersonVerified

MAX_EMAIL = 254
"""The longest address a mail server takes (RFC 5321, section 4.5.3.1.3)."""
MAX_NAME = 100

_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+"
)
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


class PersonState(StrEnum):
    """Whether somebody's address is proved."""

    REGISTERED = "registered"
    VERIFIED = "verified"
    ACTIVE = "active"


ALLOWED: Transitions[PersonState] = {
    PersonState.REGISTERED: frozenset({PersonState.VERIFIED}),
    PersonState.VERIFIED: frozenset({PersonState.ACTIVE}),
    PersonState.ACTIVE: frozenset(),
}


class Role(StrEnum):
    """What a token may say about somebody."""

    MEMBER = "member"
    ORGANISATION_CONTACT = "organisation_contact"
    REPRESENTATION_CHAIR = "representation_chair"
    CANDIDATE = "candidate"
    MISSIONARY = "missionary"
    HOST_CONTACT = "host_contact"
    PARTNER = "partner"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    COACH = "coach"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    INTEGRATION = "integration"


GRANTABLE = frozenset(
    {
        Role.REPRESENTATION_CHAIR,
        Role.HOST_CONTACT,
        Role.PARTNER,
        Role.EDITOR,
        Role.REVIEWER,
        Role.COACH,
        Role.OPERATOR,
        Role.AUDITOR,
    }
)
"""Roles that the agency gives to people. The others follow from what somebody is, or belong to keys."""


class Contact(BaseModel):
    """How somebody is called and reached: all personal data there is of them, in one place."""

    model_config = ConfigDict(frozen=True)

    given_name: str
    family_name: str
    email: str
    """As it is written to; compared by `email_key`."""
    telephone: str | None = None
    language: Literal["de", "en"] = "de"


class Person(Aggregate):
    """One person."""

    contact: Contact
    email_key: str
    """The address in the form in which two are compared; unique."""
    channel: Channel
    invitation_id: str | None = None
    state: PersonState = PersonState.REGISTERED
    roles: frozenset[Role] = frozenset()

    @property
    def may_be_written_to(self) -> bool:
        """Whether mail may go to this address: its owner has proved it, or the agency vouches for it.

        An address that a form brought in may be anybody's; until it is proved it gets the sign-in link it
        asked for, and nothing else.
        """
        return self.state is PersonState.ACTIVE or self.channel in {Channel.STAFF, Channel.IMPORT}


Decided = tuple[Person, list[Fact]]


class PersonUnknown(NotFound):
    """There is no such person, or the caller may not see them."""

    text: ClassVar[Text] = {
        "de": "Diese Person gibt es nicht, oder sie ist für Sie nicht einsehbar. Prüfen Sie die Kennung.",
        "en": "This person does not exist, or you may not see them. Check the id.",
    }


class EmailTaken(Refusal):
    """One address belongs to one person."""

    title: ClassVar[Text] = {"de": "Adresse vergeben", "en": "Address taken"}
    text: ClassVar[Text] = {
        "de": "Unter dieser E-Mail-Adresse ist schon jemand verzeichnet. Suchen Sie die Person in der Liste.",
        "en": "Somebody is registered with this e-mail address already. Look for the person in the list.",
    }


class AddressBelongsToThem(Refusal):
    """Whoever could change the address could sign in with it, and read what is this person's alone."""

    title: ClassVar[Text] = {"de": "Adresse nicht zu ändern", "en": "Address cannot be changed"}
    text: ClassVar[Text] = {
        "de": "Mit dieser E-Mail-Adresse meldet sich die Person an, oder sie hat eine Rolle. Wer die Adresse ändert, "
        "könnte sich als sie anmelden; deshalb geht das nur, solange sie noch nie angemeldet war und keine Rolle hat.",
        "en": "The person signs in with this e-mail address, or has a role. Whoever changes it could sign in as them; "
        "so that is possible only while they have never signed in and have no role.",
    }
    next: ClassVar[Text] = {
        "de": "Name und Telefonnummer lassen sich berichtigen. Ist die alte Adresse verloren, tragen Sie die Person "
        "neu ein.",
        "en": "Name and telephone number can be corrected. Where the old address is lost, enter the person anew.",
    }


class NoPerson(Refusal):
    """This is about the caller's own person, and the caller is none."""

    status = 403
    title: ClassVar[Text] = {"de": "Nur für Personen", "en": "Only for people"}
    text: ClassVar[Text] = {
        "de": "Dieser Zugang gehört einer Organisation und keiner Person. Melden Sie sich als Person an.",
        "en": "This access belongs to an organisation, not to a person. Sign in as a person.",
    }


def register(*, person_id: str, contact: Contact, channel: Channel, invitation_id: str | None = None) -> Decided:
    """Enter somebody. The address stays unproved until they sign in with a mailed link."""
    person = Person(
        id=person_id,
        contact=checked(contact),
        email_key=email_key(contact.email),
        channel=channel,
        invitation_id=invitation_id,
    )
    return person, [PersonRegistered(person_id=person_id, channel=channel, invitation_id=invitation_id)]


def correct(person: Person, contact: Contact) -> Person:
    """Write down anew how somebody is called and reached; the agency vouches for an address that it corrects.

    Raises:
        Invalid: naming the first field that cannot be used.
        AddressBelongsToThem: it is another address than the one that they sign in with, or they have a role.
    """
    contact = checked(contact)
    if email_key(contact.email) == person.email_key:
        return person.changed(contact=contact)
    if person.state is not PersonState.REGISTERED or person.roles:
        raise AddressBelongsToThem
    return person.changed(contact=contact, email_key=email_key(contact.email), channel=Channel.STAFF)


def prove_address(person: Person) -> Decided:
    """Take a used sign-in link as proof of the address. Who is active stays active."""
    if person.state is PersonState.ACTIVE:
        return person, []
    facts: list[Fact] = []
    state = person.state
    if state is PersonState.REGISTERED:
        check_move(ALLOWED, "Person", state, PersonState.VERIFIED)
        state = PersonState.VERIFIED
        facts.append(PersonVerified(person_id=person.id))
    check_move(ALLOWED, "Person", state, PersonState.ACTIVE)
    facts.append(PersonActivated(person_id=person.id))
    return person.changed(state=PersonState.ACTIVE), facts


def with_role(person: Person, role: Role, *, held: bool) -> Person:
    """Give a person a role, or take it away."""
    return person.changed(roles=person.roles | {role} if held else person.roles - {role})


def effective_roles(person: Person, *, contact_of: Iterable[str], on_the_way: bool, qualified: bool) -> frozenset[Role]:
    """Say what a person is allowed as: what they were given, and what follows from what they are.

    Args:
        person: who is asked about; before their address is proved they are nothing.
        contact_of: the active organisations whose contact they are.
        on_the_way: they are preparing for, or on, their first journey.
        qualified: they have come home from one.
    """
    if person.state is not PersonState.ACTIVE:
        return frozenset()
    follows = {
        Role.MEMBER: True,
        Role.ORGANISATION_CONTACT: any(True for _ in contact_of),
        Role.CANDIDATE: on_the_way,
        Role.MISSIONARY: qualified,
    }
    return person.roles | {role for role, holds in follows.items() if holds}


def email_key(email: str) -> str:
    """Give the form in which two addresses are compared.

    Servers may tell capital letters before the @ apart; none that matters does, and people do not.
    """
    return email.strip().casefold()


def checked(contact: Contact) -> Contact:
    """Give the contact trimmed, or refuse it.

    Raises:
        Invalid: naming the first field that cannot be used.
    """
    trimmed = contact.model_copy(
        update={
            "given_name": contact.given_name.strip(),
            "family_name": contact.family_name.strip(),
            "email": contact.email.strip(),
            "telephone": (contact.telephone or "").strip() or None,
        }
    )
    for problem in problems_of(trimmed):
        raise problem
    return trimmed


def problems_of(contact: Contact) -> list[Invalid]:
    """Name everything about a contact that cannot be used. Line breaks never get into a name or an address."""
    found = [
        Invalid(
            field=name,
            reason_de="fehlt, ist zu lang oder enthält Steuerzeichen.",
            reason_en="is missing, too long or has control characters.",
        )
        for name, value in (("given_name", contact.given_name), ("family_name", contact.family_name))
        if not 0 < len(value.strip()) <= MAX_NAME or _UNPRINTABLE.search(value)
    ]
    if not is_email(contact.email):
        found.append(Invalid(field="email", reason_de="ist keine E-Mail-Adresse.", reason_en="is no e-mail address."))
    if contact.telephone and not _TELEPHONE.fullmatch(contact.telephone.strip()):
        found.append(
            Invalid(field="telephone", reason_de="ist keine Telefonnummer.", reason_en="is no telephone number.")
        )
    return found


def is_email(text: str) -> bool:
    """Whether this has the form of one address that mail servers take."""
    return len(text.strip()) <= MAX_EMAIL and bool(_EMAIL.fullmatch(text.strip()))
