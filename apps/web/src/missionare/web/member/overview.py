"""`/me`: what waits for me, and my next journey. Where somebody is led who has signed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import Response

from missionare.web.journeys.reading import Journey
from missionare.web.languages import N_
from missionare.web.member.asking import MANY, journeys_of
from missionare.web.member.insights import at_stop
from missionare.web.member.reading import Activities, Consents, Goals, Me, Plans
from missionare.web.member.registrations import UNDER_WAY
from missionare.web.registration.reading import Registration, Registrations, Seat
from missionare.web.routing import SIGNED_IN, Pages
from missionare.web.services import Away, together
from missionare.web.visits import Visit, Visiting

pages = Pages()

SOON: Final = timedelta(days=14)
"""An activity is shown as waiting this long before its day."""
PAST: Final = frozenset({"completed", "cancelled"})


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for the person: state, what it is, and where it is done."""

    tone: str
    state: str
    title: str
    path: str
    text: str = ""


@dataclass
class Known:
    """What the services told of the person; None where one is away."""

    me: Me
    goals: Goals | None
    registrations: Registrations | None
    plans: Plans | None
    activities: Activities | None
    consents: Consents | None
    journeys: dict[str, Journey]

    @property
    def complete(self) -> bool:
        """Whether every service answered."""
        return None not in (self.goals, self.registrations, self.plans, self.activities, self.consents)

    @property
    def live(self) -> list[tuple[Registration, Journey | None]]:
        """Registrations of which something may still come, the next journey first."""
        rows = [
            (each, self.journeys.get(each.journey_id))
            for each in (self.registrations.items if self.registrations else ())
            if each.live
        ]
        return sorted(rows, key=lambda row: (row[1] is None, row[1].starts_at if row[1] else row[0].requested_at))


@pages.get("/me", who=SIGNED_IN)
async def show_overview(visit: Visiting) -> Response:
    """Show what waits for the person, and where they travel next."""
    known = await _known(visit)
    ahead = [(each, journey) for each, journey in known.live if journey and journey.state not in PAST]
    return visit.page(
        "member/overview.html",
        keep=False,
        me=known.me,
        waiting=list(waiting(visit, known)),
        complete=known.complete,
        ahead=ahead,
    )


def waiting(visit: Visit, known: Known) -> Iterator[Waiting]:
    """Give what waits for the person, the most urgent first. What waits for others is not here."""
    yield from _on_the_way(visit, known)
    yield from _registrations(visit, known)
    yield from _goals(visit, known)
    yield from _outreach(visit, known)
    yield from _consents(visit, known)


async def _known(visit: Visit) -> Known:
    me, goals, registrations, plans, activities, consents = await together(
        visit.ask.read(Me, "members", "/me"),
        visit.ask.read(Goals, "members", "/goals", mine="true", limit=MANY),
        visit.ask.read(Registrations, "journeys", "/registrations", limit=MANY),
        visit.ask.read(Plans, "notifications", "/outreach-plans", limit=MANY),
        visit.ask.read(Activities, "notifications", "/outreach-activities", limit=MANY),
        visit.ask.read(Consents, "members", "/consents"),
    )
    if me is None:
        raise Away("members")
    live = (each.journey_id for each in (registrations.items if registrations else ()) if each.live)
    return Known(me, goals, registrations, plans, activities, consents, await journeys_of(visit, live))


def _on_the_way(visit: Visit, known: Known) -> Iterator[Waiting]:
    for registration, journey in known.live:
        if registration.state is not Seat.CONFIRMED or journey is None or journey.state not in UNDER_WAY:
            continue
        stop = at_stop(journey, visit.site.clock.now())
        if stop is not None:
            yield Waiting(
                "now",
                visit.say(N_("jetzt")),
                visit.say(N_("Erkenntnis festhalten: {stop}"), stop=stop.title),
                f"/me/journeys/{journey.id}/stops/{stop.id}",
                visit.say(N_("Vier Angaben, auch ohne Netz.")),
            )


def _registrations(visit: Visit, known: Known) -> Iterator[Waiting]:
    titles = {
        Seat.OFFERED: (N_("Antwort gefragt"), N_("Ein Platz ist für Sie frei: {journey}")),
        Seat.AWAITING_GOAL: (N_("Ziel fehlt"), N_("Ihr Platz wird gehalten: {journey}")),
    }
    for registration, journey in known.live:
        if registration.state not in titles or (
            registration.state is Seat.AWAITING_GOAL and not registration.goal_until_at
        ):
            continue
        state, title = titles[registration.state]
        name = journey.title if journey else visit.say(N_("Lernreise"))
        text = registration.sentence(visit, journey.zone if journey else None)
        yield Waiting("alert", visit.say(state), visit.say(title, journey=name), registration.path, text)


def _goals(visit: Visit, known: Known) -> Iterator[Waiting]:
    goals = known.goals.items if known.goals else ()
    for goal in goals:
        if goal.state == "returned":
            title = visit.say(N_("Die Lernbegleitung fragt nach Ihrem Ziel"))
            yield Waiting("now", goal.chip(visit)[1], title, goal.path, goal.statement)
    for goal in goals:
        if goal.asked:
            title = visit.say(N_("Was ist aus Ihrem Ziel geworden?"))
            yield Waiting("now", visit.say(N_("Zielbilanz")), title, goal.path, goal.statement)
    for goal in goals:
        if goal.state == "draft":
            title = visit.say(N_("Ein Ziel ist noch nicht eingereicht"))
            yield Waiting("draft", goal.chip(visit)[1], title, goal.path, goal.statement)


def _outreach(visit: Visit, known: Known) -> Iterator[Waiting]:
    for plan in known.plans.items if known.plans else ():
        if plan.state == "drafted":
            title = visit.say(N_("Drei Vorschläge, wie Sie zu Hause davon erzählen können"))
            text = visit.say(N_("Sie entscheiden frei. Ablehnen und Schweigen haben keine Folgen."))
            yield Waiting("open", visit.say(N_("Vorschlag")), title, "/me/outreach", text)
    soon = visit.formats.local(visit.site.clock.now() + SOON).date()
    for activity in known.activities.items if known.activities else ():
        if activity.state == "planned" and activity.due_on <= soon:
            text = visit.say(N_("Vorgenommen bis {day}."), day=visit.formats.day(activity.due_on))
            yield Waiting("open", activity.chip(visit)[1], activity.label(visit), activity.path, text)


def _consents(visit: Visit, known: Known) -> Iterator[Waiting]:
    home = known.me.missionary is not None and known.me.missionary.state in {"returned", "active"}
    for consent in known.consents.items if known.consents else ():
        if home and consent.purpose == "public_listing" and consent.state == "none":
            title = visit.say(N_("Möchten Sie öffentlich genannt werden?"))
            text = visit.say(N_("Nur wenn Sie einwilligen. Keine Antwort heißt nein."))
            yield Waiting("open", visit.say(N_("Frage")), title, "/me/consents", text)
