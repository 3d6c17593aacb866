"""Days, times and numbers as people write them: "Do, 18. Februar", "9.15 Uhr", "9:15 am".

A day stays with its month, and a time with its "Uhr", wherever a line ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from missionare.kit.callers import Language
from missionare.kit.moments import ZONE
from missionare.web.languages import LOCALES

Day = date | datetime
TIGHT: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Formats:
    """One language's way to write them. A moment is told in the zone of the place it belongs to."""

    language: Language

    def day(self, value: Day, zone: str | None = None) -> str:
        """Give "18. Februar 2027"."""
        return self._date(value, zone, f"d.{TIGHT}MMMM y", f"d{TIGHT}MMMM y")

    def weekday(self, value: Day, zone: str | None = None) -> str:
        """Give "Donnerstag, 18. Februar 2027"."""
        return self._date(value, zone, f"EEEE, d.{TIGHT}MMMM y", f"EEEE, d{TIGHT}MMMM y")

    def short(self, value: Day, zone: str | None = None) -> str:
        """Give "Do, 18. Februar"."""
        return self._date(value, zone, f"ccc, d.{TIGHT}MMMM", f"EEE d{TIGHT}MMMM").replace(".,", ",")

    def mark(self, value: Day, zone: str | None = None) -> str:
        """Give "18. Feb.", as it stands before a row."""
        return self._date(value, zone, f"d.{TIGHT}MMM", f"d{TIGHT}MMM")

    def under_mark(self, value: Day, zone: str | None = None) -> str:
        """Give "Do, 2027", as it stands below the mark."""
        return self._date(value, zone, "ccc, y", "EEE, y").replace(".,", ",")

    def month(self, value: Day, zone: str | None = None) -> str:
        """Give "April 2027"."""
        return self._date(value, zone, "MMMM y", "MMMM y")

    def month_name(self, value: Day, zone: str | None = None) -> str:
        """Give "April"."""
        return self._date(value, zone, "LLLL", "LLLL")

    def clock(self, moment: datetime, zone: str | None = None) -> str:
        """Give "9.15", or "9:15 am"."""
        pattern = "H.mm" if self.language == "de" else f"h:mm{TIGHT}a"
        return format_datetime(self.local(moment, zone), pattern, locale=LOCALES[self.language])

    def time(self, moment: datetime, zone: str | None = None) -> str:
        """Give "9.15 Uhr", or "9:15 am"."""
        return f"{self.clock(moment, zone)}{TIGHT}Uhr" if self.language == "de" else self.clock(moment, zone)

    def seconds(self, moment: datetime, zone: str | None = None) -> str:
        """Give "16.42.03", where it matters how soon something followed."""
        pattern = "H.mm.ss" if self.language == "de" else "h:mm:ss a"
        return format_datetime(self.local(moment, zone), pattern, locale=LOCALES[self.language])

    def span(self, begin: datetime, end: datetime, zone: str | None = None) -> str:
        """Give "8.15 bis 17.30 Uhr", or with days where it begins on one and ends on another."""
        to = "bis" if self.language == "de" else "to"
        if self.local(begin, zone).date() == self.local(end, zone).date():
            return f"{self.clock(begin, zone)} {to} {self.time(end, zone)}"
        return (
            f"{self.short(begin, zone)}, {self.time(begin, zone)}, {to} {self.short(end, zone)}, {self.time(end, zone)}"
        )

    def number(self, value: float) -> str:
        """Give "1.250", or "1,250"."""
        return format_decimal(value, locale=LOCALES[self.language])

    def iso(self, moment: datetime, zone: str | None = None) -> str:
        """Give a moment for the attribute `datetime`."""
        return self.local(moment, zone).isoformat(timespec="minutes")

    @staticmethod
    def local(moment: datetime, zone: str | None = None) -> datetime:
        """Give a moment as the clock on the wall of the place shows it."""
        known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return known.astimezone(ZoneInfo(zone) if zone else ZONE)

    def _date(self, value: Day, zone: str | None, german: str, english: str) -> str:
        day = self.local(value, zone).date() if isinstance(value, datetime) else value
        return _written(day, german if self.language == "de" else english, LOCALES[self.language])


@lru_cache(maxsize=4_096)  # pages and feeds name the same days again and again, and babel takes long for each
def _written(day: date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=locale)
