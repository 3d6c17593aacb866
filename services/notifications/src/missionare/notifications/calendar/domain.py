"""Days and moments as people in the region live them, and as they are said in a letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

Language = Literal["de", "en"]

REGION = ZoneInfo("Europe/Berlin")
MORNING = time(9)
"""When people are reminded of a day."""
HOURS_OF_A_DAY: Final = 24

_WEEKDAYS: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {
        "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
        "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    }
)
_MONTHS: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {
        "de": (
            *("Januar", "Februar", "März", "April", "Mai", "Juni"),
            *("Juli", "August", "September", "Oktober", "November", "Dezember"),
        ),
        "en": (
            *("January", "February", "March", "April", "May", "June"),
            *("July", "August", "September", "October", "November", "December"),
        ),
    }
)


@dataclass(frozen=True)
class Hours:
    """From which full hour until which on every day, as the clocks in the region show it. From 0 until 24 is always."""

    opens: int
    closes: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `8-18`.

        Raises:
            ValueError: these are no hours of one day.
        """
        opens, _, closes = text.partition("-")
        hours = cls(int(opens), int(closes))
        if not 0 <= hours.opens < hours.closes <= HOURS_OF_A_DAY:
            msg = "are no hours of one day"
            raise ValueError(msg)
        return hours

    def next(self, moment: datetime) -> datetime:
        """Give the moment itself where it lies within these hours, and else when they begin next."""
        local = moment.astimezone(REGION)
        if self.opens <= local.hour < self.closes:
            return moment
        day = local.date() + timedelta(days=1 if local.hour >= self.closes else 0)
        return datetime.combine(day, time(self.opens), REGION).astimezone(moment.tzinfo)


ALWAYS: Final = Hours(0, HOURS_OF_A_DAY)


def day_of(moment: datetime) -> date:
    """Give the day it is in the region at a moment."""
    return moment.astimezone(REGION).date()


def morning_of(day: date) -> datetime:
    """Give nine o'clock in the region on a day."""
    return datetime.combine(day, MORNING, tzinfo=REGION)


def say_day(day: date, language: Language) -> str:
    """Say a day: `Freitag, 27. November 2026`, `Friday, 27 November 2026`."""
    return f"{_WEEKDAYS[language][day.weekday()]}, {_say_date(day, language)}"


def say_moment(moment: datetime, language: Language) -> str:
    """Say a moment to the minute, in the region's time: `Freitag, 27. November 2026, 14.30 Uhr`."""
    local = moment.astimezone(REGION)
    clock = f"{local.hour}.{local:%M} Uhr" if language == "de" else f"{local:%H:%M} (German time)"
    return f"{say_day(local.date(), language)}, {clock}"


def say_days(first: datetime, last: datetime, language: Language) -> str:
    """Say from when to when something lasts: `am 12. März 2027`, `vom 12. März 2027 bis 13. März 2027`."""
    begin, end = day_of(first), day_of(last)
    if begin == end:
        return f"{'am' if language == 'de' else 'on'} {_say_date(begin, language)}"
    words = ("vom", "bis") if language == "de" else ("from", "to")
    return f"{words[0]} {_say_date(begin, language)} {words[1]} {_say_date(end, language)}"


def _say_date(day: date, language: Language) -> str:
    month = _MONTHS[language][day.month - 1]
    return f"{day.day}. {month} {day.year}" if language == "de" else f"{day.day} {month} {day.year}"
