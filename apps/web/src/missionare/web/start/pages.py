"""The start page: what this is, the next journeys, how to take part."""

from __future__ import annotations

from typing import Final

from fastapi import Response

from missionare.web.catalog.reading import newest_questions
from missionare.web.journeys.reading import State, programme
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import together
from missionare.web.visits import Visiting

pages = Pages()

JOURNEYS: Final = 4
QUESTIONS: Final = 3


@pages.get("/", who=EVERYBODY)
async def start(visit: Visiting) -> Response:
    """Say what this is. A service that is away leaves its part empty, and the rest stands."""
    ahead, questions = await together(programme(visit, limit=JOURNEYS), newest_questions(visit, QUESTIONS))
    journeys = ahead.items if ahead else ()
    drawn = next((journey for journey in journeys if journey.stops and journey.state is not State.CANCELLED), None)
    return visit.page("start/start.html", ahead=ahead, journeys=journeys, drawn=drawn, questions=questions)
