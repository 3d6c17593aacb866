"""The facts that members publishes, and the closed vocabularies they speak in."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from missionare.kit.facts import Audience, Code, Fact, Id


class OrganisationKind(StrEnum):
    """What sort of organisation belongs to the network."""

    COMPANY = "company"
    CHAMBER = "chamber"
    UNION = "union"
    UNIVERSITY = "university"
    MUNICIPALITY = "municipality"
    ASSOCIATION = "association"


class Size(StrEnum):
    """Size class as in the EU recommendation 2003/361/EC: below 10, 50 and 250 people, and above."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Channel(StrEnum):
    """How somebody came into the register."""

    SELF = "self"
    STAFF = "staff"
    IMPORT = "import"
    INVITATION = "invitation"


class Function(StrEnum):
    """On which side and in which field somebody works in their organisation."""

    MANAGEMENT = "management"
    EMPLOYEE_REPRESENTATION = "employee_representation"
    IT = "it"
    HR = "hr"
    PRODUCTION = "production"
    OTHER = "other"


class Topic(StrEnum):
    """What a matter is about; the same closed list as in journeys and catalog."""

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


class Pole(StrEnum):
    """From which side a matter is looked at."""

    CHALLENGE = "challenge"
    OPPORTUNITY = "opportunity"


class Occasion(StrEnum):
    """When a goal is looked back on."""

    END = "end"


class Result(StrEnum):
    """What became of a goal, as its owner sees it."""

    REACHED = "reached"
    PARTLY = "partly"
    NOT = "not"
    DROPPED = "dropped"


class Purpose(StrEnum):
    """What somebody may consent to, or not. Taking part needs none of them."""

    PUBLIC_LISTING = "public_listing"
    CONTACT_SHARING = "contact_sharing"
    PHOTOS = "photos"


class OrganisationApplied(Fact, aggregate="organisation"):
    """An organisation wants to belong, or the agency has entered it."""

    organisation_id: Id
    kind: OrganisationKind
    municipality: Code
    sector: Code
    size: Size
    invitation_id: Id | None
    channel: Channel


class OrganisationAdmitted(Fact, aggregate="organisation"):
    """The agency lets an organisation belong."""

    organisation_id: Id
    invitation_id: Id | None


class OrganisationActivated(Fact, aggregate="organisation", audience=Audience.NETWORK):
    """An admitted organisation has a contact and may take part: host, and send people."""

    organisation_id: Id
    kind: OrganisationKind
    municipality: Code
    sector: Code
    size: Size
    contact_person_id: Id


class OrganisationContactChanged(Fact, aggregate="organisation"):
    """An organisation that takes part is reached through somebody else from now on."""

    organisation_id: Id
    contact_person_id: Id


class OrganisationRejected(Fact, aggregate="organisation"):
    """The agency has turned an application down."""

    organisation_id: Id


class PersonRegistered(Fact, aggregate="person"):
    """Somebody is in the register; their address is not proved yet."""

    person_id: Id
    channel: Channel
    invitation_id: Id | None


class PersonVerified(Fact, aggregate="person"):
    """Somebody has shown that the address is theirs."""

    person_id: Id


class PersonActivated(Fact, aggregate="person"):
    """A verified person takes part."""

    person_id: Id


class AffiliationConfirmed(Fact, aggregate="affiliation"):
    """Somebody belongs to an organisation."""

    affiliation_id: Id
    person_id: Id
    organisation_id: Id
    functions: tuple[Function, ...]
    primary: bool


class AffiliationEnded(Fact, aggregate="affiliation"):
    """Somebody has left an organisation; access to its data ends with it."""

    affiliation_id: Id
    person_id: Id
    organisation_id: Id


class PrimaryAffiliationChanged(Fact, aggregate="affiliation"):
    """From now on somebody acts for this one of their organisations first."""

    affiliation_id: Id
    person_id: Id
    organisation_id: Id


class InvitationIssued(Fact, aggregate="invitation"):
    """A missionary holds a link to pass on."""

    invitation_id: Id
    activity_id: Id
    issuer_person_id: Id
    expires_at: AwareDatetime


class InvitationAccepted(Fact, aggregate="invitation"):
    """Somebody invited has registered and proved their address: the loop is closed."""

    invitation_id: Id
    activity_id: Id
    issuer_person_id: Id
    person_id: Id
    organisation_id: Id


class InvitationExpired(Fact, aggregate="invitation"):
    """An invitation has ended unused."""

    invitation_id: Id


class InvitationRevoked(Fact, aggregate="invitation"):
    """An invitation was taken back."""

    invitation_id: Id


class GoalSubmitted(Fact, aggregate="goal"):
    """An owner asks for a goal to be agreed."""

    goal_id: Id
    person_id: Id


class GoalReturned(Fact, aggregate="goal"):
    """A coach has sent a goal back with a comment."""

    goal_id: Id
    person_id: Id


class GoalAgreed(Fact, aggregate="goal"):
    """Owner and coach stand by a goal; its text no longer changes."""

    goal_id: Id
    person_id: Id
    organisation_id: Id | None
    coach_id: Id
    pole: Pole
    topics: tuple[Topic, ...]
    target_on: date


class GoalStarted(Fact, aggregate="goal"):
    """The journey that a goal goes on has begun."""

    goal_id: Id
    person_id: Id
    journey_id: Id


class GoalShared(Fact, aggregate="goal"):
    """The owner lets the catalog use a goal in a nameless wording."""

    goal_id: Id
    pole: Pole
    topics: tuple[Topic, ...]


class GoalUnshared(Fact, aggregate="goal"):
    """The owner has taken that back."""

    goal_id: Id


class GoalAssessmentRequested(Fact, aggregate="goal"):
    """It is time for the owner to say what became of a goal."""

    goal_id: Id
    person_id: Id
    journey_id: Id
    occasion: Occasion


class GoalAssessed(Fact, aggregate="goal"):
    """The owner has said what became of a goal."""

    goal_id: Id
    person_id: Id
    occasion: Occasion
    result: Result


class MissionaryNominated(Fact, aggregate="missionary"):
    """Somebody of an organisation is on the way to become a missionary."""

    missionary_id: Id
    person_id: Id


class MissionaryPrepared(Fact, aggregate="missionary"):
    """A future missionary has an agreed goal."""

    missionary_id: Id
    person_id: Id
    goal_id: Id


class MissionaryDeparted(Fact, aggregate="missionary"):
    """A future missionary is on the journey."""

    missionary_id: Id
    person_id: Id
    journey_id: Id


class MissionaryQualified(Fact, aggregate="missionary", audience=Audience.NETWORK):
    """A missionary was there for enough of a journey to tell others."""

    missionary_id: Id
    person_id: Id
    journey_id: Id
    registration_id: Id
    goal_id: Id | None
    topics: tuple[Topic, ...]


class MissionaryActivated(Fact, aggregate="missionary"):
    """A missionary has accepted an outreach plan."""

    missionary_id: Id
    person_id: Id
    plan_id: Id


class ConsentGranted(Fact, aggregate="consent"):
    """Somebody consents, to exactly this version of the wording."""

    consent_id: Id
    person_id: Id
    purpose: Purpose
    wording: int


class ConsentWithdrawn(Fact, aggregate="consent"):
    """Somebody no longer consents."""

    consent_id: Id
    person_id: Id
    purpose: Purpose
