"""Aggregates: the unit that one decision reads and one transaction saves. Pure; used by every domain."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Self, TypeVar

from pydantic import BaseModel, ConfigDict

from missionare.kit.refusals import Text, WrongState

S = TypeVar("S", bound=Enum)

Transitions = Mapping[S, frozenset[S]]
"""Every state with the states it may become. It feeds the check, the picture in the README and the property test."""


class Chain(BaseModel):
    """Where an aggregate's facts stand. Kept by kit; no domain reads or writes it."""

    model_config = ConfigDict(frozen=True)

    sequence: int = 0
    era: int = 0
    last_us: int = 0
    """Time part of the last fact's id, in microseconds: the next one is later, even on a clock that is behind."""

    @property
    def seen(self) -> str:
        """The chain link a consumer compares: `era.sequence` of the last fact, `0.0` before the first."""
        return f"{self.era}.{self.sequence}"


class Aggregate(BaseModel):
    """Base of every aggregate's state: frozen; a decision returns a changed copy.

    `version` counts saves (the compare-and-set on it is the only lock); the sequence of facts is counted apart,
    because a save may publish none or several.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int = 0
    chain: Chain = Chain()

    def changed(self, **fields: object) -> Self:
        """Give a copy with these fields changed and validated."""
        return type(self).model_validate({**dict(self), **fields})


def check_move(allowed: Transitions[S], subject: str | Text, old: S, new: S) -> None:
    """Refuse a step that the table does not know; `subject` names the thing, in one wording or by language.

    Raises:
        WrongState: with both states, so that the caller can be told.
    """
    if new not in allowed.get(old, frozenset()):
        raise WrongState(subject=subject, old=old.value, new=new.value)


def terminal(allowed: Transitions[S]) -> frozenset[S]:
    """Give the states that nothing leaves."""
    return frozenset(state for state, following in allowed.items() if not following)
