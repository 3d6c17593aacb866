"""What became different between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

Piece = tuple[Literal["same", "gone", "new"], str]
_WORD = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST = 20_000
"""Characters; beyond that a text is shown as gone and new altogether, because comparing it would take too long."""


def marked(before: str, after: str) -> list[Piece]:
    """Give the later text in pieces, with what is gone and what is new."""
    if before == after:
        return [("same", after)]
    if len(before) + len(after) > LONGEST:
        return [("gone", before), ("new", after)]
    return list(_pieces(_WORD.findall(before), _WORD.findall(after)))


def _pieces(before: list[str], after: list[str]) -> Iterator[Piece]:
    for kind, first, last, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, new = "".join(before[first:last]), "".join(after[begin:end])
        if kind == "equal":
            yield "same", new
            continue
        if gone:
            yield "gone", gone
        if new:
            yield "new", new
