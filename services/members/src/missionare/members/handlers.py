"""What members does when journeys or notifications publish a fact. Each reads only the fields declared here."""

from __future__ import annotations

from missionare.kit.handlers import Handlers, Received
from missionare.kit.store import Scope
from missionare.kit.work import Work
from missionare.members.affiliation.store import Affiliations
from missionare.members.events import Occasion
from missionare.members.goal import domain as goal_domain
from missionare.members.goal.domain import Goal
from missionare.members.goal.store import Goals
from missionare.members.invitation.views import Activities
from missionare.members.journey import domain as journey_domain
from missionare.members.journey.domain import Place, Run, RunState
from missionare.members.journey.store import JOURNEY_TURN, Runs
from missionare.members.journey.views import Placed, Places
from missionare.members.missionary import domain as missionary_domain
from missionare.members.missionary.domain import Missionary
from missionare.members.missionary.store import Missionaries

handlers = Handlers(consumer="members")

EVERYTHING = Scope.system("facts are applied on nobody's behalf")


class RegistrationConfirmed(Received, source="journeys", aggregate="registration"):
    """Somebody has a certain seat, and this goal travels along."""

    registration_id: str
    journey_id: str
    person_id: str
    goal_id: str


class RegistrationCancelled(Received, source="journeys", aggregate="registration"):
    """A seat was given up."""

    registration_id: str
    journey_id: str


class JourneyStarted(Received, source="journeys", aggregate="journey"):
    """The group is under way."""

    journey_id: str


class JourneyCancelled(Received, source="journeys", aggregate="journey"):
    """The journey does not take place, or does not go on."""

    journey_id: str


class ParticipationConcluded(Received, source="journeys", aggregate="registration"):
    """The journey is over for somebody, with this share of its stops attended."""

    registration_id: str
    journey_id: str
    person_id: str
    goal_id: str | None
    attended_share: float


class OutreachPlanAccepted(Received, source="notifications", aggregate="outreach_plan"):
    """A missionary has made a plan their own."""

    outreach_plan_id: str
    missionary_id: str


class OutreachActivityPlanned(Received, source="notifications", aggregate="outreach_activity"):
    """A missionary intends an activity."""

    outreach_activity_id: str
    person_id: str


class OutreachActivityRecorded(Received, source="notifications", aggregate="outreach_activity"):
    """A missionary's activity took place."""

    outreach_activity_id: str
    person_id: str


@handlers.on(RegistrationConfirmed)
async def on_registration_confirmed(fact: RegistrationConfirmed, work: Work) -> None:
    """Keep the place; a job looks whether its journey is under way already."""
    placed = Placed(fact.registration_id, fact.journey_id, fact.person_id, fact.goal_id)
    Places.note(work, placed, Place.CONFIRMED)
    work.schedule(JOURNEY_TURN, fact.journey_id, at=work.now)


@handlers.on(RegistrationCancelled)
async def on_registration_cancelled(fact: RegistrationCancelled, work: Work) -> None:
    """Recall the place; a job takes back what it began."""
    placed = await work.store(Places).of(fact.registration_id)
    if placed is None:
        work.ignored("the seat was never certain")
        return
    Places.note(work, placed, Place.RECALLED)
    work.schedule(JOURNEY_TURN, fact.journey_id, at=work.now)


@handlers.on(JourneyStarted)
async def on_journey_started(fact: JourneyStarted, work: Work) -> None:
    """Have the goals and missionaries of the journey depart, some at a time."""
    await _turn(fact.journey_id, RunState.UNDER_WAY, work)


@handlers.on(JourneyCancelled)
async def on_journey_cancelled(fact: JourneyCancelled, work: Work) -> None:
    """Have the goals and missionaries of the journey come home, some at a time."""
    await _turn(fact.journey_id, RunState.CALLED_OFF, work)


@handlers.on(ParticipationConcluded, together=True)
async def on_participation_concluded(fact: ParticipationConcluded, work: Work) -> None:
    """Ask what became of the goal, and qualify who was there for enough of the journey."""
    goal = await _goal_of(fact, work)
    if goal is not None:
        work.save(
            work.store(Goals),
            *goal_domain.ask_for_assessment(goal, journey_id=fact.journey_id, occasion=Occasion.END),
        )
    missionary = await _missionary_of(fact, work)
    if missionary is None:
        work.ignored("somebody without an organisation does not become a missionary")
    else:
        _conclude(missionary, goal, fact, work)
    placed = Placed(fact.registration_id, fact.journey_id, fact.person_id, fact.goal_id)
    Places.note(work, placed, Place.HOME)


@handlers.on(OutreachPlanAccepted)
async def on_outreach_plan_accepted(fact: OutreachPlanAccepted, work: Work) -> None:
    """Make the missionary active."""
    missionaries = work.store(Missionaries)
    missionary = await missionaries.get(fact.missionary_id, EVERYTHING)
    active, facts = missionary_domain.activate(missionary, plan_id=fact.outreach_plan_id)
    if facts:
        work.save(missionaries, active, facts)
    else:
        work.ignored("the missionary is active already")


@handlers.on(OutreachActivityPlanned, together=True)
async def on_outreach_activity_planned(fact: OutreachActivityPlanned, work: Work) -> None:
    """Keep whose activity it is: an invitation has to name one of its issuer's."""
    Activities.note(work, activity_id=fact.outreach_activity_id, person_id=fact.person_id)


@handlers.on(OutreachActivityRecorded, together=True)
async def on_outreach_activity_recorded(fact: OutreachActivityRecorded, work: Work) -> None:
    """Keep whose activity it is, also where it was never planned."""
    Activities.note(work, activity_id=fact.outreach_activity_id, person_id=fact.person_id)


async def _turn(journey_id: str, state: RunState, work: Work) -> None:
    runs = work.store(Runs)
    run = await runs.find(journey_id, EVERYTHING) or Run(id=journey_id)
    work.save(runs, journey_domain.move_on(run, state))
    work.schedule(JOURNEY_TURN, journey_id, at=work.now)


async def _goal_of(fact: ParticipationConcluded, work: Work) -> Goal | None:
    goal = await work.store(Goals).find(fact.goal_id, EVERYTHING) if fact.goal_id else None
    return goal if goal is not None and goal.person_id == fact.person_id else None


async def _missionary_of(fact: ParticipationConcluded, work: Work) -> Missionary | None:
    """Give the missionary, nominated only now where their affiliation was confirmed after their goal was agreed."""
    known = await work.store(Missionaries).of(fact.person_id, EVERYTHING)
    if known is not None or fact.goal_id is None:
        return known
    if await work.store(Affiliations).primary_of(fact.person_id, EVERYTHING) is None:
        return None
    missionary, facts = missionary_domain.nominate(
        missionary_id=work.new_id(), person_id=fact.person_id, goal_id=fact.goal_id
    )
    work.save(work.store(Missionaries), missionary, facts)
    return missionary


def _conclude(missionary: Missionary, goal: Goal | None, fact: ParticipationConcluded, work: Work) -> None:
    concluded, facts = missionary_domain.conclude(
        missionary,
        journey_id=fact.journey_id,
        registration_id=fact.registration_id,
        goal_id=goal.id if goal else None,
        topics=goal.text.topics if goal else (),
        attended_share=fact.attended_share,
    )
    work.save(work.store(Missionaries), concluded, facts)
