"""Journeys with their stops: states, and one function per decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import combinations
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from missionare.journeys.events import (
    AttendanceClosed,
    DebriefingStarted,
    JourneyCancelled,
    JourneyCompleted,
    JourneyPublished,
    JourneyStarted,
    RegistrationClosed,
    RegistrationOpened,
    Topic,
)
from missionare.journeys.stop.domain import ENDED, Stop, StopState, StopUnknown, overlap
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text

Decided = tuple["Journey", list[Fact]]


class JourneyState(StrEnum):
    """Where a journey stands."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    PUBLISHED = "published"
    REGISTRATION_OPEN = "registration_open"
    REGISTRATION_CLOSED = "registration_closed"
    RUNNING = "running"
    DEBRIEFING = "debriefing"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


ALLOWED: Transitions[JourneyState] = {
    JourneyState.DRAFT: frozenset({JourneyState.ANNOUNCED, JourneyState.PUBLISHED, JourneyState.CANCELLED}),
    JourneyState.ANNOUNCED: frozenset({JourneyState.PUBLISHED, JourneyState.CANCELLED}),
    JourneyState.PUBLISHED: frozenset({JourneyState.REGISTRATION_OPEN, JourneyState.CANCELLED}),
    JourneyState.REGISTRATION_OPEN: frozenset({JourneyState.REGISTRATION_CLOSED, JourneyState.CANCELLED}),
    JourneyState.REGISTRATION_CLOSED: frozenset({JourneyState.RUNNING, JourneyState.CANCELLED}),
    JourneyState.RUNNING: frozenset({JourneyState.DEBRIEFING, JourneyState.CANCELLED}),
    JourneyState.DEBRIEFING: frozenset({JourneyState.COMPLETED, JourneyState.CANCELLED}),
    JourneyState.COMPLETED: frozenset(),
    JourneyState.CANCELLED: frozenset(),
}

UNDER_WAY = frozenset({JourneyState.RUNNING, JourneyState.DEBRIEFING})
PLANNING = frozenset({JourneyState.DRAFT, JourneyState.ANNOUNCED})


