"""Who may do what in the catalog's workshop, and what its requests have in common."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints

from missionare.catalog.events import Dimension, EntryKind, Function, Pole, Size, Stage, Topic
from missionare.kit.answers import Answer
from missionare.kit.callers import Caller
from missionare.kit.refusals import Forbidden
from missionare.kit.routes import Body, Policy
from missionare.kit.store import MAX_PAGE

EDITORS = Policy.roles("editor")
REVIEWERS = Policy.roles("reviewer")
WORKSHOP = EDITORS | REVIEWERS | Policy.roles("operator")
"""Who may look at what is not public; deciding is for editors and reviewers."""
IMPORTERS = EDITORS | Policy.roles("operator")
"""Who may bring a file of entries: what comes of it still needs somebody else's review."""

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200, pattern=r"^[^\r\n]*$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\r\n]*$")]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8_000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=1_000)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Named = Annotated[list[Reference] | None, Query(max_length=MAX_PAGE, description="only those with these ids")]
Topics = Annotated[tuple[Topic, ...], Field(min_length=1, max_length=len(Topic))]
Sector = Annotated[str, StringConstraints(pattern=r"^[A-U][0-9]{0,2}$", max_length=3)]
"""A section or division of the classification WZ 2008: `C`, `C25`."""
Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}([0-9]{3}([0-9]{3})?)?$", max_length=8)]
"""The official key (AGS) of a state, district or municipality: `05`, `05970`, `05970040`."""
MOST_CODES = 100
"""Sectors or regions that one entry names at the most."""


class Classified(Body):
    """Whom an entry concerns, where it comes from, and its English words: said alike in a draft and in a file."""

    pole: Pole | None = None
    functions: Annotated[tuple[Function, ...], Field(max_length=len(Function))] = ()
    sizes: Annotated[tuple[Size, ...], Field(max_length=len(Size))] = ()
    sectors: Annotated[tuple[Sector, ...], Field(max_length=MOST_CODES)] = ()
    stages: Annotated[tuple[Stage, ...], Field(max_length=len(Stage))] = ()
    dimension: Dimension | None = None
    regions: Annotated[tuple[Region, ...], Field(max_length=MOST_CODES)] = ()
    source: Line | None = None
    as_of: date | None = None
    title_en: Title | None = None
    text_en: Prose | None = None


class Said(Answer):
    """What an entry says. Title and text are German; the English ones are null until they have been translated."""

    kind: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    functions: tuple[Function, ...]
    sizes: tuple[Size, ...]
    sectors: tuple[str, ...]
    """None named: all of them."""
    stages: tuple[Stage, ...]
    dimension: Dimension | None
    regions: tuple[str, ...]
    """None named: all of them."""
    title: str
    text: str
    title_en: str | None
    text_en: str | None
    source: str | None
    as_of: date | None


def person_of(caller: Caller) -> str:
    """Give the person who acts. Four eyes need two people, so a key without a person decides nothing here.

    Raises:
        Forbidden: the caller is no person and stands for none.
    """
    if caller.person_id is None:
        raise Forbidden
    return caller.person_id
