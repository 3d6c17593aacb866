"""Routes of certificates: anybody with the code can check one, and nobody learns whose it is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Path

from missionare.journeys.api import OPERATORS, PUBLIC, SIGNED_IN, Reason, Reference
from missionare.journeys.certificate import domain
from missionare.journeys.certificate.domain import Certificate, CertificateState
from missionare.journeys.certificate.store import Certificates
from missionare.kit.answers import Answer
from missionare.kit.facts import Id
from missionare.kit.routes import Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("journeys")


class Revocation(Body):
    """Why a certificate no longer holds."""

    reason: Reason


class CertificateCheck(Answer):
    """What the public learns of a certificate: whether it holds, and for which journey. No name."""

    code: str
    valid: bool
    state: CertificateState
    journey_id: str
    issued_at: datetime


class CertificateView(CertificateCheck):
    """A certificate, for its person and the journey lead."""

    id: str
    version: int
    registration_id: str
    person_id: str
    attended_share: float
    revoked_at: datetime | None
    reason: str | None

    @classmethod
    def of(cls, certificate: Certificate, scope: Scope) -> Self:
        """Show a certificate."""
        del scope
        return cls.model_validate({**certificate.model_dump(), "valid": _holds(certificate)})


@routes.get("/certificates", policy=SIGNED_IN, answers=Paged[CertificateView])
async def list_certificates(
    reader: Reader, journey_id: Id | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[CertificateView]:
    """List the caller's own certificates; for the journey lead, everybody's."""
    where = {"journey_id": journey_id} if journey_id else {}
    page = await reader.store(Certificates).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[CertificateView].of(page, CertificateView, reader.scope)


@routes.get("/certificates/{code}", policy=PUBLIC, answers=CertificateCheck)
async def check_certificate(code: Annotated[str, Path(max_length=64)], reader: Reader) -> CertificateCheck:
    """Say whether a certificate holds."""
    certificate = await reader.store(Certificates).checked(code)
    return CertificateCheck.model_validate({**certificate.model_dump(), "valid": _holds(certificate)})


@routes.post(
    "/certificates/{certificate_id}/revocation",
    policy=OPERATORS,
    shows=(Certificates, CertificateView),
    changes=True,
)
async def revoke_certificate(certificate_id: Reference, body: Revocation, command: Command) -> Done:
    """Declare that a certificate no longer holds."""
    store = command.store(Certificates)
    certificate = await store.get(certificate_id, command.scope)
    command.match(certificate)
    command.save(store, *domain.revoke(certificate, body.reason, now=command.now))
    return command.done(certificate_id)


def _holds(certificate: Certificate) -> bool:
    return certificate.state is CertificateState.ISSUED
