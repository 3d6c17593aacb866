"""Outreach activities over HTTP. Everybody sees and notes their own, in less than a minute."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import Field

from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope
from missionare.notifications.activity.domain import ActivityState, OutreachActivity, record, skip
from missionare.notifications.activity.store import OutreachActivities
from missionare.notifications.api import SIGNED_IN
from missionare.notifications.calendar.domain import day_of
from missionare.notifications.events import ActivityKind
from missionare.notifications.follow_up.domain import complete, dismiss
from missionare.notifications.follow_up.store import TASK_LAPSE, TASK_REMINDER, FollowUpTasks

routes = Routes("notifications")

MOST_REACHED = 100_000


class ActivityRecord(Body):
    """What took place: four fields, one of them optional."""

    kind: ActivityKind
    done_on: date
    reach: Annotated[int, Field(ge=0, le=MOST_REACHED, description="how many people were there or read it")]
    note: Annotated[str, Field(max_length=1_000, description="for yourself alone")] | None = None


class ActivityView(Answer):
    """An activity as its missionary sees it."""

    id: str
    version: int
    outreach_plan_id: str
    question_id: str | None
    kind: ActivityKind
    state: ActivityState
    due_on: date
    done_on: date | None
    reach: int | None
    note: str | None
    closed_at: datetime | None
    conversions: int

    @classmethod
    def of(cls, activity: OutreachActivity, _scope: Scope) -> Self:
        """Show an activity."""
        return cls.model_validate(activity, from_attributes=True)


@routes.get("/outreach-activities", policy=SIGNED_IN, answers=Paged[ActivityView])
async def list_outreach_activities(reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[ActivityView]:
    """List the caller's own activities."""
    page = await reader.store(OutreachActivities).page({}, reader.scope, cursor=cursor, limit=limit)
    return Paged[ActivityView].of(page, ActivityView, reader.scope)


@routes.get("/outreach-activities/{activity_id}", policy=SIGNED_IN, answers=ActivityView)
async def read_outreach_activity(activity_id: str, reader: Reader) -> ActivityView:
    """Read one of the caller's own activities."""
    return ActivityView.of(await reader.store(OutreachActivities).get(activity_id, reader.scope), reader.scope)


@routes.post(
    "/outreach-activities/{activity_id}/record",
    policy=SIGNED_IN,
    shows=(OutreachActivities, ActivityView),
    changes=True,
)
async def record_outreach_activity(activity_id: str, body: ActivityRecord, command: Command) -> Done:
    """Note that an activity has taken place; its task is done with that."""
    activities = command.store(OutreachActivities)
    activity = await activities.get(activity_id, command.scope)
    command.match(activity)
    done, facts = record(
        activity,
        kind=body.kind,
        done_on=body.done_on,
        reach=body.reach,
        note=body.note,
        now=command.now,
        today=day_of(command.now),
    )
    command.save(activities, done, facts)
    tasks = command.store(FollowUpTasks)
    task = await tasks.of(activity_id, command.scope)
    if task is not None:
        completed, followed = complete(task, now=command.now)
        if followed:
            command.save(tasks, completed, followed)
            _forget_reminder(task.id, command)
    return command.done(activity_id)


@routes.post(
    "/outreach-activities/{activity_id}/skip", policy=SIGNED_IN, shows=(OutreachActivities, ActivityView), changes=True
)
async def skip_outreach_activity(activity_id: str, command: Command) -> Done:
    """Drop an activity, without a reason and without consequence; its task goes with it."""
    activities = command.store(OutreachActivities)
    activity = await activities.get(activity_id, command.scope)
    command.match(activity)
    command.save(activities, *skip(activity, now=command.now))
    tasks = command.store(FollowUpTasks)
    task = await tasks.of(activity_id, command.scope)
    dismissed = dismiss(task, now=command.now) if task is not None else None
    if dismissed is not None:
        command.save(tasks, dismissed)
        _forget_reminder(dismissed.id, command)
    return command.done(activity_id)


def _forget_reminder(task_id: str, command: Command) -> None:
    command.cancel(TASK_REMINDER, task_id)
    command.cancel(TASK_LAPSE, task_id)
