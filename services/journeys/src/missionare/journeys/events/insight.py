"""What was learnt at a stop, and who may read it."""

from __future__ import annotations

from pydantic import AwareDatetime

from missionare.journeys.events.vocabulary import Audience, InsightKind, Topic
from missionare.kit.facts import Audience as Readers
from missionare.kit.facts import Fact, Id


class InsightSubmitted(Fact, aggregate="insight"):
    """Somebody noted something at a stop."""

    insight_id: Id
    journey_id: Id
    stop_id: Id
    registration_id: Id
    kind: InsightKind
    topic: Topic


class InsightReleaseRequested(Fact, aggregate="insight"):
    """The host was asked whether readers beyond the group may see it. Silence until then means no."""

    insight_id: Id
    journey_id: Id
    stop_id: Id
    organisation_id: Id
    until_at: AwareDatetime


class InsightReleaseReminded(Fact, aggregate="insight"):
    """The host has not decided yet, and is to be reminded. `reminder` counts from 1."""

    insight_id: Id
    journey_id: Id
    stop_id: Id
    organisation_id: Id
    reminder: int
    until_at: AwareDatetime


class InsightReleased(Fact, aggregate="insight", audience=Readers.PUBLIC):
    """The host lets these readers see the text as it is."""

    insight_id: Id
    journey_id: Id
    stop_id: Id
    registration_id: Id
    organisation_id: Id
    kind: InsightKind
    topic: Topic
    audience: Audience


class InsightRedacted(Fact, aggregate="insight", audience=Readers.PUBLIC):
    """The host lets these readers see the text in the host's own wording."""

    insight_id: Id
    journey_id: Id
    stop_id: Id
    registration_id: Id
    organisation_id: Id
    kind: InsightKind
    topic: Topic
    audience: Audience


class InsightWithheld(Fact, aggregate="insight"):
    """The host said no, or said nothing in time. It stays within the group."""

    insight_id: Id
    journey_id: Id
    stop_id: Id
