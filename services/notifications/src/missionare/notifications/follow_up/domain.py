"""Follow-up tasks: one per activity. It reminds once, closes itself, and never escalates a volunteer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from missionare.kit.aggregates import Aggregate, Transitions
from missionare.kit.facts import Fact
from missionare.notifications.events import ActivityKind, FollowUpTaskCompleted, FollowUpTaskOpened

LAPSES_AFTER = timedelta(days=14)
"""A task that was brought to mind and not taken up ends quietly, this long after the reminder."""


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    DISMISSED = "dismissed"
    LAPSED = "lapsed"


TASK_MOVES: Transitions[TaskState] = MappingProxyType(
    {
        TaskState.OPEN: frozenset({TaskState.DONE, TaskState.DISMISSED, TaskState.LAPSED}),
        TaskState.DONE: frozenset(),
        TaskState.DISMISSED: frozenset(),
        TaskState.LAPSED: frozenset(),
    }
)


class FollowUpTask(Aggregate):
    """The reminder of one activity."""

    outreach_activity_id: str
    person_id: str
    kind: ActivityKind
    state: TaskState
    due_on: date
    reminded_at: datetime | None = None
    closed_at: datetime | None = None


Followed = tuple[FollowUpTask, list[Fact]]


def open_task(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    outreach_activity_id: str,
    person_id: str,
    kind: ActivityKind,
    due_on: date,
) -> Followed:
    """Open the task of an activity that was just taken on."""
    task = FollowUpTask(
        id=id,
        outreach_activity_id=outreach_activity_id,
        person_id=person_id,
        kind=kind,
        state=TaskState.OPEN,
        due_on=due_on,
    )
    opened = FollowUpTaskOpened(
        follow_up_task_id=id, outreach_activity_id=outreach_activity_id, person_id=person_id, due_on=due_on
    )
    return task, [opened]


def remind(task: FollowUpTask, *, now: datetime) -> FollowUpTask | None:
    """Note the one reminder; None when the task is closed or was brought to mind before."""
    if task.state is not TaskState.OPEN or task.reminded_at is not None:
        return None
    return task.changed(reminded_at=now)


def complete(task: FollowUpTask, *, now: datetime) -> Followed:
    """Close a task that has come to its end by itself; a closed one stays as it is."""
    closed = _closed(task, TaskState.DONE, now)
    if closed is None:
        return task, []
    return closed, [FollowUpTaskCompleted(follow_up_task_id=task.id, outreach_activity_id=task.outreach_activity_id)]


def dismiss(task: FollowUpTask, *, now: datetime) -> FollowUpTask | None:
    """Close the task of an activity that was skipped; None when it is closed."""
    return _closed(task, TaskState.DISMISSED, now)


def lapse(task: FollowUpTask, *, now: datetime) -> FollowUpTask | None:
    """Let a task go that nobody took up; None when it is closed."""
    return _closed(task, TaskState.LAPSED, now)


def _closed(task: FollowUpTask, new: TaskState, now: datetime) -> FollowUpTask | None:
    # Three ways lead to a task's end, and none of them fails because another one was faster.
    if new not in TASK_MOVES[task.state]:
        return None
    return task.changed(state=new, closed_at=now)
