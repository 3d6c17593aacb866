"""Suggestions: states, and one function per decision."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from missionare.catalog.events import (
    EntryKind,
    Pole,
    SourceKind,
    SuggestionAccepted,
    SuggestionMerged,
    SuggestionRaised,
    SuggestionRejected,
    Topic,
)
from missionare.catalog.source.domain import Source
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.refusals import NotFound, Refusal, Text


class SuggestionState(StrEnum):
    """Where a suggestion stands; what is decided stays decided."""

    OPEN = "open"
    ACCEPTED = "accepted"
    MERGED = "merged"
    REJECTED = "rejected"


NAME: Text = {"de": "Vorschlag", "en": "Suggestion"}
ALLOWED: Transitions[SuggestionState] = {
    SuggestionState.OPEN: frozenset({SuggestionState.ACCEPTED, SuggestionState.MERGED, SuggestionState.REJECTED}),
    SuggestionState.ACCEPTED: frozenset(),
    SuggestionState.MERGED: frozenset(),
    SuggestionState.REJECTED: frozenset(),
}


class Suggestion(Aggregate):
    """One source proposed as one kind of entry."""

    state: SuggestionState
    source_kind: SourceKind
    source_id: str
    journey_id: str | None
    organisation_id: str | None
    kind: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    text: str | None
    """As its owner gave it; None while the owner no longer lets the catalog read it."""
    likely_entries: tuple[str, ...]
    """Entries that resembled it when it was raised, the most similar first."""
    raised_at: datetime
    entry_id: str | None = None
    reason: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None


class SuggestionUnknown(NotFound):
    """There is no such suggestion, or the caller may not see it."""

    title: ClassVar[Text] = {"de": "Vorschlag nicht gefunden", "en": "Suggestion not found"}


class SourceWithdrawn(Refusal):
    """The owner of the source no longer lets the catalog read it. Reject the suggestion, or wait."""

    title: ClassVar[Text] = {"de": "Quelle zurückgezogen", "en": "Source withdrawn"}
    text: ClassVar[Text] = {
        "de": "Die Quelle dieses Vorschlags ist derzeit nicht freigegeben; er kann nicht übernommen werden.",
        "en": "The source of this suggestion is not released at present; it cannot be taken over.",
    }
    next: ClassVar[Text] = {
        "de": "Lehnen Sie den Vorschlag ab, oder warten Sie, bis die Quelle wieder freigegeben ist.",
        "en": "Reject the suggestion, or wait until the source is released again.",
    }


def suggest(
    source: Source,
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    text: str,
    journey_id: str | None,
    organisation_id: str | None,
    likely_entries: tuple[str, ...],
    now: datetime,
) -> tuple[Suggestion, list[SuggestionRaised]]:
    """Raise a suggestion from a source; whoever calls this has made sure there is none yet."""
    suggestion = Suggestion(
        id=id,
        state=SuggestionState.OPEN,
        source_kind=source.source_kind,
        source_id=source.source_id,
        journey_id=journey_id,
        organisation_id=organisation_id,
        kind=source.kind,
        pole=source.pole,
        topics=source.topics,
        text=text,
        likely_entries=likely_entries,
        raised_at=now,
    )
    fact = SuggestionRaised(
        suggestion_id=id,
        source_kind=source.source_kind,
        source_id=source.source_id,
        journey_id=journey_id,
        kind=source.kind,
        topics=source.topics,
        pole=source.pole,
    )
    return suggestion, [fact]


def retell(suggestion: Suggestion, text: str | None) -> Suggestion:
    """Take over what the source says now, in whatever state: a withdrawn text must not be kept here."""
    return suggestion.changed(text=text)


def accept(
    suggestion: Suggestion, *, entry_id: str, editor_id: str, now: datetime
) -> tuple[Suggestion, list[SuggestionAccepted]]:
    """Turn it into the new entry `entry_id`."""
    decided = _taken_over(suggestion, SuggestionState.ACCEPTED, entry_id, editor_id, now)
    return decided, [SuggestionAccepted(suggestion_id=suggestion.id, entry_id=entry_id)]


def merge(
    suggestion: Suggestion, *, entry_id: str, editor_id: str, now: datetime
) -> tuple[Suggestion, list[SuggestionMerged]]:
    """Let it support the existing entry `entry_id`."""
    decided = _taken_over(suggestion, SuggestionState.MERGED, entry_id, editor_id, now)
    return decided, [SuggestionMerged(suggestion_id=suggestion.id, entry_id=entry_id)]


def reject(
    suggestion: Suggestion, *, reason: str, editor_id: str, now: datetime
) -> tuple[Suggestion, list[SuggestionRejected]]:
    """Decline it for a reason that its author may read."""
    check_move(ALLOWED, NAME, suggestion.state, SuggestionState.REJECTED)
    decided = suggestion.changed(state=SuggestionState.REJECTED, reason=reason, decided_by=editor_id, decided_at=now)
    return decided, [SuggestionRejected(suggestion_id=suggestion.id)]


def _taken_over(
    suggestion: Suggestion, state: SuggestionState, entry_id: str, editor_id: str, now: datetime
) -> Suggestion:
    check_move(ALLOWED, NAME, suggestion.state, state)
    if suggestion.text is None:
        raise SourceWithdrawn
    return suggestion.changed(state=state, entry_id=entry_id, decided_by=editor_id, decided_at=now)
