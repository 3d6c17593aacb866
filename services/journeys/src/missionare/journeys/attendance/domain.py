"""Attendance: one function per decision."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from missionare.journeys.events import ParticipantCheckedIn, ParticipationConcluded
from missionare.journeys.journey.domain import Journey, check_attendance_open
from missionare.journeys.registration.domain import (
    Decided,
    Presence,
    Registration,
    RegistrationState,
    moved,
    named,
)
from missionare.journeys.stop.domain import StopState
from missionare.kit.refusals import Refusal, Text

RECEIVES = frozenset({StopState.HOST_CONFIRMED, StopState.VISITED})


class NotTakingPart(Refusal):
    """Only somebody with a confirmed seat can be at a stop."""

    title: ClassVar[Text] = {"de": "Kein bestätigter Platz", "en": "No confirmed seat"}
    text: ClassVar[Text] = {
        "de": "Zu dieser Anmeldung gehört kein bestätigter Platz. Klären Sie die Anmeldung mit der Reiseleitung.",
        "en": "There is no confirmed seat with this registration. Settle the registration with the journey lead.",
    }


class StopNotOpen(Refusal):
    """The group does not come to this stop."""

    title: ClassVar[Text] = {"de": "Station findet nicht statt", "en": "Stop does not take place"}
    text: ClassVar[Text] = {
        "de": "Diese Station wird nicht besucht. Wählen Sie eine Station des Programms.",
        "en": "This stop is not visited. Choose one of the programme.",
    }


def was_at(registration: Registration, stop_id: str) -> bool:
    """Whether the person has checked in at a stop."""
    return any(presence.stop_id == stop_id for presence in registration.present)


def check_in(registration: Registration, journey: Journey, *, stop_id: str, device_id: str, now: datetime) -> Decided:
    """Note that a person is at a stop. A second device, or the same one again, changes nothing.

    Raises:
        NotUnderWay: before the start, or after the end.
        AttendanceSettled: attendance was closed.
        NotTakingPart: the registration has no confirmed seat.
        StopNotOpen: the group does not come to this stop.
    """
    stop = journey.stop(stop_id)
    if was_at(registration, stop_id):
        return registration, []
    check_attendance_open(journey)
    if registration.state is not RegistrationState.CONFIRMED:
        raise NotTakingPart
    if stop.state not in RECEIVES:
        raise StopNotOpen
    presence = Presence(stop_id=stop_id, device_id=device_id, at=now)
    fact = ParticipantCheckedIn(**named(registration), stop_id=stop_id)
    return registration.changed(present=(*registration.present, presence)), [fact]


def share(registration: Registration, visited: frozenset[str]) -> float:
    """Give the part of the visited stops at which the person was; 0 where no stop was visited."""
    attended = sum(presence.stop_id in visited for presence in registration.present)
    return round(attended / len(visited), 4) if visited else 0.0


def conclude(registration: Registration, journey: Journey) -> Decided:
    """End a confirmed participation with what it came to."""
    attended = share(registration, journey.visited)
    to = RegistrationState.ATTENDED if attended > 0 else RegistrationState.NO_SHOW
    fact = ParticipationConcluded(
        **named(registration),
        revision=journey.revision,
        organisation_id=registration.organisation_id,
        goal_id=registration.goal_id,
        attended_share=attended,
    )
    return moved(registration, to, attended_share=attended), [fact]
