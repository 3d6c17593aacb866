"""What readers narrow the catalog down by: words as they are compared, facets, and how many entries each has."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import ClassVar, Final, NamedTuple

from missionare.catalog.entry.domain import Content
from missionare.kit.refusals import Invalid, Text

_ONE: Final = ord("1")
_UMLAUTS: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"))


def words_in(text: str) -> list[str]:
    """Give the words of a text in order, without case, accents and umlauts: "Maß" and "Mass" are one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def spellings(word: str) -> tuple[str, ...]:
    """Give a word, and what it is where its `ae` was written for `ä`: "ueberwachung" is "uberwachung", too."""
    shorter = word
    for spelt_out, letter in _UMLAUTS:
        shorter = shorter.replace(spelt_out, letter)
    return (word,) if shorter == word else (word, shorter)


def search_terms(text: str) -> tuple[str, ...]:
    """Give the words of a text in their shortest spelling, each once, in order, to compare two texts.

    "Überwachung", "Ueberwachung" and "uberwachung" are the same word; so are "Maß" and "Mass".
    """
    return tuple(dict.fromkeys(spellings(word)[-1] for word in words_in(text)))


@dataclass(frozen=True)
class Facet:
    """One way to narrow the catalog down."""

    name: str
    values: Callable[[Content], Sequence[str]]
    """What an entry names."""
    nested: bool = False
    """Codes of which the longer ones lie inside the shorter ones. Who names none means all of them."""


FACETS: Final = (
    Facet("kind", lambda content: (content.kind,)),
    Facet("pole", lambda content: (content.pole,) if content.pole else ()),
    Facet("topic", lambda content: content.topics),
    Facet("function", lambda content: content.functions),
    Facet("size", lambda content: content.sizes),
    Facet("sector", lambda content: content.sectors, nested=True),
    Facet("stage", lambda content: content.stages),
    Facet("dimension", lambda content: (content.dimension,) if content.dimension else ()),
    Facet("region", lambda content: content.regions, nested=True),
)


