"""Which fact makes which message: one handler per fact, one message per handler at most."""

from __future__ import annotations

from datetime import datetime, timedelta

from missionare.kit.handlers import Handlers, Received
from missionare.kit.store import Scope
from missionare.kit.work import Work
from missionare.notifications.calendar.domain import day_of
from missionare.notifications.message.domain import LINKS, Template
from missionare.notifications.message.store import Messages
from missionare.notifications.message.views import (
    JOURNEY_CANCELLATION,
    JOURNEY_PUBLICATION,
    Interested,
    Journeys,
    Travellers,
    Visits,
    visit_of,
)

MESSAGES = Handlers(consumer="notifications")

SCOPE = Scope.system("a message is queued for whoever a fact is about")
SETTLING = timedelta(minutes=2)
"""What happened in the same moment can be seen by then."""


class GoalAgreed(Received, source="members", aggregate="goal"):
    """Owner and coach stand by a goal."""

    person_id: str


class GoalReturned(Received, source="members", aggregate="goal"):
    """A coach has sent a goal back."""

    person_id: str


class GoalAssessmentRequested(Received, source="members", aggregate="goal"):
    """It is time to say what became of a goal."""

    person_id: str
    journey_id: str


class JourneyPublished(Received, source="journeys", aggregate="journey"):
    """Everybody may know when a journey is."""

    journey_id: str
    starts_at: datetime
    ends_at: datetime


class InterestStated(Received, source="journeys", aggregate="interest"):
    """Somebody would come along on an announced journey."""

    interest_id: str
    journey_id: str
    person_id: str


class InterestWithdrawn(Received, source="journeys", aggregate="interest"):
    """Somebody is not interested any more."""

    interest_id: str


class JourneyCancelled(Received, source="journeys", aggregate="journey"):
    """A journey will not take place, or not go on."""

    journey_id: str


class HostRequested(Received, source="journeys", aggregate="journey"):
    """An organisation was asked to host a stop."""

    journey_id: str
    stop_id: str
    organisation_id: str


class HostLinkRequested(Received, source="journeys", aggregate="journey"):
    """A host wants a new link in the place of an expired one."""

    journey_id: str
    stop_id: str
    organisation_id: str
    opens: str


class HostDeclined(Received, source="journeys", aggregate="journey"):
    """The host cannot receive the group."""

    journey_id: str
    stop_id: str


class _Registration(Received, source="journeys", aggregate="registration"):
    registration_id: str
    journey_id: str
    person_id: str


class RegistrationRequested(_Registration, source="journeys", aggregate="registration"):
    """Somebody asked for a seat."""


class RegistrationConfirmed(_Registration, source="journeys", aggregate="registration"):
    """The seat is certain."""


class RegistrationWaitlisted(_Registration, source="journeys", aggregate="registration"):
    """No seat was free."""


class RegistrationAwaitingGoal(_Registration, source="journeys", aggregate="registration"):
    """A seat is held until a goal is agreed."""

    until_at: datetime | None


class SeatOffered(_Registration, source="journeys", aggregate="registration"):
    """A seat became free and is kept until then."""

    until_at: datetime


class SeatOfferExpired(_Registration, source="journeys", aggregate="registration"):
    """Nobody answered in time."""


class SeatOfferDeclined(_Registration, source="journeys", aggregate="registration"):
    """The person did not want the seat."""


class RegistrationRejected(_Registration, source="journeys", aggregate="registration"):
    """The agency did not let the person take part."""


class RegistrationCancelled(_Registration, source="journeys", aggregate="registration"):
    """A seat was given up."""


class RegistrationWithdrawn(_Registration, source="journeys", aggregate="registration"):
    """A request was taken back, or the journey left without it."""


class RegistrationLapsed(_Registration, source="journeys", aggregate="registration"):
    """No goal was agreed in time."""


class InsightReleaseRequested(Received, source="journeys", aggregate="insight"):
    """The host was asked whether others may read an insight."""

    journey_id: str
    stop_id: str
    organisation_id: str
    until_at: datetime


class InsightReleaseReminded(Received, source="journeys", aggregate="insight"):
    """The host has not decided about an insight yet."""

    journey_id: str
    stop_id: str
    organisation_id: str
    reminder: int
    until_at: datetime


