"""What everybody may read: published versions only."""

from __future__ import annotations

from collections.abc import Sequence

from missionare.catalog.edition.domain import FrozenVersion
from missionare.catalog.entry.domain import EntryUnknown, Inherited, Published
from missionare.catalog.entry.store import MERGED, PUBLIC
from missionare.catalog.events import EntryKind, Topic
from missionare.kit.aggregates import Aggregate
from missionare.kit.mongo import Filter
from missionare.kit.store import Scope, Store


class PublishedEntry(Aggregate):
    """An entry as it is public. The model knows nothing of the working copy, so nothing of it can be shown."""

    published: Published
    inherited: tuple[Inherited, ...] = ()


class MergedEntry(Aggregate):
    """An entry for which another one speaks."""

    merged_into: str


class MergedEntries(Store[MergedEntry]):
    """Where the readers of merged entries are led. It is only read."""

    collection = "entries"
    aggregate = "entry"
    model = MergedEntry
    unknown = EntryUnknown

    def within(self, scope: Scope) -> Filter:
        """Show what was public before it was merged, to everybody alike."""
        del scope
        return MERGED

    async def led_on(self, entry_ids: Sequence[str], scope: Scope) -> list[str]:
        """Give the entries that speak for these now, each once, in this order.

        It comes to an end: an entry is merged into a public one, and stays merged, so no chain is a ring.
        """
        ids = list(entry_ids)
        while found := await self.every({"_id": {"$in": ids}}, scope):
            into = {entry.id: entry.merged_into for entry in found}
            ids = [into.get(entry_id, entry_id) for entry_id in ids]
        return list(dict.fromkeys(ids))


class PublishedEntries(Store[PublishedEntry]):
    """The public side of the entries. It is only read."""

    collection = "entries"
    aggregate = "entry"
    model = PublishedEntry
    unknown = EntryUnknown

    def within(self, scope: Scope) -> Filter:
        """Show what is published, to everybody alike."""
        del scope
        return PUBLIC

    async def listed(self, entry_ids: Sequence[str], scope: Scope) -> list[PublishedEntry]:
        """Give these entries in this order, without those that are public no longer."""
        found = {entry.id: entry for entry in await self.every({"_id": {"$in": list(entry_ids)}}, scope)}
        return [found[entry_id] for entry_id in entry_ids if entry_id in found]

    async def questions(self, topics: Sequence[Topic], limit: int, scope: Scope) -> list[PublishedEntry]:
        """Give published questions on any of the topics: those on most of them first, then the newest."""
        where = {
            "published.content.kind": EntryKind.QUESTION.value,
            "published.content.topics": {"$in": [topic.value for topic in topics]},
        }
        found = await self.every({"$and": [PUBLIC, where]}, scope, sort=[("_id", -1)])
        wanted = set(topics)
        found.sort(key=lambda entry: len(wanted.intersection(entry.published.content.topics)), reverse=True)
        return found[:limit]

    async def frozen(self, scope: Scope) -> list[FrozenVersion]:
        """List every version that is public now, in a stable order."""
        fields = {"published.number": 1, "published.content_hash": 1}
        cursor = self.rows.find(self._seen_by(scope, PUBLIC), fields, sort=[("_id", 1)])
        return [
            FrozenVersion(
                entry_id=row["_id"], number=row["published"]["number"], content_hash=row["published"]["content_hash"]
            )
            for row in await cursor.to_list(None)
        ]
