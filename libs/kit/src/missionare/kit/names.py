"""Finding things by their names: whoever types the beginnings of some words finds what is called so.

Beside each document stand the words of its name in one plain spelling, in an index. What is typed is compared with
them letter by letter; it is never a pattern.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, TypeVar

from fastapi import Query
from pymongo import UpdateOne

from missionare.kit.aggregates import Aggregate
from missionare.kit.mongo import Document, Filter
from missionare.kit.store import NOTHING, Index, Store

A = TypeVar("A", bound=Aggregate)

WORDS: Final = "words"
MOST_WORDS: Final = 8
"""Of what is typed; the rest would narrow down nothing."""
BY_NAME: Final = Index("words", [WORDS, "_id"])
_AT_ONCE: Final = 1_000
_SPELT_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_LAST: Final = "\U0010ffff"

Words = Annotated[
    str | None, Query(max_length=200, description="only those whose name has words that begin with each of these")
]


def words_in(text: str) -> list[str]:
    """Give the words of a text in order, without case and accents, umlauts spelt out: "Müller" is "mueller"."""
    spelt = unicodedata.normalize("NFKC", text.casefold()).translate(_SPELT_OUT)
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(sign))
    return re.findall(r"[^\W_]+", plain)


def called(typed: str | None) -> Filter:
    """Give the filter for what is called so: each word that is typed begins one of its words.

    Where nothing is typed it lets everything through; signs without a word are the name of nothing.
    """
    if typed is None or not typed.strip():
        return {}
    begins: list[Filter] = [
        {WORDS: {"$elemMatch": {"$gte": word, "$lt": word + _LAST}}} for word in words_in(typed)[:MOST_WORDS]
    ]
    return {"$and": begins} if begins else NOTHING


class NamedStore(Store[A]):
    """A store whose documents are found by name: `await store.page(called(typed), scope)`."""

    name_fields: ClassVar[tuple[tuple[str, ...], ...]]
    """Where in a document its name stands, as paths."""

    async def ensure_indexes(self) -> None:
        """Create the missing indexes, and write the words beside what was stored without them."""
        await super().ensure_indexes()
        cursor = self.rows.find({WORDS: None}, {path[0]: 1 for path in self.name_fields})
        while some := await cursor.to_list(_AT_ONCE):
            words = [UpdateOne({"_id": row["_id"], WORDS: None}, {"$set": {WORDS: self._words(row)}}) for row in some]
            await self.rows.bulk_write(words, ordered=False)

    def stored(self, aggregate: Aggregate) -> Document:  # type: ignore[override]
        """Turn the state into the document to store, with the words of its name."""
        document = super().stored(aggregate)
        return {**document, WORDS: self._words(document)}

    def _words(self, document: Mapping[str, Any]) -> list[str]:
        told = " ".join(_at(document, path) for path in self.name_fields)
        return sorted(set(words_in(told)))


def _at(document: Mapping[str, Any], path: tuple[str, ...]) -> str:
    value: Any = document
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
