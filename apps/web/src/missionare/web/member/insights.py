"""Insights: noted at the stop in four inputs, also offline, and what becomes of them.

Without a script it is an ordinary form. The script of the page keeps what is written on the device while there is no
network, and sends it later as this same form would; the key it was given on the device makes it count once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from importlib.resources import files
from typing import Final

from fastapi import Response

from missionare.kit.problems import RouteUnknown
from missionare.web.forms import Form
from missionare.web.journeys.reading import TOPICS, Journey, Stop
from missionare.web.languages import N_
from missionare.web.member.asking import MANY, journeys_of, maybe
from missionare.web.member.reading import INSIGHT_KINDS, READERS, Insights
from missionare.web.member.registrations import UNDER_WAY, own
from missionare.web.registration.reading import Registration, Seat
from missionare.web.routing import EVERYBODY, SIGNED_IN, Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "insight"
JAVASCRIPT: Final = "text/javascript; charset=utf-8"
WORKER: Final = files("missionare.web").joinpath("static", "worker.js").read_bytes()
PRESENCE: Final = "presence"
USUAL_READERS: Final = "journey_group"
AFTERWARDS: Final = timedelta(hours=1)
"""A stop is the present one until this long after its end: the best thought comes in the bus."""
OPEN_STOPS: Final = frozenset({"host_confirmed", "visited"})


@pages.get("/me/insights", who=SIGNED_IN)
async def list_insights(visit: Visiting) -> Response:
    """Show what the person has noted, and what became of it."""
    insights = await visit.ask.read(Insights, "journeys", "/insights", mine="true", limit=MANY)
    journeys = await journeys_of(visit, (insight.journey_id for insight in insights.items))
    places = {stop.id: stop for journey in journeys.values() for stop in journey.stops}
    return visit.page(
        "member/insights.html",
        keep=False,
        insights=list(reversed(insights.items)),
        journeys=journeys,
        places=places,
        under_way=await _under_way(visit),
        noted="noted" in visit.request.query_params,
        owner=visit.caller.person_id,
    )


@pages.get("/me/journeys/{journey_id}/stops/{stop_id}", who=SIGNED_IN)
async def show_stop(journey_id: str, stop_id: str, visit: Visiting) -> Response:
    """Ask what somebody takes away from a stop; what is protected is said first."""
    journey, stop = await _stop(visit, journey_id, stop_id)
    topic = stop.topics[0] if stop.topics else ""
    return await _shown(visit, visit.form(FORM, topic=topic, audience=USUAL_READERS), journey, stop)


@pages.post("/me/journeys/{journey_id}/stops/{stop_id}", who=SIGNED_IN)
async def note_insight(journey_id: str, stop_id: str, visit: Visiting) -> Response:
    """Note it. Whoever writes at a stop is there, so their presence is noted with it."""
    form = _checked(visit, await visit.submitted(FORM))
    if form.ok:
        try:
            await _be_there(visit, journey_id, stop_id, form.key)
            await visit.ask.command(
                "journeys",
                f"/journeys/{journey_id}/insights",
                {
                    "client_id": form.key,
                    "stop_id": stop_id,
                    "kind": form["kind"],
                    "topic": form["topic"],
                    "text": form.text("text"),
                    "audience": form["audience"],
                },
                key=form.key,
            )
        except Refused as refusal:
            form.refused(refusal)
        else:
            return visit.go("/me/insights", noted="yes")
    return await _shown(visit, form, *await _stop(visit, journey_id, stop_id))


@pages.post("/me/journeys/{journey_id}/stops/{stop_id}/presence", who=SIGNED_IN)
async def note_presence(journey_id: str, stop_id: str, visit: Visiting) -> Response:
    """Note that the person is at the stop."""
    form = await visit.submitted(PRESENCE)
    try:
        await _be_there(visit, journey_id, stop_id, form.key)
    except Refused as refusal:
        return await _shown(visit, form.refused(refusal), *await _stop(visit, journey_id, stop_id))
    return visit.go(f"/me/journeys/{journey_id}/stops/{stop_id}", told="present")


@pages.get("/worker.js", who=EVERYBODY)
async def read_worker(visit: Visiting) -> Response:
    """Give the script that shows the pages of a stop where there is no network; it stands at the root to reach them."""
    return visit.file(WORKER, JAVASCRIPT)


def at_stop(journey: Journey, now: datetime) -> Stop | None:
    """Give the stop at which the group is, or comes to next; after the last one, the last."""
    stops = [stop for stop in journey.stops if stop.state in OPEN_STOPS]
    return next((stop for stop in stops if now < stop.ends_at + AFTERWARDS), stops[-1] if stops else None)


async def _be_there(visit: Visit, journey_id: str, stop_id: str, key: str) -> None:
    registration = await _travelling(visit, journey_id)
    if registration is None or registration.was_at(stop_id):
        return
    await visit.ask.command(
        "journeys",
        f"/registrations/{registration.id}/check-ins",
        {"stop_id": stop_id, "device_id": key},
        key=f"{key}.presence",
    )


async def _travelling(visit: Visit, journey_id: str) -> Registration | None:
    found = (each for each in (await own(visit)).items if each.journey_id == journey_id)
    return next((each for each in found if each.state in {Seat.CONFIRMED, Seat.ATTENDED}), None)


async def _stop(visit: Visit, journey_id: str, stop_id: str) -> tuple[Journey, Stop]:
    journey = await visit.ask.read(Journey, "journeys", f"/programme/{journey_id}")
    stop = next((stop for stop in journey.stops if stop.id == stop_id), None)
    if stop is None:
        raise RouteUnknown
    return journey, stop


async def _under_way(visit: Visit) -> list[tuple[Journey, Stop]]:
    """Give the stops at which the person can note something now."""
    going = [each.journey_id for each in (await own(visit)).items if each.state is Seat.CONFIRMED]
    journeys = await journeys_of(visit, going)
    found = [
        (journey, at_stop(journey, visit.site.clock.now()))
        for journey in journeys.values()
        if journey.state in UNDER_WAY
    ]
    return [(journey, stop) for journey, stop in found if stop is not None]


async def _of_the_group(visit: Visit, journey: Journey) -> Insights | None:
    """Read what the group has noted. A copy that a device takes along shows nothing that others may take back."""
    return await maybe(visit.ask.read(Insights, "journeys", f"/journeys/{journey.id}/insights", limit=MANY))


def _checked(visit: Visit, form: Form) -> Form:
    form.choose("kind", INSIGHT_KINDS, visit.say(N_("Bitte wählen Sie, was es ist.")))
    form.need({"text": visit.say(N_("Bitte schreiben Sie mindestens einen Satz."))})
    form.choose("topic", TOPICS, visit.say(N_("Bitte wählen Sie ein Thema.")))
    form.choose("audience", READERS, visit.say(N_("Bitte wählen Sie, wer es höchstens lesen darf.")))
    return form


async def _shown(visit: Visit, form: Form, journey: Journey, stop: Stop) -> Response:
    registration = await _travelling(visit, journey.id)
    group = None if "alone" in visit.request.query_params else await _of_the_group(visit, journey)
    return visit.page(
        "member/stop.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        keep=False,
        form=form if form.name == FORM else visit.form(FORM, audience=USUAL_READERS),
        refused=form if form.name != FORM else None,
        journey=journey,
        stop=stop,
        travelling=registration is not None,
        present=registration is not None and registration.was_at(stop.id),
        under_way=journey.state in UNDER_WAY,
        presence=visit.form(PRESENCE),
        noted=[insight for insight in group.items if insight.stop_id == stop.id] if group else [],
        kinds=[(kind, visit.say(label)) for kind, label in INSIGHT_KINDS.items()],
        topics=[(topic, visit.say(label)) for topic, label in TOPICS.items()],
        readers=[(reader, visit.say(label)) for reader, label in READERS.items()],
        owner=visit.caller.person_id,
    )
