"""Words as they are compared, facets as they are counted, and cursors that belong to one list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from catalog.examples import content
from hypothesis import given
from hypothesis import strategies as st

from missionare.catalog.entry.domain import Content
from missionare.catalog.events import Dimension, EntryKind, Function, Pole, Size, Stage, Topic
from missionare.catalog.reading.domain import (
    FACETS,
    Bits,
    Choice,
    CursorOfAnotherList,
    Hits,
    Place,
    Shelf,
    bits,
    search_terms,
    spellings,
    words_in,
)
from missionare.catalog.reading.views import WordIndex

SECTORS = ["C", "C25", "C28", "F43"]
REGIONS = ["05", "05970", "05970040", "05966"]
NESTED = {"sector", "region"}


def some(of: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(list(of)), max_size=3, unique=True).map(tuple)


contents = st.builds(
    content,
    kind=st.sampled_from(EntryKind),
    pole=st.none() | st.sampled_from(Pole),
    topics=some(Topic),
    functions=some(Function),
    sizes=some(Size),
    sectors=some(SECTORS),
    stages=some(Stage),
    dimension=st.none() | st.sampled_from(Dimension),
    regions=some(REGIONS),
)
choices = st.fixed_dictionaries(
    {},
    optional={
        "kind": some(EntryKind),
        "pole": some(Pole),
        "topic": some(Topic),
        "function": some(Function),
        "size": some(Size),
        "sector": some([*SECTORS, "G46"]),
        "stage": some(Stage),
        "dimension": some(Dimension),
        "region": some([*REGIONS, "05966004"]),
    },
).map(lambda chosen: {name: frozenset(map(str, values)) for name, values in chosen.items()})


def named(content: Content, facet: str) -> tuple[str, ...]:
    """What an entry names, told once more and in the plainest way."""
    return {
        "kind": (str(content.kind),),
        "pole": (str(content.pole),) if content.pole else (),
        "topic": tuple(map(str, content.topics)),
        "function": tuple(map(str, content.functions)),
        "size": tuple(map(str, content.sizes)),
        "sector": content.sectors,
        "stage": tuple(map(str, content.stages)),
        "dimension": (str(content.dimension),) if content.dimension else (),
        "region": content.regions,
    }[facet]


def fits(content: Content, facet: str, value: str) -> bool:
    if facet not in NESTED:
        return value in named(content, facet)
    codes = named(content, facet)
    return not codes or any(code.startswith(value) or value.startswith(code) for code in codes)


def passes(content: Content, chosen: Mapping[str, frozenset[str]]) -> bool:
    return all(any(fits(content, name, value) for value in values) for name, values in chosen.items() if values)


def counted(entries: Mapping[str, Content], chosen: Mapping[str, frozenset[str]]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for facet in (facet.name for facet in FACETS):
        others = {name: values for name, values in chosen.items() if name != facet}
        every = {value for entry in entries.values() for value in named(entry, facet)}
        shown = {
            value: sum(passes(entry, {**others, facet: frozenset({value})}) for entry in entries.values())
            for value in every
        }
        counts[facet] = {value: count for value, count in shown.items() if count}
    return counts


def ids(shelf: Shelf, found: int) -> set[str]:
    return {place.entry_id for place in shelf.newest(found, None)}


@given(st.dictionaries(st.sampled_from([f"e{number:02}" for number in range(30)]), contents), choices)
def test_facets_count_what_going_through_every_entry_would_count(
    entries: dict[str, Content], chosen: dict[str, frozenset[str]]
) -> None:
    shelf, choice = Shelf(), Choice(chosen)
    for entry_id, entry in entries.items():
        shelf.put(entry_id, entry)

    assert ids(shelf, shelf.chosen(choice)) == {name for name, entry in entries.items() if passes(entry, chosen)}
    assert shelf.counts(choice, shelf.everything) == counted(entries, chosen)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | contents), max_size=30), choices)
def test_entries_that_change_or_leave_are_counted_as_they_are_now(
    changes: list[tuple[str, Content | None]], chosen: dict[str, frozenset[str]]
) -> None:
    shelf, now = Shelf(), dict[str, Content]()
    for entry_id, entry in changes:
        if entry is None:
            shelf.remove(entry_id)
            now.pop(entry_id, None)
        else:
            shelf.put(entry_id, entry)
            now[entry_id] = entry

    assert ids(shelf, shelf.everything) == set(now)
    assert shelf.counts(Choice(chosen), shelf.everything) == counted(now, chosen)


def test_an_entry_that_names_no_sector_concerns_every_sector() -> None:
    shelf = Shelf()
    shelf.put("all", content(sectors=()))
    shelf.put("metal", content(sectors=("C25",)))
    shelf.put("industry", content(sectors=("C",)))
    shelf.put("building", content(sectors=("F43",)))

    assert ids(shelf, shelf.chosen(Choice({"sector": frozenset({"C25"})}))) == {"all", "metal", "industry"}
    assert ids(shelf, shelf.chosen(Choice({"sector": frozenset({"C"})}))) == {"all", "metal", "industry"}


def test_an_entry_of_a_district_concerns_its_municipalities() -> None:
    shelf = Shelf()
    shelf.put("district", content(regions=("05970",)))
    shelf.put("town", content(regions=("05970040",)))
    shelf.put("neighbour", content(regions=("05966",)))

    assert ids(shelf, shelf.chosen(Choice({"region": frozenset({"05970040"})}))) == {"district", "town"}
    assert ids(shelf, shelf.chosen(Choice({"region": frozenset({"05970"})}))) == {"district", "town"}


@given(st.sets(st.integers(0, 500)), st.integers(0, 600))
def test_a_set_of_bits_holds_what_was_put_into_it(numbers: set[int], asked: int) -> None:
    assert (asked in Bits(bits(numbers))) == (asked in numbers)


@given(
    st.dictionaries(st.integers(0, 20), st.sampled_from([8.5, 2.0, 0.5])),
    st.sets(st.integers(0, 20)),
    st.none() | st.builds(Place, st.sampled_from([9.0, 8.5, 2.0, 0.25]), st.sampled_from(["e03", "e11", "e20"])),
)
def test_what_fits_best_comes_first_and_of_equal_ones_the_newest(
    scores: dict[int, float], chosen: set[int], behind: Place | None
) -> None:
    shelf = Shelf()
    for number in range(21):
        shelf.put(f"e{number:02}", content())
    hits = sorted(scores.items(), key=lambda hit: -hit[1])  # as the engine gives them: equal ones in any order
    found = chosen & scores.keys()
    places = sorted((Place(scores[number], f"e{number:02}") for number in found), reverse=True)

    shown = shelf.best(Hits([score for _, score in hits], [number for number, _ in hits]), bits(found), behind)

    assert list(shown) == [place for place in places if behind is None or place < behind]


def test_every_entry_that_fits_is_a_hit_and_the_best_come_first() -> None:
    index = WordIndex()
    for portion in ((0, 1), (2, 3), (4, 5)):  # each becomes a part of the index of its own
        for number in portion:
            titled = content(title="Der Schichtplan") if number % 2 else content(title="Die Nachtschicht und der Plan")
            index.put(f"e{number}", number, titled)
        index.commit()
        index.show()
    index.remove("e3")
    index.commit()
    index.show()

    for asked, fitting in ((["schichtplan"], [0, 1, 2, 4, 5]), (["nachtschicht", "plan"], [0, 2, 4])):
        hits = index.hits(asked)
        assert sorted(hits.numbers) == fitting
        assert list(hits.scores) == sorted(hits.scores, reverse=True)
    assert index.hits(["nachtschicht", "schichtplan", "hauberg"]).numbers == []
    assert sorted(index.hits(["nahctschicht"]).numbers) == [0, 2, 4]


@given(st.floats(allow_nan=False, allow_infinity=False), choices, st.text(max_size=20))
def test_a_cursor_leads_back_to_its_place(score: float, chosen: dict[str, frozenset[str]], words: str) -> None:
    choice, place = Choice(chosen, words), Place(score, "0190a0b0-0000-7000-8000-000000000000")

    assert Place.behind(place.cursor(choice), choice) == place
    assert len(place.cursor(choice)) <= 128
    assert quote(place.cursor(choice)) == place.cursor(choice)


@pytest.mark.parametrize(
    "cursor", ["", "x", "~~", "{}~0x0.0p+0", "{}~zzz~id", "{}~0x1p+99999999~id", "{}~1~2~3", "\x00"]
)
def test_a_cursor_that_was_never_given_out_is_refused(cursor: str) -> None:
    choice = Choice({"kind": frozenset({"value"})})

    with pytest.raises(CursorOfAnotherList):
        Place.behind(cursor.format(choice.fingerprint), choice)


def test_a_cursor_of_another_choice_is_refused() -> None:
    cursor = Place(0.0, "e1").cursor(Choice({"kind": frozenset({"value"})}))

    for other in (
        Choice(),
        Choice({"kind": frozenset({"question"})}),
        Choice({"kind": frozenset({"value"})}, "schicht"),
    ):
        with pytest.raises(CursorOfAnotherList):
            Place.behind(cursor, other)


@pytest.mark.parametrize(
    "words", ["Überwachung", "Ueberwachung", "überwachung", "UBERWACHUNG", "u\N{COMBINING DIAERESIS}berwachung"]
)
def test_umlauts_may_be_spelt_out_or_left_out(words: str) -> None:
    assert search_terms(words) == search_terms("Überwachung")
    assert "uberwachung" in spellings(words_in(words)[0])


def test_a_sharp_s_is_a_double_s() -> None:
    assert search_terms("Maßnahme") == search_terms("Massnahme")


@given(st.text())
def test_search_terms_are_plain_words_and_a_second_folding_changes_nothing(text: str) -> None:
    terms = search_terms(text)

    assert all(term.isalnum() for term in terms)
    assert len(set(terms)) == len(terms)
