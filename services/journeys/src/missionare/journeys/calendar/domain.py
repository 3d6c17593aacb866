"""Working days in North Rhine-Westphalia, by which deadlines for people are counted, and mornings."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(9)
_SATURDAY = 5
_FIXED = frozenset({(1, 1), (5, 1), (10, 3), (11, 1), (12, 25), (12, 26)})
"""New Year, Labour Day, German Unity, All Saints, Christmas (Feiertagsgesetz NW, section 2)."""
_FROM_EASTER = frozenset({-2, 1, 39, 50, 60})
"""Good Friday, Easter Monday, Ascension, Whit Monday, Corpus Christi, in days from Easter Sunday."""


def easter(year: int) -> date:
    """Give Easter Sunday (the Gregorian computus as Spencer published it in 1922)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def is_working_day(day: date) -> bool:
    """Whether offices of the region are open: Monday to Friday without public holidays."""
    if day.weekday() >= _SATURDAY or (day.month, day.day) in _FIXED:
        return False
    return (day - easter(day.year)).days not in _FROM_EASTER


def morning_after(at: datetime, days: int, zone: str) -> datetime:
    """Give nine o'clock, `days` days later, as the clocks in `zone` show it: when people are reminded of something."""
    day = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    return datetime.combine(day, MORNING, ZoneInfo(zone)).astimezone(at.tzinfo)


def working_days_later(at: datetime, days: int, zone: str) -> datetime:
    """Give the same time of day, `days` working days later, as the clocks in `zone` show it.

    The day of `at` itself does not count: two working days after a Friday morning is Tuesday morning.
    """
    local = at.astimezone(ZoneInfo(zone))
    day = local.date()
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return datetime.combine(day, local.timetz()).astimezone(at.tzinfo)
