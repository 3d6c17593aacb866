"""Organisations: from application to taking part."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text
from missionare.members.events import (
    Channel,
    OrganisationActivated,
    OrganisationAdmitted,
    OrganisationApplied,
    OrganisationContactChanged,
    OrganisationKind,
    OrganisationRejected,
    Size,
)

MAX_NAME = 200

SECTIONS: Mapping[str, Text] = {
    "A": {"de": "Land- und Forstwirtschaft, Fischerei", "en": "Agriculture, forestry, fishing"},
    "B": {"de": "Bergbau, Steine und Erden", "en": "Mining and quarrying"},
    "C": {"de": "Verarbeitendes Gewerbe", "en": "Manufacturing"},
    "D": {"de": "Energieversorgung", "en": "Energy supply"},
    "E": {"de": "Wasser, Abwasser, Abfall", "en": "Water, sewerage, waste"},
    "F": {"de": "Baugewerbe", "en": "Construction"},
    "G": {"de": "Handel, Kfz-Werkstätten", "en": "Trade, repair of vehicles"},
    "H": {"de": "Verkehr und Lagerei", "en": "Transport and storage"},
    "I": {"de": "Gastgewerbe", "en": "Accommodation and food"},
    "J": {"de": "Information und Kommunikation", "en": "Information and communication"},
    "K": {"de": "Finanzen und Versicherungen", "en": "Finance and insurance"},
    "L": {"de": "Grundstücke und Wohnungen", "en": "Real estate"},
    "M": {
        "de": "Freiberufliche, wissenschaftliche und technische Dienste",
        "en": "Professional and technical services",
    },
    "N": {"de": "Sonstige wirtschaftliche Dienste", "en": "Other business services"},
    "O": {"de": "Öffentliche Verwaltung", "en": "Public administration"},
    "P": {"de": "Erziehung und Unterricht", "en": "Education"},
    "Q": {"de": "Gesundheit und Soziales", "en": "Health and social work"},
    "R": {"de": "Kunst, Unterhaltung, Erholung", "en": "Arts, entertainment, recreation"},
    "S": {"de": "Sonstige Dienste, Verbände", "en": "Other services, associations"},
    "T": {"de": "Private Haushalte", "en": "Private households"},
    "U": {"de": "Internationale Organisationen", "en": "International organisations"},
}
"""The sections of the German classification of economic activities (WZ 2008)."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_POSTAL_CODE = re.compile(r"[0-9]{5}")
_MUNICIPALITY = re.compile(r"[0-9]{8}")
_SECTOR = re.compile(r"[A-V]|[A-V]?[0-9]{2}(\.[0-9]{1,2}(\.[0-9])?)?")


class OrganisationState(StrEnum):
    """How far an organisation has come."""

    APPLIED = "applied"
    ADMITTED = "admitted"
    ACTIVE = "active"
    REJECTED = "rejected"


ALLOWED: Transitions[OrganisationState] = {
    OrganisationState.APPLIED: frozenset({OrganisationState.ADMITTED, OrganisationState.REJECTED}),
    OrganisationState.ADMITTED: frozenset({OrganisationState.ACTIVE}),
    OrganisationState.ACTIVE: frozenset(),
    OrganisationState.REJECTED: frozenset(),
}


class Site(BaseModel):
    """Name and seat. A sole trader's are personal data, so they stand in one place and in no fact."""

    model_config = ConfigDict(frozen=True)

    name: str
    register_id: str | None = None
    """The entry in the commercial register, for example `HRB 1234 Siegen`."""
    street: str | None = None
    postal_code: str | None = None


class Profile(BaseModel):
    """What an organisation is, in codes."""

    model_config = ConfigDict(frozen=True)

    kind: OrganisationKind
    municipality: str
    """The eight digits of the official municipality key (AGS)."""
    sector: str
    """Section, division or class of the German classification WZ: `C`, `62`, `62.01`."""
    size: Size


