"""Routes of the programme: what everybody may know of journeys, with the seats that are free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from fastapi import Query

from missionare.journeys.api import PUBLIC, Reference
from missionare.journeys.events import Topic
from missionare.journeys.interest.store import Interests
from missionare.journeys.journey.api import told_of
from missionare.journeys.journey.domain import Journey, JourneyState
from missionare.journeys.programme.domain import Position
from missionare.journeys.programme.views import FreeSeats, Programme
from missionare.journeys.seat.domain import SeatLedger
from missionare.journeys.stop.domain import StopState
from missionare.kit.answers import Answer
from missionare.kit.routes import Cursor, Limit, Paged, Reader, Routes

routes = Routes("journeys")

Past = Annotated[bool, Query(description="what has ended, the latest first, instead of what lies ahead")]


AS_IT_IS: Final = {
    "id", "version", "state", "title", "summary", "starts_at", "ends_at", "zone", "capacity", "published_at",
    "completed_at", "topics",
}  # fmt: skip
"""What everybody may know of a journey without more ado."""


class ProgrammeStop(Answer):
    """A stop as everybody may know it."""

    id: str
    title: str
    site: str
    organisation_id: str
    starts_at: datetime
    ends_at: datetime
    topics: tuple[Topic, ...]
    state: StopState


Public = Literal[
    JourneyState.ANNOUNCED,
    JourneyState.PUBLISHED,
    JourneyState.REGISTRATION_OPEN,
    JourneyState.REGISTRATION_CLOSED,
    JourneyState.RUNNING,
    JourneyState.DEBRIEFING,
    JourneyState.COMPLETED,
    JourneyState.CANCELLED,
]
"""Every state but the first: a draft is nobody's but the agency's."""


class ProgrammeEntry(Answer):
    """A journey as everybody may know it. One that is announced lasts its whole month and has no stops yet."""

    id: str
    version: int
    state: Public
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    capacity: int
    seats_free: int | None
    """None until registration opens. Nobody learns here how many wait."""
    waiting_list: bool
    """Whether a request made now would wait for a seat."""
    published_at: datetime
    completed_at: datetime | None
    topics: tuple[Topic, ...]
    """What an announcement says it is about; the stops have their own."""
    interested: int
    """From how many organisations interest in an announced journey comes."""
    stops: tuple[ProgrammeStop, ...]

    @classmethod
    def of(cls, journey: Journey, ledger: SeatLedger | None, interested: int) -> Self:
        """Show a journey with what its ledger says to everybody."""
        open_now = journey.state is JourneyState.REGISTRATION_OPEN
        free = max(ledger.free, 0) if ledger else None
        stops = [stop for stop in journey.stops if stop.state is not StopState.CANCELLED]
        shown = tuple(ProgrammeStop.model_validate(stop, from_attributes=True) for stop in stops)
        known = {**{name: getattr(journey, name) for name in AS_IT_IS}, "stops": shown, **told_of(journey)}
        return cls(
            **known,
            seats_free=free,
            waiting_list=bool(open_now and ledger and (free == 0 or ledger.waitlisted)),
            interested=interested,
        )


@routes.get("/programme", policy=PUBLIC, answers=Paged[ProgrammeEntry])
async def list_programme(
    reader: Reader, past: Past = False, cursor: Cursor = None, limit: Limit = 50
) -> Paged[ProgrammeEntry]:
    """List what lies ahead, the next one first, with the seats that are free."""
    after = Position.read(cursor) if cursor else None
    programme = reader.store(Programme)
    chosen = programme.past if past else programme.ahead
    found = await chosen(reader.now, after, reader.scope, limit=limit + 1)
    items = found[:limit]
    last = items[-1] if len(found) > limit else None
    return Paged[ProgrammeEntry](
        items=await _shown(items, reader),
        next_cursor=Position(last.ends_at, last.id).text if last else None,
    )


@routes.get("/programme/{journey_id}", policy=PUBLIC, answers=ProgrammeEntry)
async def read_programme_entry(journey_id: Reference, reader: Reader) -> ProgrammeEntry:
    """Show one journey as everybody may know it."""
    journey = await reader.store(Programme).get(journey_id, reader.scope)
    return (await _shown([journey], reader))[0]


async def _shown(journeys: Sequence[Journey], reader: Reader) -> list[ProgrammeEntry]:
    ledgers = await reader.store(FreeSeats).of(journey.id for journey in journeys)
    announced = [journey.id for journey in journeys if journey.state is JourneyState.ANNOUNCED]
    interested = await reader.store(Interests).organisations(announced) if announced else {}
    return [ProgrammeEntry.of(each, ledgers.get(each.id), interested.get(each.id, 0)) for each in journeys]
