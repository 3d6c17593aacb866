"""What the pages read of somebody's own registration and goals, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from missionare.web.languages import N_
from missionare.web.member.asking import until
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit

SEAT_FORM: Final = "registration"
"""Name of the forms by which somebody answers an offer or gives up; they go to the registration's own page."""
MOST: Final = 200
"""Entries of the longest page a service gives."""


class Seat(StrEnum):
    """Where a registration stands, as journeys tells it."""

    PENDING_APPROVAL = "pending_approval"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    AWAITING_GOAL = "awaiting_goal"
    CONFIRMED = "confirmed"
    ATTENDED = "attended"
    NO_SHOW = "no_show"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    OFFER_DECLINED = "offer_declined"
    OFFER_EXPIRED = "offer_expired"


@dataclass(frozen=True)
class Worded:
    """How a state is said: the chip's tone and words, and a sentence."""

    tone: str
    label: str
    sentence: str


WORDED: Final[dict[Seat, Worded]] = {
    Seat.PENDING_APPROVAL: Worded("held", N_("angefragt"), N_("Ihre Anfrage liegt bei der Reiseleitung.")),
    Seat.WAITLISTED: Worded(
        "held",
        N_("Warteliste"),
        N_("Alle Plätze sind zurzeit vergeben. Wird einer frei, rückt nach, wer am längsten wartet."),
    ),
    Seat.OFFERED: Worded("now", N_("Nachrückangebot"), N_("Ein Platz ist frei geworden und für Sie zurückgelegt.")),
    Seat.AWAITING_GOAL: Worded(
        "held",
        N_("Platz wird gehalten"),
        N_("Ihr Ziel liegt bei der Lernbegleitung. Solange sie liest, läuft keine Frist."),
    ),
    Seat.CONFIRMED: Worded("done", N_("Platz ist fest"), N_("Sie fahren mit. Ihr Ziel ist vereinbart.")),
    Seat.ATTENDED: Worded("done", N_("mitgefahren"), N_("Sie waren dabei.")),
    Seat.NO_SHOW: Worded("ended", N_("nicht mitgefahren"), N_("Sie waren angemeldet und sind nicht mitgefahren.")),
    Seat.REJECTED: Worded("ended", N_("abgelehnt"), N_("Die Reiseleitung konnte Ihnen keinen Platz geben.")),
    Seat.WITHDRAWN: Worded("ended", N_("zurückgezogen"), N_("Ihre Anfrage ist zurückgezogen.")),
    Seat.CANCELLED: Worded("ended", N_("abgesagt"), N_("Sie haben abgesagt. Der Platz ist weitergegeben.")),
    Seat.LAPSED: Worded("ended", N_("verfallen"), N_("Bis zum Ende der Frist war kein Ziel vereinbart.")),
    Seat.OFFER_DECLINED: Worded("ended", N_("verzichtet"), N_("Sie haben auf den Platz verzichtet.")),
    Seat.OFFER_EXPIRED: Worded("ended", N_("abgelaufen"), N_("Das Nachrückangebot ist ohne Antwort abgelaufen.")),
}

LIVE: Final = frozenset({Seat.PENDING_APPROVAL, Seat.WAITLISTED, Seat.OFFERED, Seat.AWAITING_GOAL, Seat.CONFIRMED})
"""States in which somebody is registered; in all others one may ask again."""


@dataclass(frozen=True)
class WayOut:
    """How somebody gives up: the act at journeys, the button, and what is said before."""

    act: str
    button: str
    warning: str


_WITHDRAW: Final = WayOut(
    "withdrawal",
    N_("Anfrage zurückziehen"),
    N_("Wer später wieder anfragt, beginnt auf der Warteliste hinten. Ihr Ziel bleibt Ihnen erhalten."),
)
_CANCEL: Final = WayOut(
    "cancellation",
    N_("Platz zurückgeben"),
    N_("Der Platz geht sofort an die Nächste oder den Nächsten. Ihr Ziel bleibt Ihnen erhalten."),
)
WAYS_OUT: Final[dict[Seat, WayOut]] = {
    Seat.PENDING_APPROVAL: _WITHDRAW,
    Seat.WAITLISTED: _WITHDRAW,
    Seat.AWAITING_GOAL: _CANCEL,
    Seat.CONFIRMED: _CANCEL,
}


class Presence(Read):
    """That somebody was at a stop."""

    stop_id: str
    at: datetime


