"""The ridge: a journey as a height profile from valley to valley, one dot per stop.

Drawn into 1000 x 200, stretched to the width of the page. The heights are those of the municipalities; the hills
between them are higher the farther the ride is, and their shape is fixed by the names, so that a journey always
looks the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from missionare.web.pictures.places import Place

WIDTH: Final = 1_000
HEIGHT: Final = 200
FIRST_AT: Final = 70
"""Where the first stop stands; the labels below follow the same grid."""
SLOT: Final = 310
"""From stop to stop, with up to three."""
DEEPEST: Final = 168
HIGHEST_STOP: Final = 110
HIGHEST: Final = 24
"""No line comes closer to the upper edge."""
LOWEST_PLACE, HIGHEST_PLACE = 230, 480
PEAK_PER_KM: Final = 4
Point = tuple[float, float]


@dataclass(frozen=True)
class Ridge:
    """The paths of the drawing."""

    wire: str
    area: str
    far: str
    dots: tuple[tuple[int, int], ...]


def draw(places: Sequence[Place]) -> Ridge:
    """Draw the way through these places, in their order."""
    dots = tuple(zip(positions(len(places)), (valley(place) for place in places), strict=True))
    wire = smooth(_profile(dots, places))
    return Ridge(wire=wire, area=f"{wire}V{HEIGHT}H0z", far=f"{smooth(_far(places))}V{HEIGHT}H0z", dots=dots)


def positions(count: int) -> list[int]:
    """Give where the stops stand: at 7, 38 and 69 %, or evenly where there are more."""
    slot = SLOT if count <= 3 else (WIDTH - FIRST_AT) / count  # noqa: PLR2004 - the grid of the labels has three
    return [round(FIRST_AT + number * slot) for number in range(count)]


def valley(place: Place) -> int:
    """Give how deep a place lies in the drawing: down is larger."""
    share = (place.height - LOWEST_PLACE) / (HIGHEST_PLACE - LOWEST_PLACE)
    return round(DEEPEST - min(max(share, 0.0), 1.0) * (DEEPEST - HIGHEST_STOP))


def smooth(points: Sequence[Point]) -> str:
    """Join points by a curve that never overshoots them: monotone cubic Hermite (Fritsch and Carlson, 1980)."""
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    tangents = [0.0, *(_tangent(left, right) for left, right in pairwise(slopes)), 0.0]
    path = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        third = (x1 - x0) / 3
        first = (x0 + third, y0 + tangents[number] * third)
        second = (x1 - third, y1 - tangents[number + 1] * third)
        path.append("C" + " ".join(_n(value) for value in (*first, *second, x1, y1)))
    return "".join(path)


def _tangent(left: float, right: float) -> float:
    """Give the slope at a point: none at a top or bottom, else the harmonic mean."""
    return 0.0 if left * right <= 0 else 2 * left * right / (left + right)


def _profile(dots: Sequence[tuple[int, int]], places: Sequence[Place]) -> list[Point]:
    shape = _shape(places)
    points: list[Point] = [(0, 112 + shape(0, 12))]
    if dots:
        points.append((dots[0][0] * 0.45, dots[0][1] - 22))
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(dots)):
        points.append((x0, y0))
        points.extend(_hill(x0, y0, x1, y1, places[number].kilometres_to(places[number + 1]), shape, number))
    if dots:
        x, y = dots[-1]
        points.append((x, y))
        rises = ((0.22, 56), (0.45, 112), (0.72, 96))
        points.extend((x + (WIDTH - x) * share, max(y - rise, HIGHEST)) for share, rise in rises)
    points.append((WIDTH, 74 + shape(9, 14)))
    return points


def _hill(x0: int, y0: int, x1: int, y1: int, kilometres: float, shape: _Shape, number: int) -> list[Point]:
    """Give the way over the hill between two stops: up, a saddle, down."""
    top = min(y0, y1) - min(60 + PEAK_PER_KM * kilometres, 104)
    wide = x1 - x0
    at = 0.42 + shape(number + 1, 10) / 100
    return [
        (x0 + wide * 0.16, y0 - 26),
        (x0 + wide * at, max(top, HIGHEST)),
        (x0 + wide * (at + 0.12), max(top, HIGHEST) + 10 + shape(number + 3, 8)),
        (x0 + wide * 0.84, y1 - 30),
    ]


def _far(places: Sequence[Place]) -> list[Point]:
    shape = _shape(places)
    return [(number * 100, 20 + shape(number + 20, 68) + (12 if number % 2 else 0)) for number in range(11)]


class _Shape:
    """Small differences that are the same each time: bytes of a hash of the names."""

    def __init__(self, names: str) -> None:
        self._bytes = hashlib.sha256(names.encode()).digest()

    def __call__(self, number: int, most: int) -> float:
        return self._bytes[number % len(self._bytes)] / 255 * most


def _shape(places: Sequence[Place]) -> _Shape:
    return _Shape("|".join(place.name for place in places))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
