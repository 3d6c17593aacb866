"""Moments as people read them: stored and passed on in UTC, told in the time of the clock on the wall."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Berlin")
"""The zone of whoever is told a moment that belongs to no place of its own, such as a link's end."""
_PATTERNS: Final = {"de": "%d.%m.%Y, %H:%M Uhr", "en": "%d %B %Y, %H:%M"}


def told(moment: datetime, language: str) -> str:
    """Tell an aware moment to a person: day and time of day, in local time."""
    return moment.astimezone(ZONE).strftime(_PATTERNS.get(language, _PATTERNS["de"]))