@dataclass(frozen=True)
class Choice:
    """What a reader narrows the catalog down to: of each facet any of the values chosen, and all of the words."""

    values: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By the facet's name; a facet without values is left open."""
    words: str = ""

    @property
    def fingerprint(self) -> str:
        """Tell this choice from every other; the order in which it was made says nothing."""
        chosen = {name: sorted(values) for name, values in sorted(self.values.items()) if values}
        told = json.dumps([chosen, search_terms(self.words)], separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()[:12]


class CursorOfAnotherList(Invalid):
    """The cursor was given out for another choice, so nobody can say where it goes on here."""

    field: ClassVar[str] = "cursor"
    title: ClassVar[Text] = {"de": "Fortsetzung passt nicht", "en": "Cursor of another list"}
    text: ClassVar[Text] = {
        "de": "Diese Fortsetzung („cursor“) gehört zu einer anderen Suche oder Auswahl.",
        "en": "This cursor belongs to another search or selection.",
    }
    next: ClassVar[Text] = {
        "de": "Beginnen Sie die Liste von vorn: dieselbe Adresse ohne „cursor“.",
        "en": "Begin the list anew: the same address without `cursor`.",
    }


class Place(NamedTuple):
    """Where an entry stands in a list: the better the higher, and of two equal ones the newer."""

    score: float
    entry_id: str

    def cursor(self, choice: Choice) -> str:
        """Give the cursor of the page that begins behind this place."""
        score = self.score.hex().replace("+", "")  # in an address a plus is a space
        return f"{choice.fingerprint}~{score}~{self.entry_id}"

    @classmethod
    def behind(cls, cursor: str, choice: Choice) -> Place:
        """Read a cursor.

        Raises:
            CursorOfAnotherList: it was made for another choice, or by nobody.
        """
        fingerprint, *place = cursor.split("~")
        if fingerprint != choice.fingerprint:
            raise CursorOfAnotherList
        try:
            score, entry_id = place
            return cls(float.fromhex(score), entry_id)
        except (ValueError, OverflowError):
            raise CursorOfAnotherList from None


@dataclass(frozen=True)
class Hits:
    """What words fit, the best first. Most of it is counted and never looked at, so it stands in two columns."""

    scores: Sequence[float]
    numbers: Sequence[int]


class Shelf:
    """Which published entry has which values, as sets of bits: counting costs microseconds, whatever is chosen.

    Every entry has a number, and keeps it; the bit of that number stands for it. An integer is a whole set of entries.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self.everything = 0
        self._numbers: dict[str, int] = {}
        self._ids: list[str] = []
        """By number; those that were taken away keep their place."""
        self._order: list[str] = []
        """Ids in the order of creation."""
        self._contents: dict[int, Content] = {}
        self._having: dict[str, defaultdict[str, int]] = {facet.name: defaultdict(int) for facet in FACETS}
        self._naming_none: dict[str, int] = dict.fromkeys(self._having, 0)

    def number_for(self, entry_id: str) -> int:
        """Give the number that an entry has, or will have once it is put."""
        number = self._numbers.get(entry_id)
        if number is None:
            number = self._numbers[entry_id] = len(self._ids)
            self._ids.append(entry_id)
        return number

    def put(self, entry_id: str, content: Content) -> None:
        """Add an entry, or replace what it says."""
        number = self.number_for(entry_id)
        if number in self._contents:
            self._forget_values(number)
        else:
            insort(self._order, entry_id)
        self._contents[number] = content
        self.everything |= 1 << number
        for facet in FACETS:
            values = facet.values(content)
            for value in values:
                self._having[facet.name][value] |= 1 << number
            if not values:
                self._naming_none[facet.name] |= 1 << number

    def remove(self, entry_id: str) -> None:
        """Take an entry away, if it is there."""
        number = self._numbers.pop(entry_id, None)
        if number not in self._contents:
            return
        self._forget_values(number)
        del self._contents[number]
        self._order.remove(entry_id)
        self.everything &= ~(1 << number)

    def content_of(self, entry_id: str) -> Content | None:
        """Give what an entry says here, or None."""
        number = self._numbers.get(entry_id)
        return None if number is None else self._contents.get(number)

    def chosen(self, choice: Choice, *, leaving_open: str = "") -> int:
        """Give the entries that every chosen facet lets pass; the words are not looked at."""
        found = self.everything
        for facet in FACETS:
            values = choice.values.get(facet.name)
            if values and facet.name != leaving_open:
                found &= self._with_any(facet, values)
        return found

    def counts(self, choice: Choice, matching: int) -> dict[str, dict[str, int]]:
        """Count, for every value of a facet, the entries one would see on choosing it alone of its facet.

        Args:
            choice: the other facets stay as chosen.
            matching: the entries that the words fit.
        """
        return {
            facet.name: self._counted(facet, self.chosen(choice, leaving_open=facet.name) & matching)
            for facet in FACETS
        }

    def newest(self, found: int, behind: Place | None) -> Iterator[Place]:
        """Go through the entries that were found, the newest first, beginning behind a place."""
        among = Bits(found)
        end = len(self._order) if behind is None else bisect_left(self._order, behind.entry_id)
        for position in range(end - 1, -1, -1):
            entry_id = self._order[position]
            if self._numbers[entry_id] in among:
                yield Place(0.0, entry_id)

    def best(self, hits: Hits, found: int, behind: Place | None) -> Iterator[Place]:
        """Go through the entries that were found, the best first and of equal ones the newest, from behind a place."""
        among = Bits(found)
        for score, alike in groupby(zip(hits.scores, hits.numbers, strict=True), key=itemgetter(0)):
            if behind is not None and score > behind.score:
                continue
            ids = sorted((self._ids[number] for _, number in alike if number in among), reverse=True)
            places = (Place(score, entry_id) for entry_id in ids)
            yield from places if behind is None else (place for place in places if place < behind)

    def _forget_values(self, number: int) -> None:
        others = ~(1 << number)
        for facet in FACETS:
            having = self._having[facet.name]
            for value in facet.values(self._contents[number]):
                having[value] &= others
                if not having[value]:
                    del having[value]
            self._naming_none[facet.name] &= others

    def _with_any(self, facet: Facet, values: frozenset[str]) -> int:
        found = 0
        for value in values:
            found |= self._with(facet, value)
        return found

    def _with(self, facet: Facet, value: str) -> int:
        having = self._having[facet.name]
        if not facet.nested:
            return having.get(value, 0)
        found = self._naming_none[facet.name]
        for named, entries in having.items():
            if named.startswith(value) or value.startswith(named):
                found |= entries
        return found

    def _counted(self, facet: Facet, among: int) -> dict[str, int]:
        counts = {str(value): (self._with(facet, value) & among).bit_count() for value in self._having[facet.name]}
        shown = [(value, count) for value, count in counts.items() if count]
        return dict(sorted(shown, key=lambda counted: (-counted[1], counted[0])))


class Bits:
    """A set of numbers, to ask about many of them."""

    def __init__(self, found: int) -> None:
        """Hold the numbers of the bits that are set."""
        self._bytes = found.to_bytes((found.bit_length() + 7) // 8, "little")

    def __contains__(self, number: int) -> bool:
        """Whether the bit of this number is set."""
        place = number >> 3
        return place < len(self._bytes) and bool(self._bytes[place] >> (number & 7) & 1)


def bits(numbers: Collection[int]) -> int:
    """Give the set that holds these numbers."""
    if not numbers:
        return 0
    # One sign for each bit, read as a number: of a search that finds thousands, this is the part done for every hit.
    signs = bytearray(b"0") * (max(numbers) + 1)
    for number in numbers:
        signs[number] = _ONE
    signs.reverse()
    return int(signs, 2)
