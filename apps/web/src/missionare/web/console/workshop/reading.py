"""What the console reads of the catalog's workshop."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from missionare.web.catalog.reading import KINDS, POLES
from missionare.web.languages import N_
from missionare.web.services import Read
from missionare.web.visits import Visit

SUGGESTION_STATES: Final[dict[str, tuple[str, str]]] = {
    "open": ("now", N_("zu sichten")),
    "accepted": ("done", N_("angenommen")),
    "merged": ("done", N_("zusammengeführt")),
    "rejected": ("ended", N_("abgelehnt")),
}
DRAFT_STATES: Final[dict[str, tuple[str, str]]] = {
    "draft": ("draft", N_("Entwurf")),
    "in_review": ("held", N_("in der Fachprüfung")),
    "published": ("done", N_("veröffentlicht")),
    "needs_revision": ("alert", N_("zu überarbeiten")),
    "merged": ("ended", N_("zusammengeführt")),
}
EDITION_STATES: Final[dict[str, tuple[str, str]]] = {
    "proposed": ("now", N_("vorgeschlagen")),
    "published": ("done", N_("veröffentlicht")),
    "discarded": ("ended", N_("verworfen")),
}
SOURCES: Final[dict[str, str]] = {"insight": N_("aus einer Erkenntnis"), "goal": N_("aus einem geteilten Ziel")}
Words = dict[str, tuple[str, str]]


def chip(visit: Visit, words: Words, state: str) -> tuple[str, str]:
    """Tone and words of a state."""
    tone, label = words.get(state, ("open", state))
    return tone, visit.say(label)


def kind(visit: Visit, name: str, pole: str | None) -> str:
    """Say what an entry is: "Frage, Herausforderung"."""
    said = visit.say(KINDS.get(name, name))
    return f"{said}, {visit.say(POLES[pole])}" if pole in POLES else said


class Review(Read):
    """A review that was asked for."""

    id: str
    version: int
    state: str
    entry_id: str
    number: int
    authors: tuple[str, ...]
    requested_at: datetime
    comment: str | None = None


class Reviews(Read):
    """A page of reviews."""

    items: tuple[Review, ...]
    next_cursor: str | None = None


class Citation(Read):
    """A piece of evidence that a draft rests on."""

    evidence_id: str
    sealed: bool


class Draft(Read):
    """The working copy of an entry, with everything that saving it again must not lose."""

    id: str
    version: int
    state: str
    kind: str
    pole: str | None = None
    topics: tuple[str, ...]
    functions: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    dimension: str | None = None
    regions: tuple[str, ...] = ()
    title: str
    text: str
    title_en: str | None = None
    text_en: str | None = None
    source: str | None = None
    as_of: date | None = None
    limits: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    authors: tuple[str, ...] = ()
    reason: str = ""
    next_number: int
    published_number: int | None = None
    drafted_at: datetime


class Drafts(Read):
    """A page of drafts."""

    items: tuple[Draft, ...]
    next_cursor: str | None = None


class Evidence(Read):
    """A piece of evidence with whoever may read it now."""

    id: str
    source_kind: str
    sealed: bool
    publishable: bool


class EvidenceList(Read):
    """All evidence of a draft."""

    items: tuple[Evidence, ...]


class Duplicate(Read):
    """An entry that says something similar already."""

    entry_id: str
    title: str
    score: int


class Suggestion(Read):
    """A suggestion."""

    id: str
    version: int
    state: str
    source_kind: str
    kind: str
    pole: str | None = None
    topics: tuple[str, ...]
    text: str | None = None
    raised_at: datetime
    entry_id: str | None = None
    reason: str | None = None
    likely_duplicates: tuple[Duplicate, ...] = ()


class Suggestions(Read):
    """A page of suggestions."""

    items: tuple[Suggestion, ...]
    next_cursor: str | None = None


class Edition(Read):
    """An edition in a list."""

    id: str
    version: int
    state: str
    journey_id: str
    suggestions: int
    entries: int
    proposed_at: datetime


class Editions(Read):
    """A page of editions."""

    items: tuple[Edition, ...]
    next_cursor: str | None = None
