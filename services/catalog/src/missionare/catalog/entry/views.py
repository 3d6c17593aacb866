"""What everybody may read: published versions only, with exact facets. The place of the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from missionare.catalog.edition.domain import FrozenVersion
from missionare.catalog.entry.domain import EntryUnknown, Published, search_terms
from missionare.catalog.entry.store import PUBLIC
from missionare.catalog.events import EntryKind, Pole, Topic
from missionare.kit.aggregates import Aggregate
from missionare.kit.mongo import Document, Filter
from missionare.kit.store import Page, Scope, Store

DIMENSIONS = {
    "kind": "$published.content.kind",
    "pole": "$published.content.pole",
    "topic": "$published.content.topics",
}
"""What can be narrowed down by, and where it stands in the document."""
WORDS_SEARCHED = 10


class PublishedEntry(Aggregate):
    """An entry as it is public. The model knows nothing of the working copy, so nothing of it can be shown."""

    published: Published


@dataclass(frozen=True)
class Choice:
    """What a reader narrows the catalog down to."""

    kind: EntryKind | None = None
    pole: Pole | None = None
    topic: Topic | None = None
    words: str = ""

    @property
    def where(self) -> Filter:
        """The published entries that fit, as the database is asked."""
        fields = {"kind": self.kind, "pole": self.pole, "topics": self.topic}
        chosen: list[Filter] = [{f"published.content.{name}": value.value} for name, value in fields.items() if value]
        # The beginning of a word matches, by comparison and not by pattern: input never becomes an expression.
        chosen += [
            {"published.terms": {"$elemMatch": {"$gte": word, "$lt": f"{word}\U0010ffff"}}}
            for word in search_terms(self.words)[:WORDS_SEARCHED]
        ]
        return {"$and": [PUBLIC, *chosen]}

    def without(self, dimension: str) -> Choice:
        """Give the choice with one dimension left open."""
        match dimension:
            case "kind":
                return replace(self, kind=None)
            case "pole":
                return replace(self, pole=None)
            case _:
                return replace(self, topic=None)


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

    async def matching(self, choice: Choice, scope: Scope, *, cursor: str | None, limit: int) -> Page[PublishedEntry]:
        """Give one page of the entries that fit, the newest first."""
        return await self.page(choice.where, scope, cursor=cursor, limit=limit, newest_first=True)

    async def facets(self, choice: Choice, scope: Scope) -> dict[str, dict[str, int]]:
        """Count, for every value of a dimension, the entries one would see on choosing it; all in one look.

        The other dimensions and the words stay as chosen.
        """
        branches = {
            dimension: [
                {"$match": self._seen_by(scope, choice.without(dimension).where)},
                {"$unwind": field},
                {"$group": {"_id": field, "entries": {"$sum": 1}}},
            ]
            for dimension, field in DIMENSIONS.items()
        }
        (counted,) = await self.database.aggregate(self.collection, [{"$match": PUBLIC}, {"$facet": branches}])
        return {name: _sorted(groups) for name, groups in counted.items()}

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


def _sorted(groups: Sequence[Document]) -> dict[str, int]:
    counts: list[tuple[Any, int]] = [(group["_id"], group["entries"]) for group in groups if group["_id"] is not None]
    return dict(sorted(counts, key=lambda count: (-count[1], count[0])))