class Organisation(Aggregate):
    """One organisation."""

    contact: Site
    site_key: str
    """Name and seat in the form in which two are compared; unique among those not rejected."""
    register_key: str | None = None
    """The register entry in that form; unique likewise where there is one."""
    profile: Profile
    channel: Channel
    invitation_id: str | None = None
    state: OrganisationState = OrganisationState.APPLIED
    contact_person_id: str | None = None
    """Who applied for it or is entered as its contact; while it is active, somebody confirmed."""


Decided = tuple[Organisation, list[Fact]]


class OrganisationUnknown(NotFound):
    """There is no such organisation, or the caller may not see it."""

    text: ClassVar[Text] = {
        "de": "Diese Organisation gibt es nicht, oder sie ist für Sie nicht einsehbar. Prüfen Sie die Kennung.",
        "en": "This organisation does not exist, or you may not see it. Check the id.",
    }


class OrganisationTaken(Refusal):
    """Register entry, or name and seat, belong to one organisation."""

    title: ClassVar[Text] = {"de": "Schon verzeichnet", "en": "Listed already"}
    text: ClassVar[Text] = {
        "de": "Diese Organisation ist schon verzeichnet. Suchen Sie sie in der Liste, statt sie neu anzulegen.",
        "en": "This organisation is listed already. Look for it in the list instead of entering it anew.",
    }


class ContactNotReached(Refusal):
    """An active organisation has a contact whom mail reaches."""

    title: ClassVar[Text] = {"de": "Keine bestätigte Ansprechperson", "en": "No confirmed contact"}
    text: ClassVar[Text] = {
        "de": "Die Organisation hat noch keine Ansprechperson mit bestätigter Adresse. Bitten Sie die Person, den "
        "zugesandten Link zu öffnen, oder tragen Sie eine andere Ansprechperson ein.",
        "en": "The organisation has no contact with a proved address yet. Ask the person to open the link they "
        "were sent, or enter another contact.",
    }


class ContactNotOfThisOrganisation(Refusal):
    """An organisation is reached through somebody who belongs to it."""

    title: ClassVar[Text] = {"de": "Gehört nicht zur Organisation", "en": "Not of this organisation"}
    text: ClassVar[Text] = {
        "de": "Ansprechperson wird nur, wer dieser Organisation bestätigt angehört. Bestätigen Sie zuerst die "
        "Zugehörigkeit.",
        "en": "Only somebody with a confirmed affiliation to this organisation becomes its contact. Confirm the "
        "affiliation first.",
    }


class StillTheContact(Refusal):
    """An active organisation is never left without a contact."""

    title: ClassVar[Text] = {"de": "Noch Ansprechperson", "en": "Still the contact"}
    text: ClassVar[Text] = {
        "de": "Diese Person ist Ansprechperson der Organisation. Benennen Sie zuerst eine andere.",
        "en": "This person is the contact of the organisation. Name another one first.",
    }


def apply(
    *,
    organisation_id: str,
    site: Site,
    profile: Profile,
    channel: Channel,
    contact_person_id: str | None,
    invitation_id: str | None = None,
) -> Decided:
    """Enter an organisation that wants to belong."""
    site, profile = checked(site, profile)
    organisation = Organisation(
        id=organisation_id,
        contact=site,
        site_key=site_key(site),
        register_key=register_key(site),
        profile=profile,
        channel=channel,
        invitation_id=invitation_id,
        contact_person_id=contact_person_id,
    )
    fact = OrganisationApplied(
        organisation_id=organisation_id,
        kind=profile.kind,
        municipality=profile.municipality,
        sector=profile.sector,
        size=profile.size,
        invitation_id=invitation_id,
        channel=channel,
    )
    return organisation, [fact]


def admit(organisation: Organisation) -> Decided:
    """Let it belong."""
    check_move(ALLOWED, "Organisation", organisation.state, OrganisationState.ADMITTED)
    fact = OrganisationAdmitted(organisation_id=organisation.id, invitation_id=organisation.invitation_id)
    return organisation.changed(state=OrganisationState.ADMITTED), [fact]


def reject(organisation: Organisation) -> Decided:
    """Turn the application down."""
    check_move(ALLOWED, "Organisation", organisation.state, OrganisationState.REJECTED)
    return organisation.changed(state=OrganisationState.REJECTED), [
        OrganisationRejected(organisation_id=organisation.id)
    ]