class CertificateIssued(Received, source="journeys", aggregate="certificate"):
    """Enough stops were attended."""

    person_id: str
    journey_id: str


@MESSAGES.on(GoalAgreed)
async def on_goal_agreed(fact: GoalAgreed, work: Work) -> None:
    """Tell the owner."""
    await work.store(Messages).queue(work, Template.GOAL_AGREED, person=fact.person_id)


@MESSAGES.on(GoalReturned)
async def on_goal_returned(fact: GoalReturned, work: Work) -> None:
    """Tell the owner; the coach's comment stays behind the sign-in."""
    await work.store(Messages).queue(work, Template.GOAL_RETURNED, person=fact.person_id)


@MESSAGES.on(GoalAssessmentRequested, together=True)
async def on_goal_assessment_requested(fact: GoalAssessmentRequested, work: Work) -> None:
    """Ask the owner what became of the goal."""
    await work.store(Messages).queue(
        work, Template.GOAL_ASSESSMENT_REQUESTED, person=fact.person_id, journey_id=fact.journey_id
    )


@MESSAGES.on(HostRequested)
async def on_host_requested(fact: HostRequested, work: Work) -> None:
    """Send the host the link to its visit."""
    work.write(Visits.collection, Visits.asked(fact.journey_id, fact.stop_id, fact.organisation_id))
    await work.store(Messages).queue(
        work,
        Template.HOST_REQUESTED,
        organisation=fact.organisation_id,
        journey_id=fact.journey_id,
        link_subject=visit_of(fact.journey_id, fact.stop_id),
    )


@MESSAGES.on(HostLinkRequested)
async def on_host_link_requested(fact: HostLinkRequested, work: Work) -> None:
    """Send the host a new link, to what it asked for."""
    template = next((template for template, link in LINKS.items() if link.purpose == fact.opens), None)
    if template is None:
        work.ignored("no mail has such a link")
        return
    await work.store(Messages).queue(
        work,
        template,
        organisation=fact.organisation_id,
        journey_id=fact.journey_id,
        link_subject=visit_of(fact.journey_id, fact.stop_id),
        asked_for=True,
    )


@MESSAGES.on(HostDeclined, together=True)
async def on_host_declined(fact: HostDeclined, work: Work) -> None:
    """Remember that this host does not expect the journey."""
    work.write(Visits.collection, Visits.declined(fact.journey_id, fact.stop_id))


@MESSAGES.on(InsightReleaseRequested)
async def on_insight_release_requested(fact: InsightReleaseRequested, work: Work) -> None:
    """Send the host the link to its release desk, once a day for each visit however many insights wait."""
    await _send_to_desk(fact, Template.INSIGHT_RELEASE_REQUESTED, day_of(work.now).isoformat(), work)


@MESSAGES.on(InsightReleaseReminded)
async def on_insight_release_reminded(fact: InsightReleaseReminded, work: Work) -> None:
    """Remind the host, each time once for a visit however many insights wait; what was decided since stops the mail."""
    await _send_to_desk(fact, Template.INSIGHT_RELEASE_REMINDER, str(fact.reminder), work)


@MESSAGES.on(CertificateIssued, together=True)
async def on_certificate_issued(fact: CertificateIssued, work: Work) -> None:
    """Tell the participant."""
    await work.store(Messages).queue(
        work, Template.CERTIFICATE_ISSUED, person=fact.person_id, journey_id=fact.journey_id
    )


@MESSAGES.on(RegistrationRequested)
async def on_registration_requested(fact: RegistrationRequested, work: Work) -> None:
    """Remember who wants to travel; somebody whose request comes after the cancellation is told of it too."""
    work.write(Travellers.collection, Travellers.joined(fact.registration_id, fact.journey_id, fact.person_id))
    if await work.store(Journeys).cancelled_by(fact.journey_id, SCOPE) is not None:
        work.schedule(JOURNEY_CANCELLATION, fact.journey_id, at=work.now + SETTLING)


@MESSAGES.on(RegistrationConfirmed)
async def on_registration_confirmed(fact: RegistrationConfirmed, work: Work) -> None:
    """Tell the participant that the seat is certain."""
    await work.store(Messages).queue(
        work, Template.REGISTRATION_CONFIRMED, person=fact.person_id, journey_id=fact.journey_id
    )


