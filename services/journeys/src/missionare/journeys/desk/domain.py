"""What a host is shown of insights: the text and nothing that tells who wrote it."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

from missionare.journeys.events import Audience
from missionare.journeys.insight.domain import HOST_CHOICES, Insight

WANTED: Final = "wanted"
"""Stands for the author's own choice of readers where its name would tell what the author is."""


def shown_as(audience: Audience) -> str:
    """Name readers to a host. That only an employee representation may read a text tells who wrote it."""
    return audience.value if audience in HOST_CHOICES else WANTED


def chosen(insight: Insight, named: str) -> Audience:
    """Give the readers that a host means.

    Raises:
        ValueError: there are none of this name.
    """
    return insight.wanted if named == WANTED else Audience(named)


def inked(text: str, redaction: str | None) -> tuple[str, ...]:
    """Give a text in the pieces that readers see; between two of them the host has struck something out.

    What was struck is in none of them. Words that the host put in its place stand where it stood.
    """
    if redaction is None:
        return (text,)
    before, after = text.split(), redaction.split()
    pieces: list[list[str]] = [[]]
    for kind, _, _, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "delete":
            pieces.append([])
        pieces[-1].extend(after[begin:end])
    return tuple(" ".join(piece) for piece in pieces)
