"""Follow-up tasks in the database. Only their missionary reads them."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store
from missionare.notifications.follow_up.domain import FollowUpTask
from missionare.notifications.store import own

TASK_REMINDER = "follow_up_reminder"
TASK_LAPSE = "follow_up_lapse"
"""Names of a task's timers, kept in the database and never changed."""


class FollowUpTasks(Store[FollowUpTask]):
    """One task per activity."""

    collection = "follow_up_tasks"
    aggregate = "follow_up_task"
    model = FollowUpTask
    indexes = (
        Index("one_per_activity", ["outreach_activity_id"], unique=True),
        Index("of_person", ["person_id", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show a task to its own missionary only."""
        return own(scope)

    async def of(self, activity_id: str, scope: Scope) -> FollowUpTask | None:
        """Load the one task of an activity, or None."""
        return await self.first({"outreach_activity_id": activity_id}, scope)
