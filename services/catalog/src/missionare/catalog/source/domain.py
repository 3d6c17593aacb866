"""What an insight or a goal of another service means for the catalog."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from missionare.catalog.events import EntryKind, Pole, SourceKind, Topic
from missionare.catalog.evidence.domain import Audience

GATHER: Final = "gather"
"""The job that looks at everything a journey brought; its subject is the journey."""
SUGGEST: Final = "suggest"
"""The job that fetches a source's text and raises its suggestion; its subject is the source's key."""


class InsightKind(StrEnum):
    """How the author of an insight classed it at the stop."""

    PRACTICE = "practice"
    CHALLENGE = "challenge"
    SUCCESS_FACTOR = "success_factor"
    PITFALL = "pitfall"
    QUESTION = "question"


class Stage(StrEnum):
    """How far a source has come on its way to a suggestion."""

    KEPT = "kept"
    """Known from its fact; its text has not been asked for since."""
    ASKED = "asked"
    """Its journey is completed, and a job is fetching the text."""
    HANDLED = "handled"
    """Its suggestion says what the source says now."""


BECOMES: dict[InsightKind, tuple[EntryKind, Pole | None]] = {
    InsightKind.PRACTICE: (EntryKind.BEST_PRACTICE, Pole.OPPORTUNITY),
    InsightKind.SUCCESS_FACTOR: (EntryKind.BEST_PRACTICE, Pole.OPPORTUNITY),
    InsightKind.CHALLENGE: (EntryKind.QUESTION, Pole.CHALLENGE),
    InsightKind.PITFALL: (EntryKind.QUESTION, Pole.CHALLENGE),
    InsightKind.QUESTION: (EntryKind.QUESTION, None),
}
"""What an insight is proposed as. The editor may choose otherwise."""


class Source(BaseModel):
    """One insight or goal as far as facts have told of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source_kind: SourceKind
    source_id: str
    kind: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    audience: Audience
    offered: bool
    """Whether its owner lets the catalog read it now."""
    stage: Stage
    stamp: str
    """The id of the fact that told this last: what a job read is only marked handled if it is still the same."""
    journey_id: str | None = None
    organisation_id: str | None = None

    @property
    def key(self) -> str:
        """Name it among all sources, for example `insight:0199...`."""
        return source_key(self.source_kind, self.source_id)


class Journey(BaseModel):
    """A completed journey: how many insights and participations are to be expected from it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    journey_id: str
    revision: int
    insights_released: int
    participations: int


def source_key(kind: SourceKind, source_id: str) -> str:
    """Name a source among all sources."""
    return f"{kind.value}:{source_id}"


def taken_apart(key: str) -> tuple[SourceKind, str]:
    """Give kind and id of the source that a key names."""
    kind, _, source_id = key.partition(":")
    return SourceKind(kind), source_id


def complete(journey: Journey, *, insights: int, participations: int) -> bool:
    """Whether everything has arrived that a journey's completion announced."""
    return insights >= journey.insights_released and participations >= journey.participations