class Approval(StrEnum):
    """Whether the agency looks at each request before it gets a seat."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Terms(BaseModel):
    """The deadlines and thresholds of one journey, fixed when it is drafted."""

    model_config = ConfigDict(frozen=True)

    offer_working_days: int = 2
    goal_days: int = 14
    release_days: int = 21
    release_reminder_days: tuple[int, ...] = (7, 14)
    """How many days after it was asked a host is reminded of what it has not decided about."""
    certificate_share: float = 0.60


class Journey(Aggregate):
    """One learning journey."""

    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    capacity: int
    approval: Approval = Approval.AUTOMATIC
    terms: Terms = Terms()
    stops: tuple[Stop, ...] = ()
    state: JourneyState = JourneyState.DRAFT
    revision: int = 0
    topics: tuple[Topic, ...] = ()
    """What an announcement says it is about."""
    published_at: datetime | None = None
    """Since when everybody may read of it as it is now: announced, or with its programme."""
    attendance_closed_at: datetime | None = None
    completed_at: datetime | None = None
    reason: str | None = None
    """Why it was cancelled."""

    def stop(self, stop_id: str) -> Stop:
        """Give one of the stops.

        Raises:
            StopUnknown: there is none with this id.
        """
        found = next((stop for stop in self.stops if stop.id == stop_id), None)
        if found is None:
            raise StopUnknown
        return found

    @property
    def visited(self) -> frozenset[str]:
        """The stops at which the group was."""
        return frozenset(stop.id for stop in self.stops if stop.state is StopState.VISITED)

    def with_stop(self, changed: Stop) -> Journey:
        """Give the journey with one of its stops replaced."""
        return self.changed(stops=tuple(changed if stop.id == changed.id else stop for stop in self.stops))


class JourneyUnknown(NotFound):
    """There is no such journey, or it is not published yet."""

    title: ClassVar[Text] = {"de": "Lernreise nicht gefunden", "en": "Journey not found"}


class TimesImpossible(Invalid):
    """The end does not come after the start, or a stop lies outside its journey."""

    field: ClassVar[str] = "ends_at"
    title: ClassVar[Text] = {"de": "Zeiten passen nicht", "en": "Times do not fit"}
    text: ClassVar[Text] = {
        "de": "Das Ende muss nach dem Beginn liegen, und eine Station innerhalb der Lernreise. Berichtigen Sie die "
        "Zeiten.",
        "en": "The end must come after the start, and a stop must lie within its journey. Correct the times.",
    }


class StopsFixed(Refusal):
    """Stops are added while the journey is not published."""

    title: ClassVar[Text] = {"de": "Programm steht fest", "en": "Programme is fixed"}
    text: ClassVar[Text] = {
        "de": "Die Lernreise ist veröffentlicht; neue Stationen kommen nicht mehr hinzu. Planen Sie dafür eine neue.",
        "en": "The journey is published; no stops are added any more. Plan a new journey for them.",
    }


class NotPublishable(Refusal):
    """The journey cannot be published yet; every reason is named."""

    title: ClassVar[Text] = {"de": "Noch nicht veröffentlichbar", "en": "Cannot be published yet"}
    text: ClassVar[Text] = {
        "de": "Es fehlt noch: {reasons}. Bringen Sie das in Ordnung und veröffentlichen Sie dann.",
        "en": "Still missing: {reasons}. Put this right, then publish.",
    }


class NotCompletable(Refusal):
    """The journey cannot be completed yet; every reason is named."""

    title: ClassVar[Text] = {"de": "Noch nicht abschließbar", "en": "Cannot be completed yet"}
    text: ClassVar[Text] = {
        "de": "Es fehlt noch: {reasons}. Schließen Sie die Lernreise danach ab.",
        "en": "Still missing: {reasons}. Complete the journey after that.",
    }


class NotUnderWay(Refusal):
    """This belongs to a journey that is under way."""

    title: ClassVar[Text] = {"de": "Lernreise nicht unterwegs", "en": "Journey not under way"}
    text: ClassVar[Text] = {
        "de": "Das geht nur, solange die Lernreise läuft oder ausgewertet wird. Wenden Sie sich an die Reiseleitung.",
        "en": "This is possible only while the journey runs or is debriefed. Ask the journey lead.",
    }


class AttendanceSettled(Refusal):
    """Attendance was closed."""

    title: ClassVar[Text] = {"de": "Anwesenheit abgeschlossen", "en": "Attendance closed"}
    text: ClassVar[Text] = {
        "de": "Die Anwesenheit dieser Lernreise ist abgeschlossen. Fehlt etwas, wenden Sie sich an die Reiseleitung.",
        "en": "Attendance of this journey is closed. If something is missing, ask the journey lead.",
    }


# --- planning --------------------------------------------------------------------------------------------------------


def draft(  # noqa: D417 - the other fields are the journey's own
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    title: str,
    summary: str,
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    capacity: int,
    approval: Approval,
    terms: Terms,
) -> Decided:
    """Begin to plan a journey. No fact tells of a draft.

    Args:
        zone: the IANA zone where people meet, such as Europe/Berlin.

    Raises:
        TimesImpossible: it would end before it starts.
    """
    if ends_at <= starts_at:
        raise TimesImpossible
    journey = Journey(
        id=id,
        title=title,
        summary=summary,
        starts_at=starts_at,
        ends_at=ends_at,
        zone=zone,
        capacity=capacity,
        approval=approval,
        terms=terms,
    )
    return journey, []


def add_stop(journey: Journey, stop: Stop) -> Decided:
    """Plan one more stop.

    Raises:
        StopsFixed: the journey is published.
        TimesImpossible: the stop ends before it starts, or lies outside the journey.
    """
    if journey.state not in PLANNING:
        raise StopsFixed
    if not journey.starts_at <= stop.starts_at < stop.ends_at <= journey.ends_at:
        raise TimesImpossible
    return journey.changed(stops=(*journey.stops, stop)), []


def publish(journey: Journey, *, now: datetime) -> Decided:
    """Show the programme to everybody.

    Raises:
        NotPublishable: with every reason.
    """
    check_move(ALLOWED, "Lernreise", journey.state, JourneyState.PUBLISHED)
    reasons = list(_gaps_before_publication(journey))
    if reasons:
        raise NotPublishable(reasons=_listed(reasons))
    fact = JourneyPublished(
        journey_id=journey.id,
        stops=len(_standing(journey)),
        starts_at=journey.starts_at,
        ends_at=journey.ends_at,
        capacity=journey.capacity,
    )
    return journey.changed(state=JourneyState.PUBLISHED, published_at=now), [fact]


# --- the course ------------------------------------------------------------------------------------------------------


def open_registration(journey: Journey) -> Decided:
    """Let people ask for seats."""
    opened = moved(journey, JourneyState.REGISTRATION_OPEN)
    return opened, [RegistrationOpened(journey_id=journey.id, capacity=journey.capacity)]


def close_registration(journey: Journey) -> Decided:
    """Take no further requests; seats still pass on until the start."""
    return moved(journey, JourneyState.REGISTRATION_CLOSED), [RegistrationClosed(journey_id=journey.id)]


def start(journey: Journey) -> Decided:
    """Set out. From now on no seat passes on."""
    return moved(journey, JourneyState.RUNNING), [JourneyStarted(journey_id=journey.id)]


def start_debriefing(journey: Journey) -> Decided:
    """End the visits; attendance may still be completed."""
    return moved(journey, JourneyState.DEBRIEFING), [DebriefingStarted(journey_id=journey.id)]


def close_attendance(journey: Journey, *, now: datetime) -> Decided:
    """Settle who was where. Closing twice is closing once.

    Raises:
        NotUnderWay: the journey is not in debriefing.
    """
    if journey.state is not JourneyState.DEBRIEFING:
        raise NotUnderWay
    if journey.attendance_closed_at is not None:
        return journey, []
    return journey.changed(attendance_closed_at=now), [AttendanceClosed(journey_id=journey.id)]


def check_under_way(journey: Journey) -> None:
    """Let what happens on the way pass.

    Raises:
        NotUnderWay: before the start, or after the end.
    """
    if journey.state not in UNDER_WAY:
        raise NotUnderWay


def check_attendance_open(journey: Journey) -> None:
    """Let check-ins pass while they may be noted.

    Raises:
        NotUnderWay: before the start, or after the end.
        AttendanceSettled: attendance was closed.
    """
    check_under_way(journey)
    if journey.attendance_closed_at is not None:
        raise AttendanceSettled


# --- the end ---------------------------------------------------------------------------------------------------------


def complete(
    journey: Journey, *, participations: int, insights_released: int, insights_pending: int, now: datetime
) -> Decided:
    """End the journey. Its fact is published exactly once per revision.

    Raises:
        NotCompletable: a stop is still open, attendance is open or the end has not passed; every reason is named.
    """
    check_move(ALLOWED, "Lernreise", journey.state, JourneyState.COMPLETED)
    reasons = list(_gaps_before_completion(journey, now))
    if reasons:
        raise NotCompletable(reasons=_listed(reasons))
    revision = journey.revision + 1
    fact = JourneyCompleted(
        journey_id=journey.id,
        revision=revision,
        stops_visited=len(journey.visited),
        participations=participations,
        insights_released=insights_released,
        insights_pending=insights_pending,
    )
    return journey.changed(state=JourneyState.COMPLETED, revision=revision, completed_at=now), [fact]


def cancel(journey: Journey, reason: str) -> Decided:
    """Call the journey off."""
    cancelled = moved(journey, JourneyState.CANCELLED).changed(revision=journey.revision + 1, reason=reason)
    return cancelled, [JourneyCancelled(journey_id=journey.id, revision=cancelled.revision)]


def moved(journey: Journey, to: JourneyState) -> Journey:
    """Give the journey in its next state; a step that the table does not know is refused."""
    check_move(ALLOWED, "Lernreise", journey.state, to)
    return journey.changed(state=to)


def _standing(journey: Journey) -> list[tuple[int, Stop]]:
    """Give the stops that are part of the programme, with the number people know them by."""
    return [(n, stop) for n, stop in enumerate(journey.stops, 1) if stop.state is not StopState.CANCELLED]


def _gaps_before_publication(journey: Journey) -> Iterable[Text]:
    standing = _standing(journey)
    if not standing:
        yield {"de": "eine Station", "en": "a stop"}
    for n, stop in standing:
        if stop.state is not StopState.HOST_CONFIRMED:
            yield {"de": f"die Zusage für Station {n}", "en": f"the host's confirmation for stop {n}"}
        elif stop.largest_group < journey.capacity:
            yield {
                "de": f"genug Platz an Station {n} ({stop.largest_group} statt {journey.capacity})",
                "en": f"enough room at stop {n} ({stop.largest_group} instead of {journey.capacity})",
            }
    for (n, one), (m, other) in combinations(standing, 2):
        if overlap(one, other):
            yield {"de": f"getrennte Zeiten für Station {n} und {m}", "en": f"separate times for stops {n} and {m}"}


def _gaps_before_completion(journey: Journey, now: datetime) -> Iterable[Text]:
    for n, stop in _standing(journey):
        if stop.state not in ENDED:
            yield {"de": f"der Ausgang von Station {n}", "en": f"what became of stop {n}"}
    if journey.attendance_closed_at is None:
        yield {"de": "der Abschluss der Anwesenheit", "en": "attendance to be closed"}
    if now < journey.ends_at:
        yield {"de": "das Ende der Lernreise", "en": "the end of the journey"}


def _listed(reasons: Sequence[Text]) -> Text:
    return {language: "; ".join(reason[language] for reason in reasons) for language in ("de", "en")}
