"""The facts of insights: what was learnt at a stop, and who may read it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime

from missionare.journeys.journey.events import Topic
from missionare.kit.facts import Audience as Readers
from missionare.kit.facts import Fact, Id


class InsightKind(StrEnum):
    """What somebody noted at a stop."""

    PRACTICE = "practice"
    CHALLENGE = "challenge"
    SUCCESS_FACTOR = "success_factor"
    PITFALL = "pitfall"
    QUESTION = "question"


class Audience(StrEnum):
    """Who may read an insight: a set of readers, not a rank. `audience.domain` says which set includes which."""

    PERSONAL = "personal"
    REPRESENTATION = "representation"
    ORGANISATION = "organisation"
    JOURNEY_GROUP = "journey_group"
    NETWORK = "network"
    PUBLIC = "public"


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
