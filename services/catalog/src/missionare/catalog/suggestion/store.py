"""Suggestions, as the workshop sees them."""

from __future__ import annotations

from missionare.catalog.events import EntryKind
from missionare.catalog.source.domain import Source
from missionare.catalog.store import workshop
from missionare.catalog.suggestion.domain import Suggestion, SuggestionUnknown
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store


class Suggestions(Store[Suggestion]):
    """One per source and kind of entry; the database itself refuses a second."""

    collection = "suggestions"
    aggregate = "suggestion"
    model = Suggestion
    unknown = SuggestionUnknown
    indexes = (
        Index("once", ["source_kind", "source_id", "kind"], unique=True),
        Index("state", ["state", "_id"]),
        Index("journey", ["journey_id", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show suggestions to the workshop."""
        return workshop(scope)

    async def raised_from(self, source: Source, kind: EntryKind, scope: Scope) -> Suggestion | None:
        """Give what was raised from a source as this kind, or None."""
        where = {"source_kind": source.source_kind.value, "source_id": source.source_id, "kind": kind.value}
        return await self.first(where, scope)

    async def touched_by(self, journey_id: str, scope: Scope) -> list[str]:
        """Give the entries that a journey's suggestions resembled, each once."""
        where = self._seen_by(scope, {"journey_id": journey_id})
        return [str(entry_id) for entry_id in await self.rows.distinct("likely_entries", where)]
