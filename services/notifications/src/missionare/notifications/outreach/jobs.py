"""What becomes of a plan by itself: it is freshened, brought to mind once, and ends quietly."""

from __future__ import annotations

from missionare.kit.store import Scope
from missionare.kit.timers import Due
from missionare.kit.work import Work
from missionare.notifications.calendar.domain import day_of
from missionare.notifications.message.domain import Template
from missionare.notifications.message.store import Messages
from missionare.notifications.outreach.domain import LAPSES_AFTER, REMINDED_AFTER, PlanState, lapse, refresh, remind
from missionare.notifications.outreach.store import PLAN_LAPSE, OutreachPlans
from missionare.notifications.outreach.views import Functions, PublishedQuestions

SCOPE = Scope.system("a plan follows its course for its missionary")


async def on_plan_refresh_due(timer: Due, work: Work) -> None:
    """Draft a plan anew, unless it is answered or nothing has changed."""
    plans = work.store(OutreachPlans)
    plan = await plans.get(timer.subject, SCOPE)
    refreshed, facts = refresh(
        plan,
        functions=await work.store(Functions).of(plan.person_id, SCOPE),
        questions=await work.store(PublishedQuestions).on(plan.topics, SCOPE),
    )
    if not facts:
        work.ignored("the plan is answered or up to date")
        return
    work.save(plans, refreshed, facts)


async def on_plan_reminder_due(timer: Due, work: Work) -> None:
    """Bring a plan without an answer to mind, once."""
    plans = work.store(OutreachPlans)
    plan = await plans.get(timer.subject, SCOPE)
    reminded = remind(plan, now=work.now)
    if reminded is None:
        work.ignored("the plan is answered or was brought to mind before")
        return
    # The end is counted from the reminder: whoever was reminded late has no less time.
    lapses_at = work.now + LAPSES_AFTER - REMINDED_AFTER
    work.save(plans, reminded)
    work.schedule(PLAN_LAPSE, plan.id, at=lapses_at)
    await work.store(Messages).queue(
        work,
        Template.OUTREACH_PLAN_REMINDER,
        person=plan.person_id,
        trigger=plan.id,
        journey_id=plan.journey_id,
        due_on=day_of(lapses_at),
    )


async def on_plan_lapse_due(timer: Due, work: Work) -> None:
    """End a plan that nobody answered. Nobody is told: there is nothing to tell."""
    plans = work.store(OutreachPlans)
    plan = await plans.get(timer.subject, SCOPE)
    if plan.state is not PlanState.DRAFTED:
        work.ignored("the plan is answered")
        return
    work.save(plans, *lapse(plan, now=work.now))
