"""The process after each journey, and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from missionare.kit.mongo import Document, Filter
from missionare.kit.store import NOTHING, Scope, Store
from missionare.notifications.post_journey.domain import PostJourney, Tally
from missionare.notifications.store import overseen

JOURNEY_LOOK = "post_journey_look"
JOURNEY_QUALIFIED = "post_journey_qualified"
"""Names of the process's timers, kept in the database and never changed."""


class PostJourneys(Store[PostJourney]):
    """One process per journey. Operators see it, in counts; it names no person."""

    collection = "post_journeys"
    aggregate = "post_journey"
    model = PostJourney

    def within(self, scope: Scope) -> Filter:
        """Show the numbers to operators only: no employer learns how its people do."""
        return overseen(scope)

    async def of(self, journey_id: str, scope: Scope) -> PostJourney:
        """Load the process of a journey, or begin it."""
        return await self.find(journey_id, scope) or PostJourney(id=journey_id)

    async def tally(self, journey_id: str, scope: Scope) -> Tally:
        """Count what came of a journey up to now, over all its plans and activities, never by person or employer."""
        return (await self.tallies([journey_id], scope))[journey_id]

    async def tallies(self, journey_ids: Sequence[str], scope: Scope) -> dict[str, Tally]:
        """Count what came of each of these journeys, in two questions for all of them."""
        if not scope.unbound and self.within(scope) == NOTHING:
            return dict.fromkeys(journey_ids, Tally())
        plans = await self._grouped("outreach_plans", journey_ids)
        activities = await self._grouped("outreach_activities", journey_ids)
        return {each: _tally(plans.get(each, []), activities.get(each, [])) for each in journey_ids}

    async def _grouped(self, collection: str, journey_ids: Sequence[str]) -> dict[str, list[Document]]:
        sums: dict[str, Any] = {"n": {"$sum": 1}, "reach": {"$sum": "$reach"}, "conversions": {"$sum": "$conversions"}}
        by = {"journey_id": "$journey_id", "state": "$state"}
        pipeline = [{"$match": {"journey_id": {"$in": list(journey_ids)}}}, {"$group": {"_id": by, **sums}}]
        found: dict[str, list[Document]] = {}
        for group in await self.database.aggregate(collection, pipeline):
            found.setdefault(group["_id"]["journey_id"], []).append(group)
        return found


def _tally(plans: list[Document], activities: list[Document]) -> Tally:
    return Tally(
        plans=_total(plans, "n"),
        accepted=_of_state(plans, "accepted"),
        declined=_of_state(plans, "declined"),
        lapsed=_of_state(plans, "lapsed"),
        activities=_total(activities, "n"),
        done=_of_state(activities, "done"),
        skipped=_of_state(activities, "skipped"),
        reach=_total(activities, "reach"),
        conversions=_total(activities, "conversions"),
    )


def _total(groups: list[Document], field: str) -> int:
    return sum(int(group[field]) for group in groups)


def _of_state(groups: list[Document], state: str) -> int:
    return sum(int(group["n"]) for group in groups if group["_id"]["state"] == state)
