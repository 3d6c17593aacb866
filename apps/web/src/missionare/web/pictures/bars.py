"""Bars: a few numbers side by side, drawn into 340 x 190 with their scale; a table beside them says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import Final

WIDTH: Final = 340
HEIGHT: Final = 190
LEFT, RIGHT = 30, 334
TOP, BOTTOM = 26, 156
WIDEST: Final = 40
SHARE: Final = 0.66
"""Of its slot, a bar takes this much."""


@dataclass(frozen=True)
class Bar:
    """One bar: a part of it is filled, the rest is still open."""

    x: float
    middle: float
    width: float
    y: float
    height: float
    filled_y: float
    filled_height: float


@dataclass(frozen=True)
class Bars:
    """A drawing: bars, and lines of the scale with their numbers."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]


def draw(numbers: Sequence[tuple[int, int]]) -> Bars:
    """Draw pairs: how many of how many."""
    most = max((whole for _, whole in numbers), default=0)
    top = _round_above(most)
    slot = (RIGHT - LEFT) / max(len(numbers), 1)
    width = min(slot * SHARE, WIDEST)
    bars = []
    for number, (part, whole) in enumerate(numbers):
        middle = LEFT + slot * (number + 0.5)
        y, filled = _height(whole, top), _height(part, top)
        bars.append(
            Bar(
                x=round(middle - width / 2, 1),
                middle=round(middle, 1),
                width=round(width, 1),
                y=y,
                height=round(BOTTOM - y, 1),
                filled_y=filled,
                filled_height=round(BOTTOM - filled, 1),
            )
        )
    steps = (0, top // 2, top) if top > 1 else (0, top)
    return Bars(tuple(bars), tuple((_height(step, top), step) for step in steps))


def _height(value: int, top: int) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * value / top, 1)


def _round_above(most: int) -> int:
    """Give the next number that reads well on a scale: 2, 4, 10, 20, 40, 100."""
    if most <= 2:  # noqa: PLR2004 - the smallest scale that has a middle
        return 2
    power = 10 ** int(log10(most))
    return int(next(step * power for step in (1, 2, 4, 10) if ceil(most / power) <= step))
