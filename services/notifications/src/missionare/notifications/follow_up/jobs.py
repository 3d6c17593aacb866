"""What becomes of a task by itself: it reminds once and ends quietly. Nothing escalates."""

from __future__ import annotations

from missionare.kit.store import Scope
from missionare.kit.timers import Due
from missionare.kit.work import Work
from missionare.notifications.follow_up.domain import LAPSES_AFTER, lapse, remind
from missionare.notifications.follow_up.store import TASK_LAPSE, FollowUpTasks
from missionare.notifications.message.domain import Template
from missionare.notifications.message.store import Messages

SCOPE = Scope.system("a task follows its course for its missionary")


async def on_task_reminder_due(timer: Due, work: Work) -> None:
    """Remind of an activity on its day, once."""
    tasks = work.store(FollowUpTasks)
    task = await tasks.get(timer.subject, SCOPE)
    reminded = remind(task, now=work.now)
    if reminded is None:
        work.ignored("the task is closed or was brought to mind before")
        return
    work.save(tasks, reminded)
    work.schedule(TASK_LAPSE, task.id, at=work.now + LAPSES_AFTER)
    await work.store(Messages).queue(
        work,
        Template.FOLLOW_UP_REMINDER,
        person=task.person_id,
        trigger=task.id,
        due_on=task.due_on,
        kind=task.kind,
    )


async def on_task_lapse_due(timer: Due, work: Work) -> None:
    """Let a task go that nobody took up."""
    tasks = work.store(FollowUpTasks)
    lapsed = lapse(await tasks.get(timer.subject, SCOPE), now=work.now)
    if lapsed is None:
        work.ignored("the task is closed")
        return
    work.save(tasks, lapsed)
