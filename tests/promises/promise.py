"""What a promise is here: a run against real servers that finds violations, and twins in which it must find some.

A promise says in `run` what is done and what was violated. It is run once as the product is, and once for each of its
twins: with a deliberate defect, put in by the processes that a test starts (`promises.processes`), never by a switch in
the product. A promise whose twin finds nothing proves nothing, so that is a failure, too.
"""

from __future__ import annotations

import random
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar


class Profile(StrEnum):
    """How much is done."""

    GATE = "gate"
    """The short ones, shortened, before every delivery."""
    FULL = "full"
    """All of them, with the numbers that are published."""


@dataclass(frozen=True)
class Twin:
    """A deliberate defect that the run must see."""

    name: str
    """Said on the command line and to the processes, such as `guard off`."""
    defect: str
    """What is wrong then, in one sentence."""
    in_gate: bool = True


@dataclass(frozen=True)
class Finding:
    """What a run found out."""

    operations: int
    """What was asked for or delivered: commands, facts, requests."""
    faults: int
    """Deaths, pauses, duplicates, bad messages: whatever was put in its way."""
    violations: Sequence[str]
    """Each one in a sentence with the id it is about; empty where the promise holds."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Whatever else was counted or measured, by its name in words."""

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return not self.violations


class Trial:
    """One run of a promise: how much of it, from which seed, with which defect."""

    def __init__(self, profile: Profile, seed: int, sabotage: str | None = None) -> None:
        """Begin the clock and the schedule."""
        self.profile = profile
        self.seed = seed
        self.sabotage = sabotage
        """The name of the twin that is run, or None for the product as it is."""
        self.random = random.Random(seed)
        """The only source of chance, so that a seed gives the same schedule again."""
        self.schedule: list[str] = []
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._began

    def choose(self, *, gate: int, full: int, twin: int | None = None) -> int:
        """Give a number of this profile. A twin has only to be caught: it needs no more than the gate, or less."""
        if self.sabotage is not None:
            return gate if twin is None else twin
        return full if self.profile is Profile.FULL else gate

    def note(self, event: str) -> None:
        """Say and keep what is done at this moment: a fault, a phase, a number."""
        line = f"{self.seconds:7.1f} s  {event}"
        self.schedule.append(line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


class Promise(ABC):
    """One promise of the platform, with what would break it."""

    number: ClassVar[int]
    title: ClassVar[str]
    """The promise, in words for whoever decides about the platform."""
    method: ClassVar[str]
    """What is done to prove it, in one or two sentences."""
    twins: ClassVar[tuple[Twin, ...]]
    in_gate: ClassVar[bool] = False

    @abstractmethod
    async def run(self, trial: Trial) -> Finding:
        """Do it, as `trial` says, and say what was violated. Whatever it started is gone afterwards."""

    def twins_of(self, profile: Profile) -> tuple[Twin, ...]:
        """Give the twins that a profile runs."""
        return tuple(twin for twin in self.twins if profile is Profile.FULL or twin.in_gate)
