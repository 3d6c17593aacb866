"""Editions: proposed by a completed journey, published or discarded by a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from missionare.catalog.events import CatalogEditionPublished, CatalogUpdateDiscarded, CatalogUpdateProposed
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.refusals import NotFound, Refusal, Text

EDITION_DUE: Final = "edition_due"
"""The job that proposes an update from what is there; its subject is `edition_key`."""
PATIENCE: Final = timedelta(minutes=10)
"""How long a proposal waits for what a journey announced before it is made from what is there."""


class EditionState(StrEnum):
    """Where an edition stands."""

    PROPOSED = "proposed"
    PUBLISHED = "published"
    DISCARDED = "discarded"


NAME: Text = {"de": "Ausgabe", "en": "Edition"}
ALLOWED: Transitions[EditionState] = {
    EditionState.PROPOSED: frozenset({EditionState.PUBLISHED, EditionState.DISCARDED}),
    EditionState.PUBLISHED: frozenset(),
    EditionState.DISCARDED: frozenset(),
}


class FrozenVersion(BaseModel):
    """One version as an edition lists it; the hash lets anybody check that it is unchanged."""

    model_config = ConfigDict(frozen=True)

    entry_id: str
    number: int
    content_hash: str


class Edition(Aggregate):
    """What one completed journey brings to the catalog; once published, a dated list of versions."""

    state: EditionState
    journey_id: str
    revision: int
    suggestions: int
    entries: int
    """Entries that the suggestions likely touch."""
    proposed_at: datetime
    versions: tuple[FrozenVersion, ...] = ()
    decided_by: str | None = None
    decided_at: datetime | None = None


class EditionUnknown(NotFound):
    """There is no such edition, or it is not public."""

    title: ClassVar[Text] = {"de": "Ausgabe nicht gefunden", "en": "Edition not found"}


class NothingToFreeze(Refusal):
    """No entry is published yet, so the edition would be empty."""

    title: ClassVar[Text] = {"de": "Noch nichts veröffentlicht", "en": "Nothing published yet"}
    text: ClassVar[Text] = {
        "de": "Eine Ausgabe hält die veröffentlichten Fassungen fest; noch ist keine veröffentlicht.",
        "en": "An edition keeps the published versions; none is published yet.",
    }
    next: ClassVar[Text] = {
        "de": "Lassen Sie zuerst einen Eintrag prüfen und veröffentlichen.",
        "en": "Have an entry reviewed and published first.",
    }


def edition_key(journey_id: str, revision: int) -> str:
    """Name what one revision of a journey proposes."""
    return f"{journey_id}:{revision}"


def propose(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    journey_id: str,
    revision: int,
    suggestions: int,
    entries: int,
    now: datetime,
) -> tuple[Edition, list[CatalogUpdateProposed]]:
    """Propose an update from what a journey brought."""
    edition = Edition(
        id=id,
        state=EditionState.PROPOSED,
        journey_id=journey_id,
        revision=revision,
        suggestions=suggestions,
        entries=entries,
        proposed_at=now,
    )
    fact = CatalogUpdateProposed(
        edition_id=id, journey_id=journey_id, revision=revision, suggestions=suggestions, entries=entries
    )
    return edition, [fact]


def publish(
    edition: Edition, *, versions: Sequence[FrozenVersion], editor_id: str, now: datetime
) -> tuple[Edition, list[CatalogEditionPublished]]:
    """Freeze the versions that are public now.

    Raises:
        NothingToFreeze: there is none.
    """
    check_move(ALLOWED, NAME, edition.state, EditionState.PUBLISHED)
    if not versions:
        raise NothingToFreeze
    frozen = edition.changed(
        state=EditionState.PUBLISHED, versions=tuple(versions), decided_by=editor_id, decided_at=now
    )
    return frozen, [CatalogEditionPublished(edition_id=edition.id, entries=len(versions))]


def discard(edition: Edition, *, editor_id: str, now: datetime) -> tuple[Edition, list[CatalogUpdateDiscarded]]:
    """Let the proposal go; its suggestions remain to be decided one by one."""
    check_move(ALLOWED, NAME, edition.state, EditionState.DISCARDED)
    discarded = edition.changed(state=EditionState.DISCARDED, decided_by=editor_id, decided_at=now)
    return discarded, [CatalogUpdateDiscarded(edition_id=edition.id)]
