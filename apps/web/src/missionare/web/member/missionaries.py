"""The missionaries of the region: those who consent to be named, and nobody else."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Response

from missionare.web.pictures.places import PLACES
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import Read
from missionare.web.visits import Visiting

pages = Pages()

PER_PAGE: Final = 100
TOWNS: Final = {place.code: place.name for place in PLACES}
Cursor = Annotated[str | None, Query(max_length=128)]


class Missionary(Read):
    """Somebody who has consented to be named."""

    given_name: str
    family_name: str
    municipality: str | None = None
    journeys: int
    email: str | None = None

    @property
    def name(self) -> str:
        """The name as people say it."""
        return f"{self.given_name} {self.family_name}"

    @property
    def town(self) -> str:
        """Where their organisation is."""
        return TOWNS.get(self.municipality or "", "")


class Missionaries(Read):
    """A page of them."""

    items: tuple[Missionary, ...]
    next_cursor: str | None = None


@pages.get("/missionaries", who=EVERYBODY)
async def list_missionaries(visit: Visiting, cursor: Cursor = None) -> Response:
    """Show who has come back from a journey, tells of it, and wants to be found."""
    listed = await visit.ask.read(Missionaries, "members", "/missionaries/listed", cursor=cursor, limit=PER_PAGE)
    return visit.page("member/missionaries.html", keep=False, listed=listed, cursor=cursor)
