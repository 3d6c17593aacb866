"""Evidence, and the guard that keeps an entry from telling more than its evidence may tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from missionare.catalog.events import EvidenceLinked, SourceKind
from missionare.kit.aggregates import Aggregate
from missionare.kit.refusals import Refusal, Text


class Audience(StrEnum):
    """Who may read something: a set of readers, never a rank."""

    PERSONAL = "personal"
    REPRESENTATION = "representation"
    ORGANISATION = "organisation"
    JOURNEY_GROUP = "journey_group"
    NETWORK = "network"
    PUBLIC = "public"


_EVERYWHERE = frozenset({Audience.PERSONAL})
# An organisation includes its management, so its employee representation is no part of it in either direction;
# nor can an organisation and a journey's group be compared.
INCLUDES: Mapping[Audience, frozenset[Audience]] = {
    Audience.PERSONAL: _EVERYWHERE,
    Audience.REPRESENTATION: _EVERYWHERE | {Audience.REPRESENTATION},
    Audience.ORGANISATION: _EVERYWHERE | {Audience.ORGANISATION},
    Audience.JOURNEY_GROUP: _EVERYWHERE | {Audience.JOURNEY_GROUP},
    Audience.NETWORK: frozenset(Audience) - {Audience.PUBLIC},
    Audience.PUBLIC: frozenset(Audience),
}
"""Every audience with those whose readers are all among its own."""


class Citation(BaseModel):
    """One piece of evidence as an entry's content names it."""

    model_config = ConfigDict(frozen=True)

    evidence_id: str
    sealed: bool
    """The agency vouches for the source; readers never learn which one it is."""


class Evidence(Aggregate):
    """The link from an entry to a source. It never changes; whether it is sealed is part of the content cited."""

    entry_id: str
    source_kind: SourceKind
    source_id: str
    journey_id: str | None
    organisation_id: str | None
    """The organisation concerned: the host of an insight, the organisation of a goal's owner."""
    linked_at: datetime


class EvidenceNotForReaders(Refusal):
    """Some evidence may not be read by everybody who will read the entry. Seal it, or ask its owner to widen it."""

    title: ClassVar[Text] = {"de": "Beleg nicht für alle freigegeben", "en": "Evidence not released to all readers"}
    text: ClassVar[Text] = {
        "de": "Nicht alle, die den Eintrag lesen werden, dürfen diese Belege lesen: {evidence}.",
        "en": "Not everybody who will read the entry may read this evidence: {evidence}.",
    }
    next: ClassVar[Text] = {
        "de": "Versiegeln Sie die Quelle, oder bitten Sie das gastgebende Unternehmen um eine weitere Freigabe.",
        "en": "Seal the source, or ask the host for a wider release.",
    }


def link(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    entry_id: str,
    source: tuple[SourceKind, str],
    journey_id: str | None,
    organisation_id: str | None,
    now: datetime,
) -> tuple[Evidence, list[EvidenceLinked]]:
    """Rest an entry on a source."""
    source_kind, source_id = source
    evidence = Evidence(
        id=id,
        entry_id=entry_id,
        source_kind=source_kind,
        source_id=source_id,
        journey_id=journey_id,
        organisation_id=organisation_id,
        linked_at=now,
    )
    fact = EvidenceLinked(evidence_id=id, entry_id=entry_id, source_kind=source_kind, source_id=source_id)
    return evidence, [fact]


def includes(readers: Audience, others: Audience) -> bool:
    """Whether everybody among `others` is among `readers`."""
    return others in INCLUDES[readers]


def check_leaks(citations: Iterable[Citation], readers: Mapping[str, Audience], audience: Audience) -> None:
    """Refuse to show something to `audience` that rests openly on evidence not all of them may read.

    Args:
        citations: the evidence the content names.
        readers: who may read each piece, by evidence id. What is missing here is nobody's but its author's.
        audience: who will read the content.

    Raises:
        EvidenceNotForReaders: naming each piece that stands in the way.
    """
    leaking = [
        citation.evidence_id
        for citation in citations
        if not citation.sealed and not includes(readers.get(citation.evidence_id, Audience.PERSONAL), audience)
    ]
    if leaking:
        raise EvidenceNotForReaders(evidence=", ".join(leaking))
