"""Announcing a journey before its hosts have confirmed, and settling its days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from missionare.journeys.events import JourneyAnnounced, Topic
from missionare.journeys.journey.domain import (
    PLANNING,
    Decided,
    Journey,
    JourneyState,
    TimesImpossible,
    moved,
)
from missionare.journeys.stop.domain import StopState
from missionare.kit.refusals import Refusal, Text

_LONGEST_MONTH = timedelta(days=31)


class DaysFixed(Refusal):
    """Days are moved while the journey is not published."""

    title: ClassVar[Text] = {"de": "Termin steht fest", "en": "The days are fixed"}
    text: ClassVar[Text] = {
        "de": "Die Lernreise ist veröffentlicht; ihr Termin verschiebt sich so nicht mehr. Sagen Sie sie ab, und "
        "planen Sie eine neue.",
        "en": "The journey is published; its days are not moved any more. Cancel it and plan a new one.",
    }


def announce(journey: Journey, topics: tuple[Topic, ...], *, now: datetime) -> Decided:
    """Let everybody read that the journey is planned: its month and topics, and that the hosts are open."""
    announced = moved(journey, JourneyState.ANNOUNCED).changed(topics=tuple(dict.fromkeys(topics)), published_at=now)
    return announced, [_told(announced)]


def settle_days(journey: Journey, starts_at: datetime, ends_at: datetime) -> Decided:
    """Move a journey that is not published. Nobody is told but of another month: the day comes with the programme.

    Raises:
        DaysFixed: it is published.
        TimesImpossible: it would end before it starts, or a stop would lie outside.
    """
    if journey.state not in PLANNING:
        raise DaysFixed
    standing = [stop for stop in journey.stops if stop.state is not StopState.CANCELLED]
    if ends_at <= starts_at or any(not starts_at <= stop.starts_at < stop.ends_at <= ends_at for stop in standing):
        raise TimesImpossible
    settled = journey.changed(starts_at=starts_at, ends_at=ends_at)
    told = journey.state is JourneyState.ANNOUNCED and month_of(settled) != month_of(journey)
    return settled, [_told(settled)] if told else []


def month_of(journey: Journey) -> tuple[datetime, datetime]:
    """Give when the month of a journey begins, and when the next one does, where people meet."""
    local = journey.starts_at.astimezone(ZoneInfo(journey.zone))
    begins = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begins, (begins + _LONGEST_MONTH).replace(day=1)


def _told(journey: Journey) -> JourneyAnnounced:
    begins, _ = month_of(journey)
    return JourneyAnnounced(journey_id=journey.id, month_on=begins.date(), topics=journey.topics)
