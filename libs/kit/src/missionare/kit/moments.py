"""Moments as people read them: stored and passed on in UTC, told in the time of the clock on the wall."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Berlin")
"""The zone of whoever is told a moment that belongs to no place of its own, such as a link's end."""
NOON: Final = 12
_MONTHS: Final = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)


def told(moment: datetime, language: str) -> str:
    """Tell an aware moment in local time, as the pages do: "4. Januar 2027, 9.30 Uhr", "4 January 2027, 9:30 am"."""
    local = moment.astimezone(ZONE)
    if language == "en":
        half = "am" if local.hour < NOON else "pm"
        return f"{local.day} {local:%B %Y}, {local.hour % NOON or NOON}:{local:%M} {half}"
    return f"{local.day}. {_MONTHS[local.month - 1]} {local.year}, {local.hour}.{local:%M} Uhr"
