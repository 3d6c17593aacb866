"""Outreach plans over HTTP. Everybody sees their own, and nobody sees another's: not the employer, not the staff."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from missionare.kit.routes import Answer, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope
from missionare.notifications.activity.domain import intend
from missionare.notifications.activity.store import OutreachActivities
from missionare.notifications.api import SIGNED_IN
from missionare.notifications.calendar.domain import day_of, morning_of
from missionare.notifications.events import ActivityKind
from missionare.notifications.follow_up.domain import open_task
from missionare.notifications.follow_up.store import TASK_REMINDER, FollowUpTasks
from missionare.notifications.outreach.domain import OutreachPlan, PlanState, Proposal, accept, decline
from missionare.notifications.outreach.store import (
    PLAN_LAPSE,
    PLAN_REFRESH,
    PLAN_REMINDER,
    PLAN_SETTLING,
    OutreachPlans,
)

routes = Routes("notifications")


class ProposalView(Answer):
    """A suggested activity, due so many days after the plan is accepted."""

    kind: ActivityKind
    due_after_days: int
    question_id: str | None


class PlanView(Answer):
    """A plan as its missionary sees it."""

    id: str
    version: int
    journey_id: str
    goal_id: str | None
    topics: tuple[str, ...]
    state: PlanState
    proposals: tuple[ProposalView, ...]
    questions: tuple[str, ...]
    drafted_at: datetime
    answered_at: datetime | None

    @classmethod
    def of(cls, plan: OutreachPlan, _scope: Scope) -> Self:
        """Show a plan."""
        return cls.model_validate(plan, from_attributes=True)


@routes.get("/outreach-plans", policy=SIGNED_IN, answers=Paged[PlanView])
async def list_outreach_plans(reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[PlanView]:
    """List the caller's own plans."""
    page = await reader.store(OutreachPlans).page({}, reader.scope, cursor=cursor, limit=limit)
    return Paged[PlanView].of(page, PlanView, reader.scope)


@routes.get("/outreach-plans/{plan_id}", policy=SIGNED_IN, answers=PlanView)
async def read_outreach_plan(plan_id: str, reader: Reader) -> PlanView:
    """Read one of the caller's own plans."""
    return PlanView.of(await reader.store(OutreachPlans).get(plan_id, reader.scope), reader.scope)


@routes.post("/outreach-plans/{plan_id}/acceptance", policy=SIGNED_IN, shows=(OutreachPlans, PlanView), changes=True)
async def accept_outreach_plan(plan_id: str, command: Command) -> Done:
    """Accept a plan: its activities become one's own, each with a task that reminds once."""
    plans = command.store(OutreachPlans)
    plan = await plans.get(plan_id, command.scope)
    command.match(plan)
    accepted, facts = accept(plan, now=command.now)
    command.save(plans, accepted, facts)
    for proposal in accepted.proposals:
        _take_on(accepted, proposal, command)
    _forget_course(accepted, command)
    return command.done(plan_id)


@routes.post("/outreach-plans/{plan_id}/refusal", policy=SIGNED_IN, shows=(OutreachPlans, PlanView), changes=True)
async def decline_outreach_plan(plan_id: str, command: Command) -> Done:
    """Decline a plan, without a reason and without consequence."""
    plans = command.store(OutreachPlans)
    plan = await plans.get(plan_id, command.scope)
    command.match(plan)
    declined, facts = decline(plan, now=command.now)
    command.save(plans, declined, facts)
    _forget_course(declined, command)
    return command.done(plan_id)


def _take_on(plan: OutreachPlan, proposal: Proposal, command: Command) -> None:
    activity, planned = intend(
        id=command.new_id(),
        outreach_plan_id=plan.id,
        person_id=plan.person_id,
        journey_id=plan.journey_id,
        question_id=proposal.question_id,
        kind=proposal.kind,
        due_on=day_of(command.now) + timedelta(days=proposal.due_after_days),
    )
    task, opened = open_task(
        id=command.new_id(),
        outreach_activity_id=activity.id,
        person_id=activity.person_id,
        kind=activity.kind,
        due_on=activity.due_on,
    )
    command.save(command.store(OutreachActivities), activity, planned)
    command.save(command.store(FollowUpTasks), task, opened)
    command.schedule(TASK_REMINDER, task.id, at=morning_of(task.due_on))


def _forget_course(plan: OutreachPlan, command: Command) -> None:
    """An answered plan is neither freshened nor brought to mind."""
    for timer in (PLAN_REFRESH, PLAN_SETTLING, PLAN_REMINDER, PLAN_LAPSE):
        command.cancel(timer, plan.id)
