"""The consequences of completions, heard under a name of their own so that they can be built anew."""

from __future__ import annotations

from missionare.journeys.consequence.views import Consequences
from missionare.kit.handlers import Received
from missionare.kit.projection import Projection
from missionare.kit.read_models import ReadModel

handlers = ReadModel("journeys.consequences", views=(Consequences,))


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


@handlers.on(JourneyCompleted)
async def on_journey_completed(fact: JourneyCompleted, projection: Projection) -> None:
    """Keep what the completion itself said."""
    numbers = fact.model_dump(exclude={"journey_id"})
    Consequences.completed(projection, fact.journey_id, projection.fact.time, **numbers)


@handlers.on(ParticipationConcluded)
async def on_participation_concluded(fact: ParticipationConcluded, projection: Projection) -> None:
    """Count a participation."""
    Consequences.count(projection, fact.journey_id, "participations_concluded")


@handlers.on(CertificateIssued)
async def on_certificate_issued(fact: CertificateIssued, projection: Projection) -> None:
    """Count a certificate."""
    Consequences.count(projection, fact.journey_id, "certificates_issued")


@handlers.on(GoalAssessmentRequested)
async def on_goal_assessment_requested(fact: GoalAssessmentRequested, projection: Projection) -> None:
    """Count a question about a goal."""
    Consequences.count(projection, fact.journey_id, "assessments_requested")


@handlers.on(MissionaryQualified)
async def on_missionary_qualified(fact: MissionaryQualified, projection: Projection) -> None:
    """Count a missionary."""
    Consequences.count(projection, fact.journey_id, "missionaries_qualified")


@handlers.on(SuggestionRaised)
async def on_suggestion_raised(fact: SuggestionRaised, projection: Projection) -> None:
    """Count a suggestion."""
    if fact.journey_id is None:
        projection.ignored("this suggestion comes from no journey")
        return
    Consequences.count(projection, fact.journey_id, "suggestions_raised")


@handlers.on(CatalogUpdateProposed)
async def on_catalog_update_proposed(fact: CatalogUpdateProposed, projection: Projection) -> None:
    """Count a proposed update."""
    Consequences.count(projection, fact.journey_id, "catalog_updates_proposed")


@handlers.on(OutreachPlanDrafted)
async def on_outreach_plan_drafted(fact: OutreachPlanDrafted, projection: Projection) -> None:
    """Count a plan once, however often it is drafted anew."""
    if projection.fact.sequence > 1:
        projection.ignored("this plan was counted when it was first drafted")
        return
    Consequences.count(projection, fact.journey_id, "outreach_plans_drafted")


@handlers.on(OutreachPlanAccepted)
async def on_outreach_plan_accepted(fact: OutreachPlanAccepted, projection: Projection) -> None:
    """Count a promise."""
    Consequences.count(projection, fact.journey_id, "outreach_plans_accepted")
