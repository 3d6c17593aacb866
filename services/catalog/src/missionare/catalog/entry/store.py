"""Entries with their working copies, as the workshop sees them, and their published versions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from missionare.catalog.entry.domain import Entry, EntryUnknown, Version
from missionare.catalog.store import inside, workshop
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store

PUBLIC: Filter = {"published.number": {"$gte": 1}}
MERGED: Filter = {"merged_into": {"$gt": ""}}
MOST_KEYED: Final = 10_000
"""More keys than one import can name."""


class Entries(Store[Entry]):
    """Whole entries, drafts included. What everybody may read is in `views.PublishedEntries`."""

    collection = "entries"
    aggregate = "entry"
    model = Entry
    unknown = EntryUnknown
    indexes = (
        Index("state", ["state", "_id"]),
        Index("key", ["key"], unique=True, where={"key": {"$gt": ""}}),
        Index("public_topics", ["published.content.topics", "_id"], where=PUBLIC),
        Index("public_kind", ["published.content.kind", "_id"], where=PUBLIC),
    )

    def within(self, scope: Scope) -> Filter:
        """Show working copies to the workshop."""
        return workshop(scope)

    async def keyed(self, keys: Iterable[str], scope: Scope) -> dict[str, Entry]:
        """Give the entries that files know by these keys, by key."""
        found = await self.every({"key": {"$in": sorted(set(keys))}}, scope, limit=MOST_KEYED)
        return {str(entry.key): entry for entry in found}


class Versions(Store[Version]):
    """Published versions. A version is saved once, with its publication, and never again."""

    collection = "versions"
    aggregate = "version"
    model = Version
    indexes = (Index("once", ["entry_id", "number"], unique=True), Index("entry", ["entry_id", "_id"]))

    def within(self, scope: Scope) -> Filter:
        """Show to everybody: what was public once stays readable; who wrote it is the workshop's."""
        del scope
        return {}

    @staticmethod
    def names_people_to(scope: Scope) -> bool:
        """Whether authors and reviewer are shown."""
        return inside(scope)
