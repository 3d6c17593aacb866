"""The facts that journeys publishes, and the closed vocabularies they speak in."""

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


class HostRequested(Fact, aggregate="journey"):
    """An organisation was asked to host a stop."""

    journey_id: Id
    stop_id: Id
    organisation_id: Id


class HostConfirmed(Fact, aggregate="journey"):
    """The host agreed: for how many, for which readers, and whether it wants to see each insight first."""

    journey_id: Id
    stop_id: Id
    organisation_id: Id
    audience: Audience
    release_required: bool
    capacity: int


class HostDeclined(Fact, aggregate="journey"):
    """The host cannot receive the group at this stop."""

    journey_id: Id
    stop_id: Id
    organisation_id: Id


class HostLinkRequested(Fact, aggregate="journey"):
    """The host asked for a new link, for the one it had has expired."""

    journey_id: Id
    stop_id: Id
    organisation_id: Id
    opens: HostLink


class StopVisited(Fact, aggregate="journey"):
    """The group was there."""

    journey_id: Id
    stop_id: Id


class StopSkipped(Fact, aggregate="journey"):
    """The group was under way and did not get there."""

    journey_id: Id
    stop_id: Id


class StopCancelled(Fact, aggregate="journey"):
    """The stop was taken out of the programme."""

    journey_id: Id
    stop_id: Id


class InterestStated(Fact, aggregate="interest"):
    """Somebody would come along on a journey that is announced."""

    interest_id: Id
    journey_id: Id
    person_id: Id
    organisation_id: Id


class InterestWithdrawn(Fact, aggregate="interest"):
    """Somebody is no longer interested."""

    interest_id: Id
    journey_id: Id
    person_id: Id


# --- registrations and seats -----------------------------------------------------------------------------------------


class RegistrationRequested(Fact, aggregate="registration"):
    """Somebody asked for a seat, with or without a goal at this time."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    organisation_id: Id
    goal_id: Id | None


class RegistrationApproved(Fact, aggregate="registration"):
    """The agency let the person take part; whether there is a seat is the next fact's matter."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationRejected(Fact, aggregate="registration"):
    """The agency did not let the person take part, with a reason that is kept here."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationWaitlisted(Fact, aggregate="registration"):
    """No seat was free; the person is on the waiting list."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationAwaitingGoal(Fact, aggregate="registration"):
    """A seat is held until a goal is agreed. Without `until_at` the deadline pauses: the goal waits for the coach."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    until_at: AwareDatetime | None


class RegistrationConfirmed(Fact, aggregate="registration"):
    """The seat is certain, and this agreed goal travels along."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    organisation_id: Id
    goal_id: Id


class RegistrationCancelled(Fact, aggregate="registration"):
    """A seat that was held, offered or certain was given up."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationWithdrawn(Fact, aggregate="registration"):
    """A request without a seat was taken back, or the journey left without it."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class RegistrationLapsed(Fact, aggregate="registration"):
    """No goal was agreed in time, and the seat passed on."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class SeatOffered(Fact, aggregate="registration"):
    """A seat became free and is kept for the first on the waiting list until then."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    until_at: AwareDatetime


class SeatOfferDeclined(Fact, aggregate="registration"):
    """The person did not want the seat."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class SeatOfferExpired(Fact, aggregate="registration"):
    """Nobody answered in time, and the seat passed on."""

    registration_id: Id
    journey_id: Id
    person_id: Id


class SeatOfferSkipped(Fact, aggregate="registration"):
    """The first on the waiting list could not be offered the seat; the place on the list stays."""

    registration_id: Id
    journey_id: Id
    person_id: Id
    reason: SkipReason


class ParticipantCheckedIn(Fact, aggregate="registration"):
    """The person was at the stop."""

    registration_id: Id
    journey_id: Id
    stop_id: Id
    person_id: Id


class ParticipationConcluded(Fact, aggregate="registration"):
    """What this person's journey came to. It may arrive before or after the journey's own fact."""

    registration_id: Id
    journey_id: Id
    revision: int
    person_id: Id
    organisation_id: Id
    goal_id: Id
    attended_share: float


# --- what was learnt, and the certificates ---------------------------------------------------------------------------


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


class CertificateIssued(Fact, aggregate="certificate"):
    """Enough stops were attended."""

    certificate_id: Id
    registration_id: Id
    journey_id: Id
    person_id: Id


class CertificateRevoked(Fact, aggregate="certificate"):
    """The certificate no longer holds, with a reason that is kept here."""

    certificate_id: Id
    registration_id: Id
    journey_id: Id
    person_id: Id
