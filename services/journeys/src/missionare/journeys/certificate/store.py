"""Certificates: anybody may check a code, and people see their own."""

from __future__ import annotations

from missionare.journeys.certificate.domain import Certificate, CertificateUnknown
from missionare.journeys.code.domain import normalised
from missionare.journeys.store import own_or_overseen
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store


class Certificates(Store[Certificate]):
    """One per registration; the database itself refuses a second."""

    collection = "certificates"
    aggregate = "certificate"
    model = Certificate
    unknown = CertificateUnknown
    indexes = (
        Index("code", ["code"], unique=True),
        Index("registration", ["registration_id"], unique=True),
        Index("person", ["person_id", "_id"]),
        Index("journey", ["journey_id", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show people their own."""
        return own_or_overseen(scope)

    async def checked(self, code: str) -> Certificate:
        """Load the one with this code.

        Raises:
            CertificateUnknown: there is none.
        """
        found = await self.first({"code": normalised(code)}, Scope.system("whoever has the code may check it"))
        if found is None:
            raise CertificateUnknown
        return found
