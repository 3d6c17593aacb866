"""Evidence, as the workshop sees it."""

from __future__ import annotations

from collections.abc import Iterable

from missionare.catalog.evidence.domain import Citation, Evidence
from missionare.catalog.store import workshop
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store


class EvidenceLinks(Store[Evidence]):
    """From entries to their sources."""

    collection = "evidence"
    aggregate = "evidence"
    model = Evidence
    indexes = (Index("entry", ["entry_id", "_id"]),)

    def within(self, scope: Scope) -> Filter:
        """Show evidence to the workshop; readers see it through the entry, unless it is sealed."""
        return workshop(scope)

    async def cited(self, citations: Iterable[Citation], scope: Scope) -> list[Evidence]:
        """Load the evidence that a content names."""
        named = [citation.evidence_id for citation in citations]
        return await self.every({"_id": {"$in": named}}, scope) if named else []