class Registration(Read):
    """Somebody's own registration for one journey."""

    id: str
    version: int
    journey_id: str
    goal_id: str | None = None
    state: Seat
    requested_at: datetime
    offered_until_at: datetime | None = None
    goal_until_at: datetime | None = None
    present: tuple[Presence, ...] = ()
    reason: str | None = None

    @property
    def path(self) -> str:
        """Its page."""
        return f"/me/registrations/{self.id}"

    @property
    def live(self) -> bool:
        """Whether something may still come of it."""
        return self.state in LIVE

    @property
    def way_out(self) -> WayOut | None:
        """How to give up; None where there is nothing to give up, or an offer to answer instead."""
        return WAYS_OUT.get(self.state)

    def was_at(self, stop_id: str) -> bool:
        """Whether the person has checked in at a stop."""
        return any(presence.stop_id == stop_id for presence in self.present)

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of its state; while the coach has the goal, nothing is asked of the person."""
        worded = WORDED[self.state]
        mine = self.state is Seat.AWAITING_GOAL and self.goal_until_at is not None
        return "now" if mine else worded.tone, visit.say(worded.label)

    def sentence(self, visit: Visit, zone: str | None = None) -> str:
        """What the state means for the person, with its deadline in the time of the place."""
        if self.state is Seat.OFFERED and self.offered_until_at:
            said = N_("Bis {deadline} gehört der Platz Ihnen, wenn Sie ihn annehmen.")
            return visit.say(said, deadline=until(visit, self.offered_until_at, zone))
        if self.state is Seat.AWAITING_GOAL and self.goal_until_at:
            said = N_("Wir halten den Platz bis {deadline}. Fest wird er mit Ihrem vereinbarten Ziel.")
            return visit.say(said, deadline=until(visit, self.goal_until_at, zone))
        return visit.say(WORDED[self.state].sentence)

    def thread(self, visit: Visit, day: str) -> list[tuple[str, str, str]]:
        """Say as nodes of a thread what has happened and what is still to come."""
        there = visit.say("Ihre Anfrage und Ihr Ziel sind da.") if self.goal_id else visit.say("Ihre Anfrage ist da.")
        asked = ("", visit.say("Angefragt"), there)
        talk = visit.say("Eine Lernbegleitung liest Ihr Ziel, fragt nach, und Sie vereinbaren es miteinander.")
        goal = ("open", visit.say("Ziel vereinbaren"), talk)
        seat = ("open", visit.say("Platz ist fest"), visit.say("Das schreiben wir Ihnen."))
        trip = ("open", visit.say("Lernreise"), day)
        match self.state:
            case Seat.PENDING_APPROVAL:
                answer = ("held", visit.say("Die Reiseleitung antwortet"), visit.say("Das schreiben wir Ihnen."))
                return [asked, answer, goal, seat, trip]
            case Seat.WAITLISTED:
                said = visit.say("Wird ein Platz frei, bieten wir ihn Ihnen per E-Mail an, mit Zeit zum Überlegen.")
                return [asked, ("held", visit.say("Warteliste"), said), goal, seat, trip]
            case Seat.OFFERED:
                return [asked, ("now", visit.say("Nachrückangebot"), visit.say("Sie entscheiden.")), goal, seat, trip]
            case Seat.AWAITING_GOAL:
                mine = self.goal_until_at is not None
                return [asked, ("now" if mine else "held", visit.say("Ziel vereinbaren"), talk), seat, trip]
            case Seat.CONFIRMED:
                fixed = ("", visit.say("Platz ist fest"), visit.say("Ihr Ziel ist vereinbart."))
                return [asked, fixed, ("open", visit.say("Lernreise"), day)]
        return []


class Registrations(Read):
    """A page of somebody's own registrations."""

    items: tuple[Registration, ...]


class Position(Read):
    """Somebody's own place on the waiting list."""

    position: int


class Goal(Read):
    """One of somebody's own goals."""

    id: str
    version: int
    person_id: str
    statement: str
    state: str
    journey_id: str | None = None

    @property
    def free(self) -> bool:
        """Whether it may still travel along."""
        return self.journey_id is None and self.state in {"submitted", "agreed"}


class Goals(Read):
    """A page of goals."""

    items: tuple[Goal, ...]


async def own_registration(visit: Visit, journey_id: str) -> Registration | None:
    """Give the caller's latest registration for a journey; None for a visitor, or where there was none."""
    if visit.caller.person_id is None:
        return None
    found = await visit.ask.read(Registrations, "journeys", "/registrations", journey_id=journey_id, limit=MOST)
    return found.items[-1] if found.items else None


async def own_position(visit: Visit, registration: Registration | None) -> int | None:
    """Give the caller's place on the waiting list; None where they do not wait."""
    if registration is None or registration.state is not Seat.WAITLISTED:
        return None
    path = f"/registrations/{registration.id}/waitlist-position"
    try:
        return (await visit.ask.read(Position, "journeys", path)).position
    except Refused:  # a seat became free in this moment
        return None


async def own_goals(visit: Visit) -> list[Goal]:
    """Give the caller's goals that may travel along: handed in or agreed, and on no journey yet."""
    found = await visit.ask.read(Goals, "members", "/goals", state=["submitted", "agreed"], mine="true", limit=MOST)
    return [goal for goal in found.items if goal.person_id == visit.caller.person_id and goal.free]
