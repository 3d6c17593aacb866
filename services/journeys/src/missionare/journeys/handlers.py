"""What journeys does when members publishes a fact. The read models listen under names of their own."""

from __future__ import annotations

from collections.abc import Callable

from missionare.journeys.journey.store import Journeys
from missionare.journeys.organisation.views import Hosts
from missionare.journeys.participant import domain as participants
from missionare.journeys.participant.domain import GoalStanding, KnownAffiliation, Participant
from missionare.journeys.participant.store import Participants
from missionare.journeys.registration import domain as registrations
from missionare.journeys.registration.domain import Decided, Registration
from missionare.journeys.registration.store import Registrations
from missionare.journeys.seat.domain import LedgerState
from missionare.journeys.seat.store import SeatDesk
from missionare.kit.handlers import Handlers, Received
from missionare.kit.store import Scope
from missionare.kit.work import Work

handlers = Handlers(consumer="journeys")

SYSTEM = Scope.system("a fact has arrived")
EMPLOYEE_REPRESENTATION = "employee_representation"


class GoalSubmitted(Received, source="members", aggregate="goal"):
    """A goal waits for a coach."""

    goal_id: str
    person_id: str


class GoalReturned(Received, source="members", aggregate="goal"):
    """A coach gave a goal back."""

    goal_id: str
    person_id: str


class GoalAgreed(Received, source="members", aggregate="goal"):
    """Person and coach agree on a goal."""

    goal_id: str
    person_id: str


class OrganisationActivated(Received, source="members", aggregate="organisation"):
    """An organisation takes part."""

    organisation_id: str
    contact_person_id: str
    municipality: str
    sector: str
    size: str


class AffiliationConfirmed(Received, source="members", aggregate="affiliation"):
    """A person belongs to an organisation."""

    affiliation_id: str
    person_id: str
    organisation_id: str
    functions: tuple[str, ...]
    primary: bool


class PrimaryAffiliationChanged(Received, source="members", aggregate="affiliation"):
    """A person acts for another of their organisations first."""

    affiliation_id: str
    person_id: str


class AffiliationEnded(Received, source="members", aggregate="affiliation"):
    """A person no longer belongs to an organisation."""

    affiliation_id: str
    person_id: str


@handlers.on(GoalSubmitted)
async def on_goal_submitted(fact: GoalSubmitted, work: Work) -> None:
    """Pause the deadlines that wait for this goal."""
    await _learn_goal(
        fact.person_id,
        fact.goal_id,
        GoalStanding.SUBMITTED,
        lambda registration: registrations.goal_submitted(registration, now=work.now),
        work,
    )


@handlers.on(GoalReturned)
async def on_goal_returned(fact: GoalReturned, work: Work) -> None:
    """Let the deadlines that wait for this goal run on."""
    await _learn_goal(
        fact.person_id,
        fact.goal_id,
        GoalStanding.MISSING,
        lambda registration: registrations.goal_returned(registration, now=work.now),
        work,
    )


@handlers.on(GoalAgreed)
async def on_goal_agreed(fact: GoalAgreed, work: Work) -> None:
    """Make the held seats certain that wait for this goal."""
    await _learn_goal(
        fact.person_id,
        fact.goal_id,
        GoalStanding.AGREED,
        lambda registration: registrations.goal_agreed(registration, fact.goal_id),
        work,
    )


@handlers.on(OrganisationActivated)
async def on_organisation_activated(fact: OrganisationActivated, work: Work) -> None:
    """Let the organisation host."""
    seen_from_outside = {"municipality": fact.municipality, "sector": fact.sector, "size": fact.size}
    Hosts.learn(work, fact.organisation_id, fact.contact_person_id, seen_from_outside)


@handlers.on(AffiliationConfirmed)
async def on_affiliation_confirmed(fact: AffiliationConfirmed, work: Work) -> None:
    """Know where the person belongs."""
    affiliation = KnownAffiliation(
        id=fact.affiliation_id,
        organisation_id=fact.organisation_id,
        primary=fact.primary,
        represents=EMPLOYEE_REPRESENTATION in fact.functions,
    )
    await _learn(fact.person_id, lambda person: participants.learn_affiliation(person, affiliation), work)


@handlers.on(PrimaryAffiliationChanged)
async def on_primary_affiliation_changed(fact: PrimaryAffiliationChanged, work: Work) -> None:
    """Know for whom the person acts first."""
    await _learn(fact.person_id, lambda person: participants.make_primary(person, fact.affiliation_id), work)


@handlers.on(AffiliationEnded)
async def on_affiliation_ended(fact: AffiliationEnded, work: Work) -> None:
    """Know that the person has left."""
    await _learn(fact.person_id, lambda person: participants.end_affiliation(person, fact.affiliation_id), work)


async def _learn(person_id: str, change: Callable[[Participant], Participant], work: Work) -> None:
    store = work.store(Participants)
    work.save(store, change(await store.known(person_id)))


async def _learn_goal(
    person_id: str, goal_id: str, standing: GoalStanding, decide: Callable[[Registration], Decided], work: Work
) -> None:
    """Note how far a goal is, and decide about the held seats that wait for it."""
    await _learn(person_id, lambda person: participants.learn_goal(person, goal_id, standing), work)
    for registration in await work.store(Registrations).awaiting_goal(person_id, SYSTEM):
        if not registrations.waits_for(registration, goal_id):
            continue
        journey = await work.store(Journeys).get(registration.journey_id, SYSTEM)
        desk = await SeatDesk.open(work, journey)
        if desk.ledger.state is not LedgerState.OPEN:
            work.ignored("the journey has started without this registration")
            continue
        await desk.save(registration, *decide(registration))