@MESSAGES.on(RegistrationWaitlisted)
async def on_registration_waitlisted(fact: RegistrationWaitlisted, work: Work) -> None:
    """Tell the person that nothing is lost."""
    await work.store(Messages).queue(
        work, Template.REGISTRATION_WAITLISTED, person=fact.person_id, journey_id=fact.journey_id
    )


@MESSAGES.on(RegistrationAwaitingGoal)
async def on_registration_awaiting_goal(fact: RegistrationAwaitingGoal, work: Work) -> None:
    """Tell the person what the seat still needs, once, however often the deadline pauses and runs on."""
    await work.store(Messages).queue(
        work,
        Template.REGISTRATION_AWAITING_GOAL,
        person=fact.person_id,
        trigger=fact.registration_id,
        journey_id=fact.journey_id,
        until_at=fact.until_at,
    )


@MESSAGES.on(SeatOffered)
async def on_seat_offered(fact: SeatOffered, work: Work) -> None:
    """Offer the seat, with the moment until which it is kept."""
    await work.store(Messages).queue(
        work, Template.SEAT_OFFERED, person=fact.person_id, journey_id=fact.journey_id, until_at=fact.until_at
    )


@MESSAGES.on(SeatOfferExpired)
async def on_seat_offer_expired(fact: SeatOfferExpired, work: Work) -> None:
    """Tell the person that the offer has ended."""
    _left(fact, work)
    await work.store(Messages).queue(
        work, Template.SEAT_OFFER_EXPIRED, person=fact.person_id, journey_id=fact.journey_id
    )


async def on_registration_ended(fact: _Registration, work: Work) -> None:
    """Remember that somebody does not travel, and by which command."""
    _left(fact, work)


for ended in (
    RegistrationRejected,
    RegistrationCancelled,
    RegistrationWithdrawn,
    RegistrationLapsed,
    SeatOfferDeclined,
):
    MESSAGES.on(ended, together=True)(on_registration_ended)


@MESSAGES.on(InterestStated)
async def on_interest_stated(fact: InterestStated, work: Work) -> None:
    """Remember who wants to hear; somebody whose interest becomes known after the publication is told of it too."""
    work.write(Interested.collection, Interested.stated(fact.interest_id, fact.journey_id, fact.person_id))
    if await work.store(Journeys).dates(fact.journey_id, SCOPE) is not None:
        work.schedule(JOURNEY_PUBLICATION, fact.journey_id, at=work.now + SETTLING)


@MESSAGES.on(InterestWithdrawn, together=True)
async def on_interest_withdrawn(fact: InterestWithdrawn, work: Work) -> None:
    """Remember that somebody does not want to hear any more."""
    work.write(Interested.collection, Interested.withdrawn(fact.interest_id))


@MESSAGES.on(JourneyPublished)
async def on_journey_published(fact: JourneyPublished, work: Work) -> None:
    """Keep the days, which the messages name, and have everybody told who wanted to hear them."""
    work.write(Journeys.collection, Journeys.published(fact.journey_id, fact.starts_at, fact.ends_at))
    work.schedule(JOURNEY_PUBLICATION, fact.journey_id, at=work.now)


@MESSAGES.on(JourneyCancelled)
async def on_journey_cancelled(fact: JourneyCancelled, work: Work) -> None:
    """Have everybody told whom the cancellation takes something from."""
    work.write(Journeys.collection, Journeys.cancelled(fact.journey_id, work.origin.correlation_id))
    work.schedule(JOURNEY_CANCELLATION, fact.journey_id, at=work.now)


def _left(fact: _Registration, work: Work) -> None:
    work.write(Travellers.collection, Travellers.left(fact.registration_id, work.origin.correlation_id))


async def _send_to_desk(
    fact: InsightReleaseRequested | InsightReleaseReminded, template: Template, occasion: str, work: Work
) -> None:
    """Send a host to its release desk, once for each visit and occasion."""
    visit = visit_of(fact.journey_id, fact.stop_id)
    await work.store(Messages).queue(
        work,
        template,
        organisation=fact.organisation_id,
        trigger=f"{visit}:{occasion}",
        journey_id=fact.journey_id,
        link_subject=visit,
        until_at=fact.until_at,
    )
