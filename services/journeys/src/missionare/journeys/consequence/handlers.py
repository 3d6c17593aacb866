"""The consequences of completions, heard under a name of their own so that they can be built anew."""

from __future__ import annotations

from missionare.journeys.consequence.views import Consequences
from missionare.kit.handlers import Handlers, Received
from missionare.kit.work import Work

handlers = Handlers(consumer="journeys.consequences@1")


class JourneyCompleted(Received, source="journeys", aggregate="journey"):
    """A journey is over."""

    journey_id: str
    revision: int
    stops_visited: int
    participations: int
    insights_released: int
    insights_pending: int


class ParticipationConcluded(Received, source="journeys", aggregate="registration"):
    """What a person's journey came to."""

    journey_id: str


class CertificateIssued(Received, source="journeys", aggregate="certificate"):
    """Enough stops were attended."""

    journey_id: str


class GoalAssessmentRequested(Received, source="members", aggregate="goal"):
    """A person is asked what became of a goal."""

    journey_id: str


class MissionaryQualified(Received, source="members", aggregate="missionary"):
    """A person can tell others now."""

    journey_id: str


class SuggestionRaised(Received, source="catalog", aggregate="suggestion"):
    """Something may belong into the catalog."""

    journey_id: str | None


class CatalogUpdateProposed(Received, source="catalog", aggregate="edition"):
    """What a journey brought to the catalog is together."""

    journey_id: str


class OutreachPlanDrafted(Received, source="notifications", aggregate="outreach_plan"):
    """A missionary has a plan to look at, or a fresher one."""

    journey_id: str


class OutreachPlanAccepted(Received, source="notifications", aggregate="outreach_plan"):
    """A missionary made a plan a promise."""

    journey_id: str


@handlers.on(JourneyCompleted, together=True)
async def on_journey_completed(fact: JourneyCompleted, work: Work) -> None:
    """Keep what the completion itself said."""
    if work.fact is not None:
        numbers = fact.model_dump(exclude={"journey_id"})
        Consequences.completed(work, fact.journey_id, work.fact.time, **numbers)


@handlers.on(ParticipationConcluded, together=True)
async def on_participation_concluded(fact: ParticipationConcluded, work: Work) -> None:
    """Count a participation."""
    Consequences.count(work, fact.journey_id, "participations_concluded")


@handlers.on(CertificateIssued, together=True)
async def on_certificate_issued(fact: CertificateIssued, work: Work) -> None:
    """Count a certificate."""
    Consequences.count(work, fact.journey_id, "certificates_issued")


@handlers.on(GoalAssessmentRequested, together=True)
async def on_goal_assessment_requested(fact: GoalAssessmentRequested, work: Work) -> None:
    """Count a question about a goal."""
    Consequences.count(work, fact.journey_id, "assessments_requested")


@handlers.on(MissionaryQualified, together=True)
async def on_missionary_qualified(fact: MissionaryQualified, work: Work) -> None:
    """Count a missionary."""
    Consequences.count(work, fact.journey_id, "missionaries_qualified")


@handlers.on(SuggestionRaised, together=True)
async def on_suggestion_raised(fact: SuggestionRaised, work: Work) -> None:
    """Count a suggestion."""
    if fact.journey_id is None:
        work.ignored("this suggestion comes from no journey")
        return
    Consequences.count(work, fact.journey_id, "suggestions_raised")


@handlers.on(CatalogUpdateProposed, together=True)
async def on_catalog_update_proposed(fact: CatalogUpdateProposed, work: Work) -> None:
    """Count a proposed update."""
    Consequences.count(work, fact.journey_id, "catalog_updates_proposed")


@handlers.on(OutreachPlanDrafted, together=True)
async def on_outreach_plan_drafted(fact: OutreachPlanDrafted, work: Work) -> None:
    """Count a plan once, however often it is drafted anew."""
    if work.fact is None or work.fact.sequence > 1:
        work.ignored("this plan was counted when it was first drafted")
        return
    Consequences.count(work, fact.journey_id, "outreach_plans_drafted")


@handlers.on(OutreachPlanAccepted, together=True)
async def on_outreach_plan_accepted(fact: OutreachPlanAccepted, work: Work) -> None:
    """Count a promise."""
    Consequences.count(work, fact.journey_id, "outreach_plans_accepted")
