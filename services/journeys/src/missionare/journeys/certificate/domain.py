"""Certificates of attendance: states, and one function per decision."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from missionare.journeys.code.domain import public_code
from missionare.journeys.events import CertificateIssued, CertificateRevoked
from missionare.journeys.registration.domain import Registration, named
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Text

Decided = tuple["Certificate", list[Fact]]


class CertificateState(StrEnum):
    """Whether a certificate holds."""

    ISSUED = "issued"
    REVOKED = "revoked"


ALLOWED: Transitions[CertificateState] = {
    CertificateState.ISSUED: frozenset({CertificateState.REVOKED}),
    CertificateState.REVOKED: frozenset(),
}


class Certificate(Aggregate):
    """That somebody attended a journey. Whoever has the code can check it; it names nobody."""

    code: str
    registration_id: str
    journey_id: str
    person_id: str
    attended_share: float
    issued_at: datetime
    state: CertificateState = CertificateState.ISSUED
    revoked_at: datetime | None = None
    reason: str | None = None
    """Why it was revoked."""


class CertificateUnknown(NotFound):
    """There is no certificate with this code."""

    title: ClassVar[Text] = {"de": "Bescheinigung nicht gefunden", "en": "Certificate not found"}
    text: ClassVar[Text] = {
        "de": "Unter diesem Code gibt es keine Teilnahmebescheinigung. Vergleichen Sie ihn Zeichen für Zeichen.",
        "en": "There is no certificate with this code. Compare it character by character.",
    }


def issue(
    registration: Registration,
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    threshold: float,
    now: datetime,
) -> Decided | None:
    """Certify an ended participation, if enough stops were attended.

    Args:
        registration: with its `attended_share`.
        id: a UUIDv7; the public code is its random part.
        threshold: the share of stops from which on there is a certificate.
        now: the present moment.
    """
    share = registration.attended_share
    if share is None or share < threshold:
        return None
    certificate = Certificate(
        id=id,
        code=public_code(id),
        registration_id=registration.id,
        journey_id=registration.journey_id,
        person_id=registration.person_id,
        attended_share=share,
        issued_at=now,
    )
    return certificate, [CertificateIssued(certificate_id=id, **named(registration))]


def revoke(certificate: Certificate, reason: str, *, now: datetime) -> Decided:
    """Declare that a certificate no longer holds.

    Raises:
        WrongState: it was revoked before.
    """
    check_move(ALLOWED, "Bescheinigung", certificate.state, CertificateState.REVOKED)
    revoked = certificate.changed(state=CertificateState.REVOKED, revoked_at=now, reason=reason)
    fact = CertificateRevoked(
        certificate_id=revoked.id,
        registration_id=revoked.registration_id,
        journey_id=revoked.journey_id,
        person_id=revoked.person_id,
    )
    return revoked, [fact]
