"""The threads, heard from all four services under a name of their own so that they can be built anew.

Facts of different aggregates come in any order: each one notes what it knows, and a walk joins it.
"""

from __future__ import annotations

from missionare.journeys.thread.domain import Kind
from missionare.journeys.thread.views import ThreadEdges, ThreadNodes, key_of
from missionare.kit.handlers import Received
from missionare.kit.projection import Projection
from missionare.kit.read_models import ReadModel

handlers = ReadModel("journeys.threads", views=(ThreadNodes, ThreadEdges))


# --- members: goals, invitations -------------------------------------------------------------------------------------


class GoalSubmitted(Received, source="members", aggregate="goal"):
    """Somebody has a goal."""

    goal_id: str
    person_id: str


class GoalAgreed(Received, source="members", aggregate="goal"):
    """A goal is agreed."""

    goal_id: str
    person_id: str


class InvitationIssued(Received, source="members", aggregate="invitation"):
    """An activity led to an invitation."""

    invitation_id: str
    activity_id: str
    issuer_person_id: str


class InvitationAccepted(Received, source="members", aggregate="invitation"):
    """An invitation led to a new member."""

    invitation_id: str
    activity_id: str
    issuer_person_id: str
    person_id: str
    organisation_id: str


# --- journeys: registrations, visits, insights -----------------------------------------------------------------------


class RegistrationRequested(Received, source="journeys", aggregate="registration"):
    """Somebody wants to take part."""

    registration_id: str
    person_id: str
    goal_id: str | None


class RegistrationConfirmed(Received, source="journeys", aggregate="registration"):
    """A goal led to a seat."""

    registration_id: str
    person_id: str
    goal_id: str


class ParticipantCheckedIn(Received, source="journeys", aggregate="registration"):
    """A seat led to a visit."""

    registration_id: str
    stop_id: str
    person_id: str


class InsightSubmitted(Received, source="journeys", aggregate="insight"):
    """A visit led to an insight."""

    insight_id: str
    stop_id: str
    registration_id: str


# --- catalog: suggestions, entries -----------------------------------------------------------------------------------


class SuggestionRaised(Received, source="catalog", aggregate="suggestion"):
    """An insight or a goal led to a suggestion."""

    suggestion_id: str
    source_kind: str
    source_id: str


class SuggestionAccepted(Received, source="catalog", aggregate="suggestion"):
    """A suggestion led to an entry."""

    suggestion_id: str
    entry_id: str


class SuggestionMerged(Received, source="catalog", aggregate="suggestion"):
    """A suggestion supports an entry."""

    suggestion_id: str
    entry_id: str


class EntryPublished(Received, source="catalog", aggregate="entry"):
    """An entry is public."""

    entry_id: str


class EntriesMerged(Received, source="catalog", aggregate="entry"):
    """Another entry speaks for this one from now on."""

    entry_id: str
    into_entry_id: str


# --- notifications: plans, activities --------------------------------------------------------------------------------


class OutreachPlanDrafted(Received, source="notifications", aggregate="outreach_plan"):
    """Questions led to a plan, or others to a fresher one."""

    outreach_plan_id: str
    person_id: str
    questions: tuple[str, ...]


class OutreachActivityPlanned(Received, source="notifications", aggregate="outreach_activity"):
    """A plan led to an activity."""

    outreach_activity_id: str
    outreach_plan_id: str
    person_id: str


class OutreachActivityRecorded(Received, source="notifications", aggregate="outreach_activity"):
    """An activity took place."""

    outreach_activity_id: str
    outreach_plan_id: str
    person_id: str


@handlers.on(GoalSubmitted)
async def on_goal_submitted(fact: GoalSubmitted, projection: Projection) -> None:
    """Note a goal, and whose it is."""
    _note_goal(fact.goal_id, fact.person_id, projection)


@handlers.on(GoalAgreed)
async def on_goal_agreed(fact: GoalAgreed, projection: Projection) -> None:
    """Note a goal, and whose it is."""
    _note_goal(fact.goal_id, fact.person_id, projection)


@handlers.on(RegistrationRequested)
async def on_registration_requested(fact: RegistrationRequested, projection: Projection) -> None:
    """Lead from the goal, where there is one, to the registration."""
    _note_registration(fact.registration_id, fact.person_id, fact.goal_id, projection)


@handlers.on(RegistrationConfirmed)
async def on_registration_confirmed(fact: RegistrationConfirmed, projection: Projection) -> None:
    """Lead from the goal that travels along to the registration."""
    _note_registration(fact.registration_id, fact.person_id, fact.goal_id, projection)


@handlers.on(ParticipantCheckedIn)
async def on_participant_checked_in(fact: ParticipantCheckedIn, projection: Projection) -> None:
    """Lead from the registration to the stop, as this person visited it."""
    key = key_of(Kind.STOP, fact.stop_id, fact.registration_id)
    visit = ThreadNodes.note(projection, Kind.STOP, fact.stop_id, key=key, people=[fact.person_id])
    ThreadEdges.link(projection, key_of(Kind.REGISTRATION, fact.registration_id), visit)


@handlers.on(InsightSubmitted)
async def on_insight_submitted(fact: InsightSubmitted, projection: Projection) -> None:
    """Lead from the visit to the insight."""
    insight = ThreadNodes.note(projection, Kind.INSIGHT, fact.insight_id)
    ThreadEdges.link(projection, key_of(Kind.STOP, fact.stop_id, fact.registration_id), insight)


