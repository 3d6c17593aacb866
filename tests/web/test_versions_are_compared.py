"""Comparing two versions, word by word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from missionare.web.catalog.differences import LONGEST, marked


def test_only_what_changed_is_marked() -> None:
    assert marked("Nach 72 Stunden.", "Nach 48 Stunden.") == [
        ("same", "Nach "),
        ("gone", "72"),
        ("new", "48"),
        ("same", " Stunden."),
    ]


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_pieces_are_the_two_texts(before: str, after: str) -> None:
    pieces = marked(before, after)

    assert "".join(text for kind, text in pieces if kind != "gone") == after
    assert before == after or "".join(text for kind, text in pieces if kind != "new") == before


def test_texts_too_long_to_compare_are_shown_whole() -> None:
    before, after = "a " * LONGEST, "b " * LONGEST

    assert marked(before, after) == [("gone", before), ("new", after)]
