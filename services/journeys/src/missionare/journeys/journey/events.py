"""The facts of a journey from its announcement to its end."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from missionare.kit.facts import Audience as Readers
from missionare.kit.facts import Fact, Id


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


class JourneyAnnounced(Fact, aggregate="journey"):
    """It is meant for the month that begins on this day; days and hosts are open. Another month is told anew."""

    journey_id: Id
    month_on: date
    topics: tuple[Topic, ...]


class JourneyPublished(Fact, aggregate="journey", audience=Readers.PUBLIC):
    """Every host has confirmed, and everybody may read the programme."""

    journey_id: Id
    stops: int
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: int


class RegistrationOpened(Fact, aggregate="journey", audience=Readers.PUBLIC):
    """Seats may be asked for."""

    journey_id: Id
    capacity: int


class RegistrationClosed(Fact, aggregate="journey", audience=Readers.PUBLIC):
    """No further requests; seats that become free still pass on until the start."""

    journey_id: Id


class JourneyStarted(Fact, aggregate="journey", audience=Readers.PUBLIC):
    """The group is under way."""

    journey_id: Id


class DebriefingStarted(Fact, aggregate="journey"):
    """The visits are over; attendance and insights are completed."""

    journey_id: Id


class AttendanceClosed(Fact, aggregate="journey"):
    """Who was where is settled."""

    journey_id: Id


class JourneyCompleted(Fact, aggregate="journey", audience=Readers.NETWORK):
    """The journey is over, once per revision. `participations` many ParticipationConcluded come with it."""

    journey_id: Id
    revision: int
    stops_visited: int
    participations: int
    insights_released: int
    insights_pending: int


class JourneyCancelled(Fact, aggregate="journey", audience=Readers.PUBLIC):
    """The journey will not take place, or not go on."""

    journey_id: Id
    revision: int
