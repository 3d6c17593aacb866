"""Where the municipalities of the first region lie: height above sea level and position, rounded, of their centres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import Final

EARTH_KM: Final = 6_371


@dataclass(frozen=True)
class Place:
    """A municipality."""

    name: str
    code: str
    """The official municipality key (AGS)."""
    height: int
    """Metres."""
    north: float
    east: float

    def kilometres_to(self, other: Place) -> float:
        """Give the distance as the crow flies (haversine)."""
        here, there = radians(self.north), radians(other.north)
        half = sin((there - here) / 2) ** 2
        half += cos(here) * cos(there) * sin(radians(other.east - self.east) / 2) ** 2
        return 2 * EARTH_KM * asin(sqrt(half))


PLACES: Final = (
    Place("Siegen", "05970040", 290, 50.875, 8.024),
    Place("Kreuztal", "05970024", 290, 50.962, 7.988),
    Place("Hilchenbach", "05970020", 365, 50.998, 8.110),
    Place("Netphen", "05970032", 300, 50.915, 8.100),
    Place("Wilnsdorf", "05970044", 345, 50.815, 8.103),
    Place("Neunkirchen", "05970036", 255, 50.778, 8.005),
    Place("Burbach", "05970008", 370, 50.744, 8.086),
    Place("Freudenberg", "05970016", 305, 50.897, 7.874),
    Place("Bad Berleburg", "05970004", 450, 51.052, 8.392),
    Place("Bad Laasphe", "05970028", 335, 50.927, 8.416),
    Place("Erndtebrück", "05970012", 475, 50.988, 8.257),
    Place("Olpe", "05966024", 345, 51.029, 7.851),
    Place("Attendorn", "05966004", 255, 51.126, 7.903),
    Place("Lennestadt", "05966020", 275, 51.117, 8.068),
    Place("Finnentrop", "05966012", 235, 51.167, 7.972),
    Place("Drolshagen", "05966008", 345, 51.024, 7.773),
    Place("Wenden", "05966028", 360, 50.967, 7.867),
    Place("Kirchhundem", "05966016", 310, 51.087, 8.093),
)
SOMEWHERE: Final = Place("", "", 310, 50.99, 8.03)
"""For a site outside the region: the middle of it."""


@lru_cache(maxsize=1_000)  # a list of journeys names the same few sites again and again
def place_in(site: str) -> Place:
    """Find the municipality that is named in where people meet."""
    folded = site.casefold()
    return next((place for place in PLACES if place.name.casefold() in folded), SOMEWHERE)
