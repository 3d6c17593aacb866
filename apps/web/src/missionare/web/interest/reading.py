"""What the pages read of somebody's own interest in a journey."""

from __future__ import annotations

from typing import Final

from missionare.web.registration.reading import MOST
from missionare.web.services import Read
from missionare.web.visits import Visit

FORM: Final = "interest"
STATED: Final = "stated"


class Interest(Read):
    """Somebody's own interest in one journey."""

    id: str
    version: int
    state: str


class Interests(Read):
    """A page of somebody's own interests."""

    items: tuple[Interest, ...]


async def own_interest(visit: Visit, journey_id: str) -> Interest | None:
    """Give the caller's interest in a journey that stands; None for a visitor, or where there is none."""
    if visit.caller.person_id is None:
        return None
    found = await visit.ask.read(Interests, "journeys", "/interests", journey_id=journey_id, limit=MOST)
    return next((interest for interest in reversed(found.items) if interest.state == STATED), None)
