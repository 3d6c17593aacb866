"""Outreach plans in the database. Only their missionary reads them."""

from __future__ import annotations

from collections.abc import Sequence

from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store
from missionare.notifications.outreach.domain import OutreachPlan, PlanState, PlanUnknown
from missionare.notifications.store import own

PLAN_REFRESH = "outreach_plan_refresh"
PLAN_SETTLING = "outreach_plan_settling"
PLAN_REMINDER = "outreach_plan_reminder"
PLAN_LAPSE = "outreach_plan_lapse"
"""Names of a plan's timers, kept in the database and never changed."""


class OutreachPlans(Store[OutreachPlan]):
    """One plan per missionary and journey."""

    collection = "outreach_plans"
    aggregate = "outreach_plan"
    model = OutreachPlan
    unknown = PlanUnknown
    indexes = (
        Index("one_per_missionary_and_journey", ["missionary_id", "journey_id"], unique=True),
        Index("of_person", ["person_id", "_id"]),
        Index("open_by_topic", ["topics"], where={"state": PlanState.DRAFTED.value}),
        Index("open_by_question", ["questions"], where={"state": PlanState.DRAFTED.value}),
        Index("of_journey", ["journey_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show a plan to its own missionary only: no employer, no colleague, no staff."""
        return own(scope)

    async def of(self, missionary_id: str, journey_id: str, scope: Scope) -> OutreachPlan | None:
        """Load the one plan of a missionary and a journey, or None."""
        return await self.first({"missionary_id": missionary_id, "journey_id": journey_id}, scope)

    async def open_on(self, topics: Sequence[str], question_id: str, scope: Scope) -> list[str]:
        """Give the ids of the plans without an answer that share a topic, or hold the question already."""
        concerned = [{"topics": {"$in": list(topics)}}, {"questions": question_id}]
        open_plans = {"state": PlanState.DRAFTED.value, "$or": concerned}
        return [plan.id for plan in await self.every(open_plans, scope)]

    async def open_of(self, person_id: str, scope: Scope) -> list[str]:
        """Give the ids of a person's plans without an answer."""
        open_plans = {"state": PlanState.DRAFTED.value, "person_id": person_id}
        return [plan.id for plan in await self.every(open_plans, scope)]