@handlers.on(SuggestionRaised)
async def on_suggestion_raised(fact: SuggestionRaised, projection: Projection) -> None:
    """Lead from the insight or shared goal to the suggestion."""
    suggestion = ThreadNodes.note(projection, Kind.SUGGESTION, fact.suggestion_id)
    ThreadEdges.link(projection, key_of(Kind(fact.source_kind), fact.source_id), suggestion)


@handlers.on(SuggestionAccepted)
async def on_suggestion_accepted(fact: SuggestionAccepted, projection: Projection) -> None:
    """Lead from the suggestion to the entry it became."""
    _note_entry(fact.suggestion_id, fact.entry_id, projection)


@handlers.on(SuggestionMerged)
async def on_suggestion_merged(fact: SuggestionMerged, projection: Projection) -> None:
    """Lead from the suggestion to the entry it supports."""
    _note_entry(fact.suggestion_id, fact.entry_id, projection)


@handlers.on(EntryPublished)
async def on_entry_published(fact: EntryPublished, projection: Projection) -> None:
    """Let everybody see the entry in a thread."""
    ThreadNodes.note(projection, Kind.ENTRY, fact.entry_id, public=True)


@handlers.on(EntriesMerged)
async def on_entries_merged(fact: EntriesMerged, projection: Projection) -> None:
    """Lead from what the one entry grew from to what the other one brings about."""
    entry = ThreadNodes.note(projection, Kind.ENTRY, fact.entry_id, public=True)
    ThreadEdges.link(projection, entry, key_of(Kind.ENTRY, fact.into_entry_id))


@handlers.on(OutreachPlanDrafted)
async def on_outreach_plan_drafted(fact: OutreachPlanDrafted, projection: Projection) -> None:
    """Lead from the questions to the plan; a fresher draft takes the place of the last."""
    plan = ThreadNodes.note(projection, Kind.OUTREACH_PLAN, fact.outreach_plan_id, people=[fact.person_id])
    ThreadEdges.forget_leading_to(projection, plan)
    for entry_id in fact.questions:
        ThreadEdges.link(projection, key_of(Kind.ENTRY, entry_id), plan)


@handlers.on(OutreachActivityPlanned)
async def on_outreach_activity_planned(fact: OutreachActivityPlanned, projection: Projection) -> None:
    """Lead from the plan to the activity."""
    _note_activity(fact.outreach_plan_id, fact.outreach_activity_id, fact.person_id, projection)


@handlers.on(OutreachActivityRecorded)
async def on_outreach_activity_recorded(fact: OutreachActivityRecorded, projection: Projection) -> None:
    """Lead from the plan to the activity, also one that was never planned."""
    _note_activity(fact.outreach_plan_id, fact.outreach_activity_id, fact.person_id, projection)


@handlers.on(InvitationIssued)
async def on_invitation_issued(fact: InvitationIssued, projection: Projection) -> None:
    """Lead from the activity to the invitation."""
    invitation = ThreadNodes.note(projection, Kind.INVITATION, fact.invitation_id, people=[fact.issuer_person_id])
    ThreadEdges.link(projection, key_of(Kind.OUTREACH_ACTIVITY, fact.activity_id), invitation)


@handlers.on(InvitationAccepted)
async def on_invitation_accepted(fact: InvitationAccepted, projection: Projection) -> None:
    """Lead from the invitation to the new member."""
    people = [fact.issuer_person_id, fact.person_id]
    invitation = ThreadNodes.note(projection, Kind.INVITATION, fact.invitation_id, people=people)
    ThreadEdges.link(projection, key_of(Kind.OUTREACH_ACTIVITY, fact.activity_id), invitation)
    organisation = ThreadNodes.note(projection, Kind.ORGANISATION, fact.organisation_id, people=[fact.person_id])
    person = ThreadNodes.note(projection, Kind.PERSON, fact.person_id, people=[fact.person_id])
    for member in (organisation, person):
        ThreadEdges.link(projection, invitation, member)


def _note_goal(goal_id: str, person_id: str, projection: Projection) -> None:
    goal = ThreadNodes.note(projection, Kind.GOAL, goal_id, people=[person_id])
    person = ThreadNodes.note(projection, Kind.PERSON, person_id, people=[person_id])
    ThreadEdges.link(projection, person, goal)


def _note_registration(registration_id: str, person_id: str, goal_id: str | None, projection: Projection) -> None:
    registration = ThreadNodes.note(projection, Kind.REGISTRATION, registration_id, people=[person_id])
    if goal_id is not None:
        ThreadEdges.link(projection, key_of(Kind.GOAL, goal_id), registration)


def _note_entry(suggestion_id: str, entry_id: str, projection: Projection) -> None:
    entry = ThreadNodes.note(projection, Kind.ENTRY, entry_id)
    ThreadEdges.link(projection, key_of(Kind.SUGGESTION, suggestion_id), entry)


def _note_activity(plan_id: str, activity_id: str, person_id: str, projection: Projection) -> None:
    activity = ThreadNodes.note(projection, Kind.OUTREACH_ACTIVITY, activity_id, people=[person_id])
    ThreadEdges.link(projection, key_of(Kind.OUTREACH_PLAN, plan_id), activity)
