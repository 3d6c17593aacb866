"""Participants, as the facts of members describe them."""

from __future__ import annotations

from collections.abc import Iterable

from missionare.journeys.participant.domain import Participant
from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Scope, Store


class Participants(Store[Participant]):
    """One document per person."""

    collection = "participants"
    aggregate = "participant"
    model = Participant

    def within(self, scope: Scope) -> Filter:
        """Show people what is known of themselves."""
        person_id = scope.caller.person_id if scope.caller else None
        return {"_id": person_id} if person_id else NOTHING

    async def known(self, person_id: str) -> Participant:
        """Give what is known of a person, or a blank beginning."""
        scope = Scope.system("a decision about this person needs goals and affiliations")
        return await self.find(person_id, scope) or Participant(id=person_id)

    async def known_of(self, person_ids: Iterable[str]) -> dict[str, Participant]:
        """Give what is known of several people, by id."""
        scope = Scope.system("who on the waiting list still belongs to their organisation")
        return {person.id: person for person in await self.every({"_id": {"$in": list(person_ids)}}, scope)}
