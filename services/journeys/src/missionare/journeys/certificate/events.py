"""The facts of certificates."""

from __future__ import annotations

from missionare.kit.facts import Fact, Id


class CertificateIssued(Fact, aggregate="certificate"):
    """Enough stops were attended."""

    certificate_id: Id
    registration_id: Id
    journey_id: Id
    person_id: Id


class CertificateRevoked(Fact, aggregate="certificate"):
    """The certificate no longer holds, with a reason that is kept here."""

    certificate_id: Id
    registration_id: Id
    journey_id: Id
    person_id: Id
