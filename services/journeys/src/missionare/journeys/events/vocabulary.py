"""The closed vocabularies that the facts of journeys speak in."""

from __future__ import annotations

from enum import StrEnum


class Topic(StrEnum):
    """What a matter is about; the same closed list as in goals and the catalog."""

    PRODUCTION = "production"
    DATA = "data"
    SECURITY = "security"
    PEOPLE = "people"
    LEADERSHIP = "leadership"
    SALES = "sales"
    LOGISTICS = "logistics"
    ADMINISTRATION = "administration"
    SUSTAINABILITY = "sustainability"
    COOPERATION = "cooperation"


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


class HostLink(StrEnum):
    """What a host's link opens."""

    VISIT = "host_visit"
    DESK = "release_desk"


class SkipReason(StrEnum):
    """Why the first on the waiting list did not get the free seat."""

    AFFILIATION_ENDED = "affiliation_ended"
