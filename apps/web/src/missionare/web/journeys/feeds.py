"""Journeys as feeds: Atom for readers of news, iCalendar for calendars."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from missionare.web import rendering
from missionare.web.journeys.reading import Journey, State
from missionare.web.visits import Visit

END: Final = b"END:VCALENDAR\r\n"
PRODUCT: Final = "-//Missionare//Lernreisen//DE"
HIDDEN: Final = frozenset({State.ANNOUNCED})
"""Journeys whose day is open stand in no calendar."""


def atom(visit: Visit, journeys: Sequence[Journey]) -> bytes:
    """Write a feed of journeys. An entry's id never changes."""
    updated = max((journey.told_at for journey in journeys), default=visit.site.clock.now())
    values = {"visit": visit, "journeys": journeys, "updated": updated, "agency": visit.site.settings}
    return rendering.render("journeys/feed.xml", visit.language, values).encode()


def calendar(visit: Visit, journeys: Iterable[Journey]) -> bytes:
    """Write a calendar: UID for good, SEQUENCE rising with every change, cancelled ones marked, zone included."""
    shown = [journey for journey in journeys if journey.state not in HIDDEN]
    book = Calendar()
    book.add("prodid", PRODUCT)
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", visit.site.settings.site_name)
    head = bytes(book.to_ical()).removesuffix(END)
    zones = [_zone(name) for name in sorted({journey.zone for journey in shown})]
    events = [_event(journey, visit.absolute(journey.path)) for journey in shown]
    return b"".join([head, *zones, *events, END])


# The library takes longer to write a hundred events than everything else on the way to this page together. What it
# writes depends on nothing but the values it is given, so it is remembered by all of them.


@lru_cache(maxsize=64)
def _zone(name: str) -> bytes:
    return bytes(Timezone.from_tzid(name).to_ical())


@lru_cache(maxsize=2_000)
def _event(journey: Journey, url: str) -> bytes:
    zone = ZoneInfo(journey.zone)
    event = Event()
    event.add("uid", f"{journey.id}@missionare")
    event.add("sequence", journey.version)
    event.add("dtstamp", _whole(journey.told_at))
    event.add("last-modified", _whole(journey.told_at))
    event.add("dtstart", journey.starts_at.astimezone(zone))
    event.add("dtend", journey.ends_at.astimezone(zone))
    event.add("summary", journey.title)
    event.add("description", journey.summary)
    event.add("url", url)
    event.add("status", "CANCELLED" if journey.state is State.CANCELLED else "CONFIRMED")
    if journey.stops:
        event.add("location", ", ".join(journey.towns))
    return bytes(event.to_ical())


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
