"""What may be changed while a journey is planned. Of an announced one everybody hears where its month changes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from missionare.journeys.announcement.domain import settle_days
from missionare.journeys.journey.domain import PLANNING, Approval, Decided, Journey
from missionare.kit.refusals import Refusal, Text


class ProgrammePublished(Refusal):
    """A plan is changed as one likes; a programme that people have read is not changed under them."""

    title: ClassVar[Text] = {"de": "Programm ist veröffentlicht", "en": "Programme is published"}
    text: ClassVar[Text] = {
        "de": "Menschen haben dieses Programm gelesen und sich danach gerichtet; es wird nicht mehr umgeschrieben. "
        "Muss sich etwas ändern, sagen Sie die Lernreise ab und planen eine neue.",
        "en": "People have read this programme and made plans; it is not rewritten any more. If something has to "
        "change, cancel the journey and plan a new one.",
    }


def replan(
    journey: Journey,
    *,
    title: str,
    summary: str,
    starts_at: datetime,
    ends_at: datetime,
    capacity: int,
    approval: Approval,
) -> Decided:
    """Change what a plan says.

    Raises:
        ProgrammePublished: it is published.
        TimesImpossible: it would end before it starts, or one of its stops would lie outside.
    """
    if journey.state not in PLANNING:
        raise ProgrammePublished
    settled, facts = settle_days(journey, starts_at, ends_at)
    return settled.changed(title=title, summary=summary, capacity=capacity, approval=approval), facts
