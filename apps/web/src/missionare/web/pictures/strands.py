"""The strands: one fine wire per goal, twisted into one journey, fanned out into what follows from it.

Two drawings of the same numbers: a wide one (1000 x 360), in which one can follow the links, and a tall one for
telephones. Solid wires have happened, dotted ones are still open. Where a fan has many, one wire stands for several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

MOST_GOALS: Final = 40
"""More are drawn as one wire for five."""
GOALS_PER_WIRE: Final = 5
MOST_IN_A_FAN: Final = 12
WIDE_MIDDLE: Final = 180
WIDE_FROM, WIDE_TO = 30, 330
GOALS_AT, JOIN_AT, PART_AT, FAN_AT = 112, 290, 600, 800
STOPS_FROM, STOPS_TO = 330, 560
APART: Final = 18
FAN_APART: Final = 4.2
TALL_MIDDLE: Final = 170
TALL_FROM, TALL_TO = 24, 316
TALL_GOALS, TALL_JOIN, TALL_PART, TALL_FAN = 24, 120, 250, 350


@dataclass(frozen=True)
class Fan:
    """What a drawing is made from: so many have arrived of so many; `expected` is None where people decide."""

    name: str
    arrived: int
    expected: int | None = None

    @property
    def all(self) -> int:
        """How many wires there would be: at least one, so that what is open is seen."""
        return max(self.arrived, self.expected or 0, 1)


@dataclass(frozen=True)
class Wire:
    """One curve."""

    path: str
    open: bool = False
    fan: str = ""
    """The name of the fan it belongs to; a goal's wire belongs to none."""


@dataclass(frozen=True)
class End:
    """Where a fan ends, and its words stand."""

    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Strands:
    """A drawing."""

    nodes: tuple[tuple[float, float], ...]
    wires: tuple[Wire, ...]
    trunk: str
    rings: tuple[tuple[float, float], ...]
    ends: tuple[End, ...]
    goals_per_wire: int


def wide(goals: int, stops: int, fans: Sequence[Fan]) -> Strands:
    """Draw from left to right."""
    count, per_wire = _goals(goals)
    apart = min(APART, (WIDE_TO - WIDE_FROM) / max(count - 1, 1))
    nodes = [(float(GOALS_AT), y) for y in _around(WIDE_MIDDLE, count, apart)]
    wires = [Wire(_across(x, y, JOIN_AT, WIDE_MIDDLE)) for x, y in nodes]
    slot = (WIDE_TO - WIDE_FROM) / max(len(fans), 1)
    ends = []
    for number, fan in enumerate(fans):
        middle = WIDE_FROM + slot * (number + 0.5)
        wires += [Wire(_across(PART_AT, WIDE_MIDDLE, FAN_AT, y), is_open, fan.name) for y, is_open in _fan(fan, middle)]
        ends.append(End(fan.name, FAN_AT + 14, round(middle, 1)))
    return Strands(
        nodes=tuple(nodes),
        wires=tuple(wires),
        trunk=f"M{JOIN_AT - 4} {WIDE_MIDDLE}H{PART_AT + 6}",
        rings=tuple((x, float(WIDE_MIDDLE)) for x in _between(STOPS_FROM, STOPS_TO, stops)),
        ends=tuple(ends),
        goals_per_wire=per_wire,
    )


def tall(goals: int, stops: int, fans: Sequence[Fan]) -> Strands:
    """Draw from top to bottom."""
    count, per_wire = _goals(goals)
    apart = min(26.0, (TALL_TO - TALL_FROM) / max(count - 1, 1))
    nodes = [(x, float(TALL_GOALS)) for x in _around(TALL_MIDDLE, count, apart)]
    wires = [Wire(_down(x, y, TALL_MIDDLE, TALL_JOIN)) for x, y in nodes]
    slot = (TALL_TO - TALL_FROM) / max(len(fans), 1)
    ends = []
    for number, fan in enumerate(fans):
        middle = TALL_FROM + slot * (number + 0.5)
        wires += [
            Wire(_down(TALL_MIDDLE, TALL_PART, x, TALL_FAN), is_open, fan.name) for x, is_open in _fan(fan, middle)
        ]
        ends.append(End(fan.name, round(middle, 1), TALL_FAN + 22))
    return Strands(
        nodes=tuple(nodes),
        wires=tuple(wires),
        trunk=f"M{TALL_MIDDLE} {TALL_JOIN - 4}V{TALL_PART + 6}",
        rings=tuple((float(TALL_MIDDLE), y) for y in _between(TALL_JOIN + 24, TALL_PART - 24, stops)),
        ends=tuple(ends),
        goals_per_wire=per_wire,
    )


def _goals(goals: int) -> tuple[int, int]:
    per_wire = GOALS_PER_WIRE if goals > MOST_GOALS else 1
    return min(ceil(goals / per_wire), MOST_GOALS), per_wire


def _fan(fan: Fan, middle: float) -> list[tuple[float, bool]]:
    """Give where each wire of a fan ends, and whether it is still open; the open ones come last."""
    count = min(fan.all, MOST_IN_A_FAN)
    solid = round(count * fan.arrived / fan.all)
    if fan.arrived:
        solid = max(solid, 1)
    if fan.arrived < fan.all:
        solid = min(solid, count - 1)
    return [(place, number >= solid) for number, place in enumerate(_around(middle, count, FAN_APART))]


def _around(middle: float, count: int, apart: float) -> list[float]:
    first = middle - apart * (count - 1) / 2
    return [round(first + apart * number, 1) for number in range(count)]


def _between(first: float, last: float, count: int) -> list[float]:
    if count < 2:  # noqa: PLR2004 - one stands in the middle
        return [(first + last) / 2] * count
    return [round(first + (last - first) * number / (count - 1), 1) for number in range(count)]


def _across(x0: float, y0: float, x1: float, y1: float) -> str:
    half = (x0 + x1) / 2
    return f"M{x0:g} {y0:g}C{half:g} {y0:g} {half:g} {y1:g} {x1:g} {y1:g}"


def _down(x0: float, y0: float, x1: float, y1: float) -> str:
    half = (y0 + y1) / 2
    return f"M{x0:g} {y0:g}C{x0:g} {half:g} {x1:g} {half:g} {x1:g} {y1:g}"
