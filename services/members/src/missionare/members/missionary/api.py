"""Missionaries: how far each has come, for the agency; for everybody those who consent to be named.

One's own standing is under `/me`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Self

from missionare.kit.mongo import Filter
from missionare.kit.routes import Answer, Cursor, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.affiliation.store import Affiliations
from missionare.members.api import STAFF, Reference
from missionare.members.consent.store import Consents
from missionare.members.events import Purpose
from missionare.members.missionary.domain import QUALIFIED, Missionary, MissionaryState
from missionare.members.missionary.store import Missionaries
from missionare.members.organisation.store import Organisations
from missionare.members.person.store import People

routes = Routes("members")

CONSENTING: Final = Scope.system("only those are looked up who consent to be named to everybody")


class MissionaryView(Answer):
    """One missionary."""

    id: str
    version: int
    person_id: str
    state: MissionaryState
    goal_id: str | None
    journey_id: str | None
    qualified_by: tuple[str, ...]
    plan_id: str | None

    @classmethod
    def of(cls, missionary: Missionary, scope: Scope) -> Self:
        """Show the whole of it: the store has decided who sees whom."""
        del scope
        return cls.model_validate(missionary.model_dump(exclude={"chain"}))


@routes.get("/missionaries", policy=STAFF, answers=Paged[MissionaryView])
async def list_missionaries(
    reader: Reader,
    state: MissionaryState | None = None,
    journey_id: Reference | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[MissionaryView]:
    """List missionaries and those on the way to become one; with a journey, those whom it has qualified."""
    wanted = {"state": state, "qualified_by": journey_id}
    where: Filter = {name: str(value) for name, value in wanted.items() if value is not None}
    page = await reader.store(Missionaries).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[MissionaryView].of(page, MissionaryView, reader.scope)


class ListedMissionary(Answer):
    """What everybody may know of a missionary who consents to be named."""

    given_name: str
    family_name: str
    municipality: str | None
    """Where their organisation is; not which one, for it was not asked."""
    journeys: int
    email: str | None
    """For those who are signed in, where its owner consents to that, too."""


@routes.get("/missionaries/listed", policy=Policy.public(), answers=Paged[ListedMissionary])
async def list_consenting_missionaries(
    reader: Reader, cursor: Cursor = None, limit: Limit = 50
) -> Paged[ListedMissionary]:
    """List the missionaries who consent to be named in public; a withdrawal acts on the next look."""
    page = await reader.store(Consents).granted(Purpose.PUBLIC_LISTING, CONSENTING, cursor=cursor, limit=limit)
    listed = await _told([consent.person_id for consent in page.items], reader)
    return Paged[ListedMissionary](items=listed, next_cursor=page.next_cursor)


async def _told(person_ids: Sequence[str], reader: Reader) -> list[ListedMissionary]:
    """Tell what was consented to of those among these people who have come home from a journey."""
    among = {"person_id": {"$in": list(person_ids)}}
    qualified = {"$in": sorted(state.value for state in QUALIFIED)}
    missionaries, places, sharing = await asyncio.gather(
        reader.store(Missionaries).every({**among, "state": qualified}, CONSENTING),
        reader.store(Affiliations).every({**among, "primary": True}, CONSENTING),
        reader.store(Consents).consenting(Purpose.CONTACT_SHARING, person_ids, CONSENTING),
    )
    house_of = {place.person_id: place.organisation_id for place in places}
    known = {"_id": {"$in": [missionary.person_id for missionary in missionaries]}}
    people, houses = await asyncio.gather(
        reader.store(People).every(known, CONSENTING),
        reader.store(Organisations).every({"_id": {"$in": list(house_of.values())}}, CONSENTING),
    )
    named = {person.id: person.contact for person in people}
    seat = {house.id: house.profile.municipality for house in houses}
    reachable = sharing if reader.caller.signed_in else frozenset()
    return [
        ListedMissionary(
            given_name=named[one.person_id].given_name,
            family_name=named[one.person_id].family_name,
            municipality=seat.get(house_of.get(one.person_id, "")),
            journeys=len(one.qualified_by),
            email=named[one.person_id].email if one.person_id in reachable else None,
        )
        for one in missionaries
        if one.person_id in named
    ]
