"""Days and times as they are typed into the console's forms, in the zone of the journey."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

FIELD: Final = "%Y-%m-%dT%H:%M"
"""As `<input type="datetime-local">` writes and reads it."""
TYPED: Final = (FIELD, "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%d.%m.%Y, %H:%M", "%d.%m.%Y %H.%M", "%d.%m.%Y, %H.%M")
"""Where a browser shows a plain field, people write it as they are used to."""


def read(text: str, zone: str) -> datetime | None:
    """Give the moment that was typed, or None where it cannot be understood."""
    for pattern in TYPED:
        try:
            return datetime.strptime(text.strip().removesuffix("Uhr").strip(), pattern).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            continue
    return None


def write(moment: datetime, zone: str) -> str:
    """Give a moment as the field shows it."""
    return moment.astimezone(ZoneInfo(zone)).strftime(FIELD)
