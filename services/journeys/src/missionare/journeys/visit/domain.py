"""Visits: one function per decision about a stop within its journey."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from missionare.journeys.events import (
    HostConfirmed,
    HostDeclined,
    HostLink,
    HostLinkRequested,
    HostRequested,
    StopCancelled,
    StopSkipped,
    StopVisited,
)
from missionare.journeys.journey.domain import Decided, Journey, check_under_way
from missionare.journeys.stop import domain as stops
from missionare.journeys.stop.domain import HostTerms, StopState
from missionare.kit.refusals import Refusal, Text


class NothingToOpen(Refusal):
    """The visit is over, and no insight waits for its host."""

    status = 410
    title: ClassVar[Text] = {"de": "Nichts mehr zu entscheiden", "en": "Nothing left to decide"}
    text: ClassVar[Text] = {
        "de": "Zu diesem Besuch wartet nichts mehr auf Ihre Entscheidung. Möchten Sie etwas ändern, rufen Sie bitte "
        "die Agentur an.",
        "en": "Nothing about this visit waits for your decision any more. If you want to change something, please call "
        "the agency.",
    }


def ask_host(journey: Journey, stop_id: str, *, host_is_active: bool) -> Decided:
    """Ask the organisation of a stop to host the group.

    Raises:
        HostNotActive: the organisation is no active member.
    """
    stop = stops.ask_host(journey.stop(stop_id), host_is_active=host_is_active)
    fact = HostRequested(journey_id=journey.id, stop_id=stop.id, organisation_id=stop.organisation_id)
    return journey.with_stop(stop), [fact]


def confirm_host(journey: Journey, stop_id: str, terms: HostTerms) -> Decided:
    """Keep what a host agreed to.

    Raises:
        HostAnswered: nobody waits for this answer.
    """
    stop = stops.accept(journey.stop(stop_id), terms)
    fact = HostConfirmed(
        journey_id=journey.id,
        stop_id=stop.id,
        organisation_id=stop.organisation_id,
        audience=terms.audience,
        release_required=terms.release_required,
        capacity=terms.capacity,
    )
    return journey.with_stop(stop), [fact]


def decline_host(journey: Journey, stop_id: str, reason: str) -> Decided:
    """Keep a host's no.

    Raises:
        HostAnswered: nobody waits for this answer.
    """
    stop = stops.decline(journey.stop(stop_id), reason)
    fact = HostDeclined(journey_id=journey.id, stop_id=stop.id, organisation_id=stop.organisation_id)
    return journey.with_stop(stop), [fact]


def ask_for_link(journey: Journey, stop_id: str, *, waits_until: datetime | None, now: datetime) -> Decided:
    """Have a new link sent to the host: to the desk while insights wait until then, else to a visit that lies ahead.

    Raises:
        NothingToOpen: there is nothing that a link could lead to.
    """
    stop = journey.stop(stop_id)
    ahead = stop.state in {StopState.HOST_REQUESTED, StopState.HOST_CONFIRMED} and stop.starts_at > now
    if waits_until is None and not ahead:
        raise NothingToOpen
    opens = HostLink.VISIT if waits_until is None else HostLink.DESK
    named = {"journey_id": journey.id, "stop_id": stop.id, "organisation_id": stop.organisation_id}
    return journey, [HostLinkRequested(**named, opens=opens)]


def visit_stop(journey: Journey, stop_id: str) -> Decided:
    """Note that the group is at a stop.

    Raises:
        NotUnderWay: the journey is not under way.
    """
    check_under_way(journey)
    stop = stops.moved(journey.stop(stop_id), StopState.VISITED)
    return journey.with_stop(stop), [StopVisited(journey_id=journey.id, stop_id=stop.id)]


def skip_stop(journey: Journey, stop_id: str, reason: str) -> Decided:
    """Note that the group did not get to a stop.

    Raises:
        NotUnderWay: the journey is not under way; before that a stop is cancelled.
    """
    check_under_way(journey)
    stop = stops.moved(journey.stop(stop_id), StopState.SKIPPED, reason=reason)
    return journey.with_stop(stop), [StopSkipped(journey_id=journey.id, stop_id=stop.id)]


def cancel_stop(journey: Journey, stop_id: str, reason: str) -> Decided:
    """Take a stop out of the programme."""
    stop = stops.moved(journey.stop(stop_id), StopState.CANCELLED, reason=reason)
    return journey.with_stop(stop), [StopCancelled(journey_id=journey.id, stop_id=stop.id)]