def activate(organisation: Organisation, *, contact_reached: bool) -> Decided:
    """Let an admitted organisation take part; `contact_reached` says that mail reaches its contact person."""
    check_move(ALLOWED, "Organisation", organisation.state, OrganisationState.ACTIVE)
    if organisation.contact_person_id is None or not contact_reached:
        raise ContactNotReached
    fact = OrganisationActivated(
        organisation_id=organisation.id,
        kind=organisation.profile.kind,
        municipality=organisation.profile.municipality,
        sector=organisation.profile.sector,
        size=organisation.profile.size,
        contact_person_id=organisation.contact_person_id,
    )
    return organisation.changed(state=OrganisationState.ACTIVE), [fact]


def vouch(organisation: Organisation) -> Decided:
    """Take an application as far as the agency's own word carries it: admitted, and active with a contact."""
    facts: list[Fact] = []
    if organisation.state is OrganisationState.APPLIED:
        organisation, facts = admit(organisation)
    if organisation.state is OrganisationState.ADMITTED and organisation.contact_person_id is not None:
        organisation, activated = activate(organisation, contact_reached=True)
        facts = [*facts, *activated]
    return organisation, facts


def appoint(organisation: Organisation, *, person_id: str) -> Decided:
    """Name the contact person. Before the organisation takes part, that is its own matter and no fact tells of it."""
    appointed = organisation.changed(contact_person_id=person_id)
    if organisation.state is not OrganisationState.ACTIVE or person_id == organisation.contact_person_id:
        return appointed, []
    fact = OrganisationContactChanged(organisation_id=organisation.id, contact_person_id=person_id)
    return appointed, [fact]


def site_key(site: Site) -> str:
    """Give name and seat in the form in which two organisations are compared."""
    return "|".join(_plain(part or "") for part in (site.name, site.postal_code, site.street))


def register_key(site: Site) -> str | None:
    """Give the register entry in the form in which two are compared, or None without one."""
    return _plain(site.register_id) or None if site.register_id else None


def problems_of(site: Site, profile: Profile) -> list[Invalid]:
    """Name everything about an organisation's data that cannot be used."""
    unusable = ("fehlt, ist zu lang oder enthält Steuerzeichen.", "is missing, too long or has control characters.")
    wrong = {
        "name": (_is_line(site.name) and bool(site.name.strip()), unusable),
        "register_id": (_is_line(site.register_id), unusable),
        "street": (_is_line(site.street), unusable),
        "postal_code": (
            site.postal_code is None or bool(_POSTAL_CODE.fullmatch(site.postal_code.strip())),
            ("braucht fünf Ziffern.", "needs five digits."),
        ),
        "municipality_code": (
            bool(_MUNICIPALITY.fullmatch(profile.municipality)),
            ("braucht die acht Ziffern des Gemeindeschlüssels.", "needs the eight digits of the municipality key."),
        ),
        "sector": (
            bool(_SECTOR.fullmatch(profile.sector)),
            ("ist kein Schlüssel der WZ-Klassifikation, etwa C oder 62.01.", "is no WZ code such as C or 62.01."),
        ),
    }
    return [
        Invalid(field=field, reason_de=german, reason_en=english)
        for field, (fits, (german, english)) in wrong.items()
        if not fits
    ]


def checked(site: Site, profile: Profile) -> tuple[Site, Profile]:
    """Give both trimmed, or refuse them.

    Raises:
        Invalid: naming the first field that cannot be used.
    """
    for problem in problems_of(site, profile):
        raise problem
    trimmed = Site(
        name=site.name.strip(),
        register_id=(site.register_id or "").strip() or None,
        street=(site.street or "").strip() or None,
        postal_code=(site.postal_code or "").strip() or None,
    )
    return trimmed, profile


def _is_line(text: str | None) -> bool:
    return text is None or (len(text) <= MAX_NAME and not _UNPRINTABLE.search(text))


def _plain(text: str) -> str:
    """Fold case, width and spaces: `Müller  GmbH` and `müller gmbh` are the same name."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w]+", " ", folded).split())
