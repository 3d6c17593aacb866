"""What members knows of journeys from the facts of others, whichever comes first."""

from __future__ import annotations

from enum import StrEnum

from missionare.kit.aggregates import Aggregate, Transitions
from missionare.kit.refusals import NotFound


class RunState(StrEnum):
    """Whether a journey is under way."""

    AHEAD = "ahead"
    UNDER_WAY = "under_way"
    CALLED_OFF = "called_off"


ALLOWED: Transitions[RunState] = {
    RunState.AHEAD: frozenset({RunState.UNDER_WAY, RunState.CALLED_OFF}),
    RunState.UNDER_WAY: frozenset({RunState.CALLED_OFF}),
    RunState.CALLED_OFF: frozenset(),
}


class Place(StrEnum):
    """What has been done here about one person's place on a journey."""

    CONFIRMED = "confirmed"
    DEPARTED = "departed"
    HOME = "home"
    RECALLED = "recalled"
    """Given up; what it began is still to be taken back."""
    GIVEN_UP = "given_up"


class Run(Aggregate):
    """One journey. Its id is the journey's."""

    state: RunState = RunState.AHEAD


class RunUnknown(NotFound):
    """No fact has told of this journey yet."""


def move_on(run: Run, state: RunState) -> Run:
    """Note what has become of a journey. What comes late or again changes nothing."""
    return run.changed(state=state) if state in ALLOWED[run.state] else run


def due_moves(run: Run) -> tuple[tuple[Place, Place], ...]:
    """Say which places of a journey are to be changed now, from what into what."""
    recalled = (Place.RECALLED, Place.GIVEN_UP)
    return {
        RunState.AHEAD: (recalled,),
        RunState.UNDER_WAY: (recalled, (Place.CONFIRMED, Place.DEPARTED)),
        RunState.CALLED_OFF: (recalled, (Place.DEPARTED, Place.HOME)),
    }[run.state]
