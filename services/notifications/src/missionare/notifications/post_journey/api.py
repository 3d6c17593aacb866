"""What came of journeys, for operators: counts by journey, never by person or employer."""

from __future__ import annotations

from datetime import datetime

from missionare.kit.routes import Answer, Cursor, Limit, Paged, Reader, Routes
from missionare.notifications.api import OPERATORS
from missionare.notifications.post_journey.domain import Look, ProcessState, Tally
from missionare.notifications.post_journey.store import PostJourneys

routes = Routes("notifications")


class SummaryView(Answer):
    """A journey's outreach in numbers: now, and as it was counted on earlier looks."""

    journey_id: str
    state: ProcessState
    next_look_at: datetime | None
    now: Tally
    looks: tuple[Look, ...]


@routes.get("/outreach-summary", policy=OPERATORS, answers=Paged[SummaryView])
async def summarise_outreach(reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[SummaryView]:
    """Count what came of each journey."""
    processes = reader.store(PostJourneys)
    page = await processes.page({}, reader.scope, cursor=cursor, limit=limit, newest_first=True)
    tallies = await processes.tallies([process.id for process in page.items], reader.scope)
    summaries = [
        SummaryView(
            journey_id=process.id,
            state=process.state,
            next_look_at=process.next_look_at,
            now=tallies[process.id],
            looks=process.looks,
        )
        for process in page.items
    ]
    return Paged[SummaryView](items=summaries, next_cursor=page.next_cursor)
