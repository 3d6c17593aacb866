"""Measuring: rounds of floor and platform in turn, and the figures that come of them."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROUNDS: Final = 5
QUICK_ROUNDS: Final = 3
LEAST: Final = 5
"""Units of work of the tiniest round."""


@dataclass(frozen=True)
class Size:
    """How much work a benchmark does."""

    quick: bool = False
    scale: float = 1.0
    """Below 1 for a test that only asks whether the benchmarks run; its ratios mean nothing."""
    seed: int = 1

    @property
    def rounds(self) -> int:
        """How often floor and platform take turns."""
        if self.scale < 1:
            return 1
        return QUICK_ROUNDS if self.quick else ROUNDS

    def of(self, full: int, quick: int) -> int:
        """Give the units of work of one round."""
        return max(LEAST, round((quick if self.quick else full) * self.scale))


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    key: str
    work: str
    floor_is: str
    """What the platform is compared with; a limit where there is nothing to compare."""
    platform: float
    floor: float
    unit: str
    ratio: float
    aim: float
    more_is_better: bool = True
    note: str = ""
    rounds: tuple[float, ...] = field(default=())
    """The ratio of every round, as they came."""

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        return self.ratio >= self.aim if self.more_is_better else self.ratio <= self.aim

    @property
    def aim_text(self) -> str:
        """The aim as the table shows it."""
        return f"{'>=' if self.more_is_better else '<='} {self.aim:g}"


@dataclass(frozen=True)
class Bench:
    """What a benchmark is given: how much to do, and a folder on a real disk for its servers."""

    size: Size
    folder: Path
    say: Callable[[str], None]


@dataclass
class Stopwatch:
    """The seconds of one round's work, without its preparation."""

    began: float = 0.0
    seconds: float = 0.0

    def start(self) -> None:
        """Begin to count."""
        self.began = time.perf_counter()

    def stop(self) -> None:
        """Keep what was counted."""
        self.seconds = time.perf_counter() - self.began


@asynccontextmanager
async def stopwatch() -> AsyncIterator[Stopwatch]:
    """Count the seconds of a block. The garbage of whoever ran before is collected first."""
    gc.collect()
    watch = Stopwatch()
    watch.start()
    yield watch
    watch.stop()


Measure = Callable[[], Awaitable[float]]
"""One round: prepares, works, and gives units of work per second."""


@dataclass(frozen=True)
class Rates:
    """What the rounds of floor and platform gave, pairwise: neighbours share the machine's mood."""

    floors: tuple[float, ...]
    platforms: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Platform over floor, round by round."""
        return tuple(platform / floor for floor, platform in zip(self.floors, self.platforms, strict=True))

    def figure(self, *, key: str, work: str, floor_is: str, unit: str, aim: float, note: str = "") -> Figure:
        """Give the line of the table: medians, and the median of the ratios."""
        return Figure(
            key=key,
            work=work,
            floor_is=floor_is,
            platform=statistics.median(self.platforms),
            floor=statistics.median(self.floors),
            unit=unit,
            ratio=statistics.median(self.ratios),
            aim=aim,
            note=note,
            rounds=self.ratios,
        )


async def take_turns(bench: Bench, measures: Mapping[str, Measure]) -> dict[str, tuple[float, ...]]:
    """Run several measures in turn, round by round; who begins changes."""
    rates: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(bench.size.rounds):
        names = list(measures)
        for name in names if number % 2 == 0 else reversed(names):
            rates[name].append(await measures[name]())
        told = ", ".join(f"{name} {rates[name][-1]:,.0f}" for name in names)
        bench.say(f"round {number + 1}: {told}")
    return {name: tuple(found) for name, found in rates.items()}


async def alternate(bench: Bench, floor: Measure, platform: Measure) -> Rates:
    """Run a floor and the platform in turn."""
    rates = await take_turns(bench, {"floor": floor, "platform": platform})
    return Rates(rates["floor"], rates["platform"])
