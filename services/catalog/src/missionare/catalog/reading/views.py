"""The search: an index of what is published, held in memory by every process that serves.

It is built from the database and kept up by its changes. Nothing but published contents ever enters it.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, cast

from tantivy import (
    DocAddress,
    Document,
    Filter,
    Index,
    IndexWriter,
    Occur,
    Query,
    SchemaBuilder,
    TextAnalyzer,
    TextAnalyzerBuilder,
    Tokenizer,
)

from missionare.catalog.entry.domain import Content
from missionare.catalog.entry.store import PUBLIC
from missionare.catalog.reading.domain import Choice, Hits, Place, Shelf, bits, spellings, words_in
from missionare.kit.live import LiveView
from missionare.kit.mongo import Database
from missionare.kit.mongo import Filter as Where

WORDS_SEARCHED: Final = 10
PORTION: Final = 200
"""Documents taken in before other requests get their turn."""
WRITER_BYTES: Final = 15_000_000
"""The least that tantivy takes to gather what is not committed yet."""

TRIGRAM: Final = 3
INSIDE_FROM: Final = 4
"""A word of so many letters is found inside other words, one of three at their beginning, a shorter one as itself."""
MISTYPED_FROM: Final = 5
"""A word of so many letters may have a wrong one, where it is found in no other way."""
BEGINNING_FROM: Final = 7
"""A mistyped word of so many letters may be the beginning of a longer one."""
IN_TITLE, IN_TEXT, INSIDE_TITLE, INSIDE_TEXT, MISTYPED = 8.0, 2.0, 2.0, 0.5, 0.25
"""What a find is worth: in the title over in the text, a word in whatever inflection over a part of one."""


@dataclass(frozen=True)
class Found:
    """One page of what was found, with how many there are in all and by facet."""

    entry_ids: list[str]
    next_cursor: str | None
    total: int
    facets: dict[str, dict[str, int]]


class Search(LiveView):
    """Everything published, by words and by facets."""

    name = "search"
    collection = "entries"

    def __init__(self, database: Database) -> None:
        """Begin with nothing published."""
        super().__init__(database)
        self._shelf, self._words = Shelf(), WordIndex()

    async def build(self) -> None:
        """Read all that is published."""
        shelf, words = Shelf(), WordIndex()
        await self._fill(shelf, words, PUBLIC)
        self._shelf, self._words = shelf, words

    async def take_in(self, ids: Collection[str]) -> None:
        """Read anew what is published of these entries; an entry that is public no longer is found no longer."""
        public = await self._fill(self._shelf, self._words, {"$and": [{"_id": {"$in": list(ids)}}, PUBLIC]}, ids)
        for entry_id in set(ids) - public:
            self._shelf.remove(entry_id)

    async def _fill(self, shelf: Shelf, words: WordIndex, where: Where, replaced: Collection[str] = ()) -> set[str]:
        """Put what is published into both, which show it in the same moment; gives the ids."""
        for entry_id in replaced:
            words.remove(entry_id)
        contents: dict[str, Content] = {}
        cursor = self.rows.find(where, {"published.content": 1}, sort=[("_id", 1)], batch_size=PORTION)
        while portion := await cursor.to_list(PORTION):
            for row in portion:
                content = contents[row["_id"]] = Content.model_validate(row["published"]["content"])
                words.put(row["_id"], shelf.number_for(row["_id"]), content)
            await asyncio.sleep(0)
        await asyncio.to_thread(words.commit)
        words.show()
        for entry_id, content in contents.items():
            shelf.put(entry_id, content)
        return set(contents)

    def find(self, choice: Choice, *, cursor: str | None, limit: int) -> Found:
        """Give one page: by relevance where there are words, otherwise the newest first.

        What is found depends on nobody's rights: everything here is public.

        Raises:
            CursorOfAnotherList: the cursor was made for another choice.
        """
        behind = Place.behind(cursor, choice) if cursor else None
        words = words_in(choice.words)[:WORDS_SEARCHED]
        if words:
            hits = self._words.hits(words)
            matching = bits(hits.numbers)
            found = self._shelf.chosen(choice) & matching
            ranked = self._shelf.best(hits, found, behind)
        else:
            matching = self._shelf.everything
            found = self._shelf.chosen(choice)
            ranked = self._shelf.newest(found, behind)
        places = list(islice(ranked, limit + 1))
        return Found(
            entry_ids=[place.entry_id for place in places[:limit]],
            next_cursor=places[limit - 1].cursor(choice) if len(places) > limit else None,
            total=found.bit_count(),
            facets=self._shelf.counts(choice, matching),
        )

    def found_as(self, entry_id: str) -> Content | None:
        """Give the content by which an entry is found now, or None; it may be a moment behind the database."""
        return self._shelf.content_of(entry_id)


class WordIndex:
    """The words of contents: as they are inflected, as parts of longer ones, and with one letter wrong.

    What is asked is made into terms here, word by word; no syntax of the engine is ever read from it.
    """

    def __init__(self) -> None:
        """Begin empty, in memory."""
        fields = SchemaBuilder().add_text_field("id", tokenizer_name="raw", index_option="basic")
        fields.add_unsigned_field("number", fast=True)
        for name, tokenizer in _FIELDS.items():
            fields.add_text_field(name, tokenizer_name=tokenizer)
        self._schema = fields.build()
        self._index = Index(self._schema)
        for name, analyzer in _ANALYZERS.items():
            self._index.register_tokenizer(name, analyzer)
        self._searcher = self._index.searcher()

    @cached_property
    def _writer(self) -> IndexWriter:
        # It has threads and memory of its own, which a process that finds nothing published does without.
        return self._index.writer(heap_size=WRITER_BYTES, num_threads=1)

    def put(self, entry_id: str, number: int, content: Content) -> None:
        """Add an entry, of which nothing is left; shown after `commit` and `show`."""
        title, text = _spelt(content.title), _spelt(content.text)
        title_en, text_en = _spelt(content.title_en or ""), _spelt(content.text_en or "")
        source = _spelt(content.source or "")
        said = {
            "id": entry_id,
            "number": number,
            "title": " ".join(title),
            "title_en": " ".join(title_en),
            "text": " ".join([*text, *source]),
            "text_en": " ".join(text_en),
            "title_parts": _trigrams([*title, *title_en]),
            "text_parts": _trigrams([*text, *text_en, *source]),
            "words": " ".join(dict.fromkeys([*title, *title_en, *text, *text_en, *source])),
        }
        self._writer.add_document(Document.from_dict(said, self._schema))

    def remove(self, entry_id: str) -> None:
        """Take an entry away, if it is there."""
        self._writer.delete_documents_by_term("id", entry_id)

    def commit(self) -> None:
        """Make what was put searchable; it computes, so it is called in a thread."""
        self._writer.commit()
        self._index.reload()
        _give_back()

    def show(self) -> None:
        """Search in what was committed from now on."""
        self._searcher = self._index.searcher()

    def hits(self, words: Sequence[str]) -> Hits:
        """Give score and number of every entry that all of the words fit, the best first.

        Articles and the like count only where nothing else is asked for.
        """
        telling = [word for word in words if _GERMAN_TELLING.analyze(word) and _ENGLISH_TELLING.analyze(word)] or words
        # Where all of them fit together, each of them fits somewhere, and no letter need be forgiven.
        hits = self._fit_all(map(self._fitting, telling)) or self._fit_all(map(self._forgiving, telling))
        numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        return Hits([score for score, _ in hits], cast("list[int]", numbers))

    def _fit_all(self, queries: Iterable[Query]) -> list[tuple[float, DocAddress]]:
        every = Query.boolean_query([(Occur.Must, query) for query in queries])
        return self._searcher.search(every, limit=max(1, self._searcher.num_docs), count=False).hits

    def _fitting(self, word: str) -> Query:
        return _any(way for spelling in spellings(word) for way in self._ways(spelling))

    def _forgiving(self, word: str) -> Query:
        """Fit with one letter wrong, where a long word fits in no other way."""
        fitting = self._fitting(word)
        if len(word) < MISTYPED_FROM or self._searcher.search(fitting, limit=1, count=False).hits:
            return fitting
        return _any(self._mistyped(spelling) for spelling in spellings(word))

    def _ways(self, word: str) -> Iterator[Query]:
        """Give the ways in which a word fits: in any inflection, and inside or at the beginning of others."""
        german, english = _stem(_GERMAN, word), _stem(_ENGLISH, word)
        yield self._term("title", german, IN_TITLE)
        yield self._term("title_en", english, IN_TITLE)
        yield self._term("text", german, IN_TEXT)
        yield self._term("text_en", english, IN_TEXT)
        part = german if len(german) >= INSIDE_FROM else word
        if len(part) >= INSIDE_FROM:
            yield self._inside("title_parts", part, INSIDE_TITLE)
            yield self._inside("text_parts", part, INSIDE_TEXT)
        elif len(part) == TRIGRAM:
            beginning = Query.fuzzy_term_query(self._schema, "words", part, distance=0, prefix=True)
            yield Query.const_score_query(beginning, INSIDE_TEXT)

    def _term(self, field: str, stem: str, worth: float) -> Query:
        return Query.boost_query(Query.term_query(self._schema, field, stem), worth)

    def _inside(self, field: str, part: str, worth: float) -> Query:
        # Trigrams stand in the order of the word and never go over its end, so the phrase is the part itself.
        phrase: list[str | tuple[int, str]] = [*_trigrams_of(part)]
        return Query.const_score_query(Query.phrase_query(self._schema, field, phrase), worth)

    def _mistyped(self, word: str) -> Query:
        alike = Query.fuzzy_term_query(
            self._schema, "words", word, distance=1, transposition_cost_one=True, prefix=len(word) >= BEGINNING_FROM
        )
        return Query.const_score_query(alike, MISTYPED)


_GERMAN: Final = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("german")).build()
_ENGLISH: Final = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stemmer("english")).build()
_PLAIN: Final = TextAnalyzerBuilder(Tokenizer.whitespace()).build()
_GERMAN_TELLING: Final = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stopword("german")).build()
_ENGLISH_TELLING: Final = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.stopword("english")).build()
_ANALYZERS: Final = {"german": _GERMAN, "english": _ENGLISH, "plain": _PLAIN}
_FIELDS: Final = {
    "title": "german",
    "title_en": "english",
    "text": "german",
    "text_en": "english",
    "title_parts": "plain",
    "text_parts": "plain",
    "words": "plain",
}
_END_OF_WORD: Final = "|"


def _give_back() -> None:
    """Give memory that is free back to the system, where glibc runs; elsewhere nothing happens.

    Every commit begins threads that free what they took in arenas of their own, and glibc keeps those: measured, a
    megabyte in ten publications, without end. This takes milliseconds and is called in a thread.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _any(ways: Iterable[Query]) -> Query:
    """Fit in any of the ways; the best one counts, so that a long text is worth no more for its length."""
    return Query.disjunction_max_query(list(ways))


def _stem(analyzer: TextAnalyzer, word: str) -> str:
    return analyzer.analyze(word)[0]


def _spelt(text: str) -> list[str]:
    return [spelling for word in words_in(text) for spelling in spellings(word)]


def _trigrams(words: Iterable[str]) -> str:
    return " ".join(sign for word in dict.fromkeys(words) for sign in (*_trigrams_of(word), _END_OF_WORD))


def _trigrams_of(word: str) -> list[str]:
    return [word[start : start + TRIGRAM] for start in range(len(word) - TRIGRAM + 1)]
