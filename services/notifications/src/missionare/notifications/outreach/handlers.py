"""What outreach does when others publish a fact: it drafts plans, freshens them and counts what came of them."""

from __future__ import annotations

from datetime import timedelta

from missionare.kit.handlers import Handlers, Received
from missionare.kit.store import Scope
from missionare.kit.work import Work
from missionare.notifications.activity.domain import convert
from missionare.notifications.activity.store import OutreachActivities
from missionare.notifications.calendar.domain import day_of
from missionare.notifications.follow_up.domain import complete as complete_task
from missionare.notifications.follow_up.store import TASK_LAPSE, TASK_REMINDER, FollowUpTasks
from missionare.notifications.message.domain import Template
from missionare.notifications.message.store import Messages
from missionare.notifications.outreach.domain import LAPSES_AFTER, REMINDED_AFTER, Question, draft
from missionare.notifications.outreach.store import PLAN_REFRESH, PLAN_REMINDER, PLAN_SETTLING, OutreachPlans
from missionare.notifications.outreach.views import Functions, PublishedQuestions
from missionare.notifications.post_journey.domain import complete
from missionare.notifications.post_journey.store import JOURNEY_LOOK, JOURNEY_QUALIFIED, PostJourneys

OUTREACH = Handlers(consumer="notifications")

SCOPE = Scope.system("a plan is drafted for whoever a fact is about")
QUESTION = "question"
SETTLING = timedelta(minutes=2)
"""What happened in the same moment can be seen by then."""


class AffiliationConfirmed(Received, source="members", aggregate="affiliation"):
    """Somebody belongs to an organisation, in these functions."""

    affiliation_id: str
    person_id: str
    functions: tuple[str, ...]


class AffiliationEnded(Received, source="members", aggregate="affiliation"):
    """Somebody has left an organisation."""

    affiliation_id: str


class MissionaryQualified(Received, source="members", aggregate="missionary"):
    """A missionary was there for enough of a journey."""

    missionary_id: str
    person_id: str
    journey_id: str
    goal_id: str | None
    topics: tuple[str, ...]


class InvitationAccepted(Received, source="members", aggregate="invitation"):
    """Somebody invited has joined, thanks to this activity."""

    activity_id: str
    issuer_person_id: str


class EntryPublished(Received, source="catalog", aggregate="entry"):
    """A version of a catalog entry is public."""

    entry_id: str
    kind: str
    topics: tuple[str, ...]


class EntriesMerged(Received, source="catalog", aggregate="entry"):
    """Another entry speaks for this one from now on."""

    entry_id: str
    kind: str


class JourneyCompleted(Received, source="journeys", aggregate="journey"):
    """A journey is over."""

    journey_id: str


@OUTREACH.on(MissionaryQualified, together=True)
async def on_missionary_qualified(fact: MissionaryQualified, work: Work) -> None:
    """Draft the one plan of this missionary and journey, and tell the person."""
    plans = work.store(OutreachPlans)
    if await plans.of(fact.missionary_id, fact.journey_id, SCOPE) is not None:
        work.ignored("there is a plan for this missionary and journey already")
        return
    plan, facts = draft(
        id=work.new_id(),
        missionary_id=fact.missionary_id,
        person_id=fact.person_id,
        journey_id=fact.journey_id,
        goal_id=fact.goal_id,
        topics=fact.topics,
        functions=await work.store(Functions).of(fact.person_id, SCOPE),
        questions=await work.store(PublishedQuestions).on(fact.topics, SCOPE),
        now=work.now,
    )
    work.save(plans, plan, facts)
    work.schedule(PLAN_REMINDER, plan.id, at=work.now + REMINDED_AFTER)
    # What is published or confirmed in this very moment sees no plan yet, and the plan does not see it.
    work.schedule(PLAN_SETTLING, plan.id, at=work.now + SETTLING)
    # The missionaries of a journey qualify together: were each of them to change its process, they would all race.
    work.schedule(JOURNEY_QUALIFIED, fact.journey_id, at=work.now)
    await work.store(Messages).queue(
        work,
        Template.OUTREACH_PLAN_DRAFTED,
        person=fact.person_id,
        trigger=plan.id,
        journey_id=fact.journey_id,
        due_on=day_of(work.now + LAPSES_AFTER),
    )


@OUTREACH.on(EntryPublished)
async def on_entry_published(fact: EntryPublished, work: Work) -> None:
    """Keep a published question, and freshen the plans on its topics that wait for an answer."""
    if fact.kind != QUESTION:
        work.ignored("only questions enter outreach plans")
        return
    question = Question(id=fact.entry_id, topics=tuple(fact.topics), published_at=work.now)
    work.write(PublishedQuestions.collection, PublishedQuestions.published(question))
    for plan_id in await work.store(OutreachPlans).open_on(fact.topics, fact.entry_id, SCOPE):
        work.schedule(PLAN_REFRESH, plan_id, at=work.now)


@OUTREACH.on(EntriesMerged)
async def on_entries_merged(fact: EntriesMerged, work: Work) -> None:
    """Offer the question no more; a plan that is accepted keeps it, and the catalog leads on to the other one."""
    if fact.kind != QUESTION:
        work.ignored("only questions enter outreach plans")
        return
    work.write(PublishedQuestions.collection, PublishedQuestions.merged(fact.entry_id))
    for plan_id in await work.store(OutreachPlans).open_on((), fact.entry_id, SCOPE):
        work.schedule(PLAN_REFRESH, plan_id, at=work.now)


@OUTREACH.on(AffiliationConfirmed)
async def on_affiliation_confirmed(fact: AffiliationConfirmed, work: Work) -> None:
    """Keep what somebody does at work, and fit the plans to it that wait for an answer."""
    work.write(Functions.collection, Functions.confirmed(fact.affiliation_id, fact.person_id, fact.functions))
    for plan_id in await work.store(OutreachPlans).open_of(fact.person_id, SCOPE):
        work.schedule(PLAN_REFRESH, plan_id, at=work.now)


@OUTREACH.on(AffiliationEnded, together=True)
async def on_affiliation_ended(fact: AffiliationEnded, work: Work) -> None:
    """Forget what somebody did there."""
    work.write(Functions.collection, Functions.ended(fact.affiliation_id))


@OUTREACH.on(InvitationAccepted)
async def on_invitation_accepted(fact: InvitationAccepted, work: Work) -> None:
    """Count the conversion, and close the task of the activity it came from."""
    activities, tasks = work.store(OutreachActivities), work.store(FollowUpTasks)
    activity = await activities.find(fact.activity_id, SCOPE)
    if activity is None or activity.person_id != fact.issuer_person_id:
        work.ignored("the invitation names no activity of its issuer")
        return
    work.save(activities, convert(activity))
    task = await tasks.of(activity.id, SCOPE)
    if task is None:
        work.ignored("the activity has no task")
        return
    done, facts = complete_task(task, now=work.now)
    if facts:
        work.save(tasks, done, facts)
        work.cancel(TASK_REMINDER, task.id)
        work.cancel(TASK_LAPSE, task.id)


@OUTREACH.on(JourneyCompleted)
async def on_journey_completed(fact: JourneyCompleted, work: Work) -> None:
    """Start counting the days after the journey."""
    processes = work.store(PostJourneys)
    begun = complete(await processes.of(fact.journey_id, SCOPE), at=work.now)
    if begun is None:
        work.ignored("the days after this journey are being counted already")
        return
    work.save(processes, begun)
    if begun.next_look_at is not None:
        work.schedule(JOURNEY_LOOK, fact.journey_id, at=begun.next_look_at)
