"""Follow-up tasks over HTTP: everybody sees their own. They close by themselves, so there is nothing to press."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from missionare.kit.routes import Answer, Cursor, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope
from missionare.notifications.api import SIGNED_IN
from missionare.notifications.events import ActivityKind
from missionare.notifications.follow_up.domain import FollowUpTask, TaskState
from missionare.notifications.follow_up.store import FollowUpTasks

routes = Routes("notifications")


class TaskView(Answer):
    """A task as its missionary sees it."""

    id: str
    outreach_activity_id: str
    kind: ActivityKind
    state: TaskState
    due_on: date
    reminded_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, task: FollowUpTask, _scope: Scope) -> Self:
        """Show a task."""
        return cls.model_validate(task, from_attributes=True)


@routes.get("/follow-up-tasks", policy=SIGNED_IN, answers=Paged[TaskView])
async def list_follow_up_tasks(reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[TaskView]:
    """List the caller's own tasks."""
    page = await reader.store(FollowUpTasks).page({}, reader.scope, cursor=cursor, limit=limit)
    return Paged[TaskView].of(page, TaskView, reader.scope)
