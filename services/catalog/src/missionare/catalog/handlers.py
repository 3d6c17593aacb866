"""What catalog hears from the others. Every handler only keeps what it heard and asks for a look at the whole.

Facts of different aggregates come in any order: an insight may be released before or after its journey is
completed, a goal shared before or after its owner came back. So no handler decides. Each writes fields of its own and
schedules a job; jobs run after the commit, and whichever comes last sees all of it.
"""

from __future__ import annotations

from missionare.catalog.edition.domain import EDITION_DUE, PATIENCE, edition_key
from missionare.catalog.events import EntryKind, Pole, SourceKind, Topic
from missionare.catalog.evidence.domain import Audience
from missionare.catalog.source.domain import BECOMES, GATHER, SUGGEST, InsightKind, Journey, Source, Stage, source_key
from missionare.catalog.source.views import Completions, Participations, Sources
from missionare.kit.handlers import Handlers, Received
from missionare.kit.work import Work

handlers = Handlers(consumer="catalog")


class InsightReleased(Received, source="journeys", aggregate="insight"):
    """A host lets an insight be told to `audience`."""

    insight_id: str
    journey_id: str
    organisation_id: str
    kind: InsightKind
    topic: Topic
    audience: Audience


class InsightRedacted(Received, source="journeys", aggregate="insight"):
    """A host lets an insight be told in words of its own."""

    insight_id: str
    journey_id: str
    organisation_id: str
    kind: InsightKind
    topic: Topic
    audience: Audience


class JourneyCompleted(Received, source="journeys", aggregate="journey"):
    """A journey has ended, and announces how much there is to expect from it."""

    journey_id: str
    revision: int
    insights_released: int
    participations: int


class ParticipationConcluded(Received, source="journeys", aggregate="registration"):
    """Somebody has come back; told once per registration of a completed journey."""

    registration_id: str
    journey_id: str
    revision: int
    organisation_id: str
    goal_id: str


class GoalShared(Received, source="members", aggregate="goal"):
    """The owner of a goal lets the catalog read its nameless wording."""

    goal_id: str
    pole: Pole
    topics: tuple[Topic, ...]


class GoalUnshared(Received, source="members", aggregate="goal"):
    """The owner of a goal has taken that back."""

    goal_id: str


@handlers.on(InsightReleased, together=True)
async def on_insight_released(fact: InsightReleased, work: Work) -> None:
    """Keep the insight; it becomes a suggestion once its journey is completed."""
    _keep_insight(fact, work)


@handlers.on(InsightRedacted, together=True)
async def on_insight_redacted(fact: InsightRedacted, work: Work) -> None:
    """Keep it anew: a suggestion that has the old words takes over the new ones."""
    _keep_insight(fact, work)


@handlers.on(JourneyCompleted, together=True)
async def on_journey_completed(fact: JourneyCompleted, work: Work) -> None:
    """Look for what the journey brought, and propose an update at the latest when patience ends."""
    journey = Journey.model_validate(fact.model_dump())
    work.store(Completions).keep(work, journey)
    work.schedule(GATHER, fact.journey_id, at=work.now)
    work.schedule(EDITION_DUE, edition_key(fact.journey_id, fact.revision), at=work.now + PATIENCE)


@handlers.on(ParticipationConcluded, together=True)
async def on_participation_concluded(fact: ParticipationConcluded, work: Work) -> None:
    """Count the participation; a goal that is shared becomes a suggestion now that its owner is back."""
    work.store(Participations).keep(
        work, registration_id=fact.registration_id, journey_id=fact.journey_id, revision=fact.revision
    )
    key = source_key(SourceKind.GOAL, fact.goal_id)
    work.store(Sources).travelled(work, key, journey_id=fact.journey_id, organisation_id=fact.organisation_id)
    work.schedule(GATHER, fact.journey_id, at=work.now)


@handlers.on(GoalShared, together=True)
async def on_goal_shared(fact: GoalShared, work: Work) -> None:
    """Keep the goal; it becomes a suggestion once its owner is back from a journey."""
    source = Source(
        source_kind=SourceKind.GOAL,
        source_id=fact.goal_id,
        kind=EntryKind.QUESTION,
        pole=fact.pole,
        topics=fact.topics,
        # The owner approved a wording without names for everybody; the goal itself stays in members.
        audience=Audience.PUBLIC,
        offered=True,
        stage=Stage.KEPT,
        stamp=_stamp(work),
    )
    work.store(Sources).offer(work, source)
    work.schedule(SUGGEST, source.key, at=work.now)


@handlers.on(GoalUnshared, together=True)
async def on_goal_unshared(fact: GoalUnshared, work: Work) -> None:
    """Stop reading the goal; a suggestion raised from it loses its text."""
    key = source_key(SourceKind.GOAL, fact.goal_id)
    work.store(Sources).withdraw(work, key, _stamp(work))
    work.schedule(SUGGEST, key, at=work.now)


def _keep_insight(fact: InsightReleased | InsightRedacted, work: Work) -> None:
    kind, pole = BECOMES[fact.kind]
    source = Source(
        source_kind=SourceKind.INSIGHT,
        source_id=fact.insight_id,
        kind=kind,
        pole=pole,
        topics=(fact.topic,),
        audience=fact.audience,
        offered=True,
        stage=Stage.KEPT,
        stamp=_stamp(work),
        journey_id=fact.journey_id,
        organisation_id=fact.organisation_id,
    )
    work.store(Sources).offer(work, source)
    work.schedule(GATHER, fact.journey_id, at=work.now)


def _stamp(work: Work) -> str:
    if work.fact is None:
        msg = "a handler works on a fact"
        raise RuntimeError(msg)
    return work.fact.id
