"""The route on which the agency sees what a completion has brought about, and what is still to come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import Query

from missionare.journeys.api import OVERSIGHT, Reference
from missionare.journeys.consequence.views import COUNTED, Consequences, arrived
from missionare.journeys.journey.store import Journeys
from missionare.kit.answers import Answer
from missionare.kit.mongo import Document
from missionare.kit.routes import Reader, Routes

routes = Routes("journeys")

LONGEST_WAIT: Final = 2_000


class Consequence(Answer):
    """One kind of consequence."""

    name: str
    arrived: int
    expected: int | None
    """How many there will be; null where people decide about that."""
    latest_at: datetime | None
    """When the latest of them happened."""


class ConsequencesView(Answer):
    """What a journey's completion has brought about so far."""

    journey_id: str
    revision: int
    completed_at: datetime | None
    """Null until the journey is completed and that fact has come round."""
    stops_visited: int
    participations: int
    insights_released: int
    insights_pending: int
    items: tuple[Consequence, ...]
    seen: int
    """How many facts this was made from. Given as `after`, the answer waits for the next one."""
    complete: bool
    """Whether everything has arrived that comes without a hand on it."""


@routes.get("/journeys/{journey_id}/consequences", policy=OVERSIGHT, answers=ConsequencesView)
async def read_consequences(
    journey_id: Reference,
    reader: Reader,
    after: Annotated[int | None, Query(ge=0, description="`seen` of the answer before")] = None,
    wait_ms: Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="how long to wait for something new")] = 0,
) -> ConsequencesView:
    """Show what a completion has brought about, and what is still to come; with `after`, once there is more."""
    journey = await reader.store(Journeys).get(journey_id, reader.scope)
    rows = reader.store(Consequences)
    if after is None or not wait_ms:
        found = await rows.of(journey.id, reader.scope)
    else:
        found = await rows.after(journey.id, reader.scope, seen=after, seconds=wait_ms / 1_000)
    row = found or {}
    expected = _expected(row)
    latest = row.get("latest", {})
    items = tuple(
        Consequence(name=name, arrived=row.get(name, 0), expected=expected.get(name), latest_at=latest.get(name))
        for name in COUNTED
    )
    numbers = ("revision", "stops_visited", "participations", "insights_released", "insights_pending")
    return ConsequencesView(
        journey_id=journey.id,
        completed_at=row.get("completed_at"),
        items=items,
        seen=arrived(row),
        complete="completed_at" in row and all(i.expected is None or i.arrived >= i.expected for i in items),
        **{name: row.get(name, 0) for name in numbers},
    )


def _expected(row: Document) -> dict[str, int]:
    """Say how many of each will come by themselves, as far as that is known by now."""
    if "completed_at" not in row:
        return {}
    participations = row["participations"]
    return {
        "participations_concluded": participations,
        "assessments_requested": participations,
        "catalog_updates_proposed": 1,
        "outreach_plans_drafted": row.get("missionaries_qualified", 0),
    }
