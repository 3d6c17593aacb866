"""What follows a journey: outreach is looked at after 90 and after 180 days, in counts only.

The process belongs to the journey, not to a person: it keeps how much happened, never who did it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions, check_move


class ProcessState(StrEnum):
    """Where the time after a journey stands."""

    AWAITING_QUALIFICATION = "awaiting_qualification"
    OUTREACH_RUNNING = "outreach_running"
    CHECKING_90D = "checking_90d"
    CHECKING_180D = "checking_180d"
    CLOSED = "closed"


S = ProcessState

PROCESS_MOVES: Transitions[ProcessState] = MappingProxyType(
    {
        S.AWAITING_QUALIFICATION: frozenset({S.OUTREACH_RUNNING, S.CLOSED}),
        S.OUTREACH_RUNNING: frozenset({S.CHECKING_90D}),
        S.CHECKING_90D: frozenset({S.CHECKING_180D}),
        S.CHECKING_180D: frozenset({S.CLOSED}),
        S.CLOSED: frozenset(),
    }
)

LOOKS: Mapping[ProcessState, tuple[timedelta, ProcessState]] = MappingProxyType(
    {
        S.AWAITING_QUALIFICATION: (timedelta(days=90), S.CLOSED),
        S.OUTREACH_RUNNING: (timedelta(days=90), S.CHECKING_90D),
        S.CHECKING_90D: (timedelta(days=180), S.CHECKING_180D),
        S.CHECKING_180D: (timedelta(days=194), S.CLOSED),
    }
)
"""From each state: how long after the journey's completion the next look comes, and where it leads.

The last one leaves two weeks for reports that come late.
"""


class Tally(BaseModel):
    """What came of a journey, in numbers."""

    model_config = ConfigDict(frozen=True)

    plans: int = 0
    accepted: int = 0
    declined: int = 0
    lapsed: int = 0
    activities: int = 0
    done: int = 0
    skipped: int = 0
    reach: int = 0
    conversions: int = 0


class Look(BaseModel):
    """One look at the outreach of a journey: when, on reaching which state, and what was counted."""

    model_config = ConfigDict(frozen=True)

    state: ProcessState
    at: datetime
    tally: Tally


class PostJourney(Aggregate):
    """The process of one journey; its id is the journey's."""

    state: ProcessState = ProcessState.AWAITING_QUALIFICATION
    completed_at: datetime | None = None
    looks: tuple[Look, ...] = ()

    @property
    def next_look_at(self) -> datetime | None:
        """When the next look is due; None before the journey is known to be completed, and at the end."""
        if self.completed_at is None or self.state not in LOOKS:
            return None
        return self.completed_at + LOOKS[self.state][0]


def complete(process: PostJourney, *, at: datetime) -> PostJourney | None:
    """Start counting the days; None when they are being counted already (a correction changes nothing)."""
    return None if process.completed_at is not None else process.changed(completed_at=at)


def qualify(process: PostJourney) -> PostJourney | None:
    """Note that there is a missionary; None when that is known or too late to matter."""
    if process.state is not ProcessState.AWAITING_QUALIFICATION:
        return None
    return process.changed(state=ProcessState.OUTREACH_RUNNING)


def look(process: PostJourney, tally: Tally, *, now: datetime) -> PostJourney:
    """Take the next look and keep what was counted.

    Raises:
        WrongState: the process is closed.
    """
    reached = LOOKS[process.state][1] if process.state in LOOKS else process.state
    check_move(PROCESS_MOVES, "PostJourney", process.state, reached)
    return process.changed(state=reached, looks=(*process.looks, Look(state=reached, at=now, tally=tally)))
