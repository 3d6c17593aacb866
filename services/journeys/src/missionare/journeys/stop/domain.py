"""Stops of a journey: states, and one function per decision. A stop lives inside its journey's document."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from missionare.journeys.events import Audience, Topic
from missionare.kit.aggregates import Transitions, check_move
from missionare.kit.refusals import NotFound, Refusal, Text


class StopState(StrEnum):
    """Where a stop stands. A cancelled stop keeps its history; another host gets a stop of its own."""

    PLANNED = "planned"
    HOST_REQUESTED = "host_requested"
    HOST_CONFIRMED = "host_confirmed"
    VISITED = "visited"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


ALLOWED: Transitions[StopState] = {
    StopState.PLANNED: frozenset({StopState.HOST_REQUESTED, StopState.CANCELLED}),
    StopState.HOST_REQUESTED: frozenset({StopState.HOST_CONFIRMED, StopState.PLANNED, StopState.CANCELLED}),
    StopState.HOST_CONFIRMED: frozenset({StopState.VISITED, StopState.SKIPPED, StopState.CANCELLED}),
    StopState.VISITED: frozenset(),
    StopState.SKIPPED: frozenset(),
    StopState.CANCELLED: frozenset(),
}

ENDED = frozenset({StopState.VISITED, StopState.SKIPPED, StopState.CANCELLED})


class PhotoPolicy(StrEnum):
    """Whether the group may take photographs at the host's."""

    NONE = "none"
    ON_REQUEST = "on_request"
    ALLOWED = "allowed"


class HostTerms(BaseModel):
    """What a host agreed to. The defaults protect the host: no photographs, the group only, each text seen first."""

    model_config = ConfigDict(frozen=True)

    capacity: int
    audience: Audience = Audience.JOURNEY_GROUP
    release_required: bool = True
    photos: PhotoPolicy = PhotoPolicy.NONE


class Stop(BaseModel):
    """One place that the group visits."""

    model_config = ConfigDict(frozen=True)

    id: str
    organisation_id: str
    title: str
    site: str
    starts_at: datetime
    ends_at: datetime
    topics: tuple[Topic, ...]
    capacity: int
    state: StopState = StopState.PLANNED
    edition: int = 1
    """Counts the changes of this stop alone, so that a host's page is not outdated by what happens at other stops."""
    terms: HostTerms | None = None
    reason: str | None = None
    """Why the host declined, or why the stop was skipped or cancelled."""

    @property
    def largest_group(self) -> int:
        """How many people may come: what was planned, or less if the host said so."""
        return min(self.capacity, self.terms.capacity) if self.terms else self.capacity


class StopUnknown(NotFound):
    """This journey has no such stop."""

    title: ClassVar[Text] = {"de": "Station nicht gefunden", "en": "Stop not found"}


class HostNotActive(Refusal):
    """The organisation is not (yet) an active member, so it cannot host."""

    title: ClassVar[Text] = {"de": "Gastgeber nicht aktiv", "en": "Host not active"}
    text: ClassVar[Text] = {
        "de": "Diese Organisation ist noch kein aktives Mitglied und kann nicht um einen Besuch gebeten werden.",
        "en": "This organisation is not an active member yet, so it cannot be asked to host.",
    }
    next: ClassVar[Text] = {
        "de": "Aktivieren Sie die Organisation mit einer Kontaktperson. Ist das gerade geschehen, versuchen Sie es "
        "gleich noch einmal.",
        "en": "Activate the organisation with a contact person; if that has just been done, try again in a moment.",
    }


class HostAnswered(Refusal):
    """The host has answered already, or was not asked."""

    title: ClassVar[Text] = {"de": "Schon beantwortet", "en": "Already answered"}
    text: ClassVar[Text] = {
        "de": "Diese Anfrage wartet nicht mehr auf eine Antwort. Ändern möchten Sie etwas? Rufen Sie die Agentur an.",
        "en": "This request no longer waits for an answer. Something has changed? Call the agency.",
    }


def moved(stop: Stop, to: StopState, **fields: object) -> Stop:
    """Give the stop in its next state.

    Raises:
        WrongState: the table does not know the step.
    """
    check_move(ALLOWED, "Station", stop.state, to)
    return stop.model_copy(update={**fields, "state": to, "edition": stop.edition + 1})


def ask_host(stop: Stop, *, host_is_active: bool) -> Stop:
    """Ask the organisation to host.

    Raises:
        HostNotActive: it is no active member.
    """
    if not host_is_active:
        raise HostNotActive
    return moved(stop, StopState.HOST_REQUESTED, reason=None)


def accept(stop: Stop, terms: HostTerms) -> Stop:
    """Keep what the host agreed to.

    Raises:
        HostAnswered: nobody waits for this answer.
    """
    if stop.state is not StopState.HOST_REQUESTED:
        raise HostAnswered
    return moved(stop, StopState.HOST_CONFIRMED, terms=terms)


def decline(stop: Stop, reason: str) -> Stop:
    """Keep the host's no; the stop is planned again.

    Raises:
        HostAnswered: nobody waits for this answer.
    """
    if stop.state is not StopState.HOST_REQUESTED:
        raise HostAnswered
    return moved(stop, StopState.PLANNED, reason=reason or None)


def overlap(one: Stop, other: Stop) -> bool:
    """Whether the group would have to be at two places at once."""
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at
