"""What becomes of a completed journey: each consequence as it arrives, and the thread to walk along."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Header, Query, Response
from fastapi.responses import StreamingResponse

from missionare.web import headers, rendering
from missionare.web.console.completion.live import arrivals
from missionare.web.console.completion.reading import KINDS, Consequences, address, consequences_of, picture
from missionare.web.console.completion.threads import Certificates, Missionaries
from missionare.web.console.frame import OVERSIGHT, desk, shown_list
from missionare.web.console.journeys.reading import Journey, journey_of
from missionare.web.console.lists import PER_PAGE, Cursor, Row, listing, names, told
from missionare.web.routing import Pages
from missionare.web.visits import Visit, Visiting

pages = Pages()

EVENTS: Final = "text/event-stream"
Seen = Annotated[int, Query(ge=0)]
LastEvent = Annotated[str | None, Header(alias="Last-Event-ID", max_length=20)]


@pages.get("/console/journeys/{journey_id}/consequences", who=OVERSIGHT)
async def show_consequences(journey_id: str, visit: Visiting) -> Response:
    """Show what a completion has brought about so far. The page is whole without script; loading it again renews it."""
    journey = await journey_of(visit, journey_id)
    return desk(visit, "completion/completion.html", **_given(visit, journey, await consequences_of(visit, journey_id)))


@pages.get("/console/journeys/{journey_id}/consequences/live", who=OVERSIGHT)
async def tell_consequences(
    journey_id: str, visit: Visiting, after: Seen = 0, last_event: LastEvent = None
) -> Response:
    """Tell an open page each consequence as its fact arrives."""
    journey = await journey_of(visit, journey_id)
    seen = int(last_event) if last_event and last_event.isdecimal() else after

    def shown(found: Consequences) -> str:
        values = {"visit": visit, "url": visit.url, **_given(visit, journey, found)}
        return rendering.render("console/completion/arrivals.html", visit.language, values)

    events = arrivals(visit, journey_id, seen, shown)
    return StreamingResponse(events, media_type=EVENTS, headers={"Cache-Control": headers.NOT_KEPT})


@pages.get("/console/journeys/{journey_id}/certificates", who=OVERSIGHT)
async def list_certificates(journey_id: str, visit: Visiting, cursor: Cursor = None) -> Response:
    """List the certificates that a journey brought."""
    journey = await journey_of(visit, journey_id)
    asked = {"journey_id": journey_id, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Certificates, "journeys", "/certificates", **asked)
    known = await names(visit, people=[each.person_id for each in found.items])
    rows = [
        Row(
            title=known.person(each.person_id, visit),
            address=visit.url(f"/certificates/{each.code}"),
            text=visit.say("an {share} % der Stationen", share=round(each.attended_share * 100)),
            chip=("done", visit.say("gültig")) if each.valid else ("ended", visit.say("zurückgenommen")),
            when=told(visit, each.issued_at),
        )
        for each in found.items
    ]
    empty = visit.say("Noch keine. Sie entstehen von selbst, wenn die Lernreise abgeschlossen ist.")
    shown = listing(visit, rows, next_cursor=found.next_cursor, cursor=cursor, empty=empty)
    return shown_list(visit, visit.say("Teilnahmebescheinigungen"), shown, crumbs=_way(visit, journey))


@pages.get("/console/journeys/{journey_id}/missionaries", who=OVERSIGHT)
async def list_missionaries(journey_id: str, visit: Visiting, cursor: Cursor = None) -> Response:
    """List whom a journey has qualified."""
    journey = await journey_of(visit, journey_id)
    asked = {"journey_id": journey_id, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Missionaries, "members", "/missionaries", **asked)
    known = await names(visit, people=[each.person_id for each in found.items])
    rows = [
        Row(
            title=known.person(each.person_id, visit),
            address=visit.url(f"/console/people/{each.person_id}"),
            chip=each.chip(visit),
        )
        for each in found.items
    ]
    empty = visit.say("Noch niemand. Qualifiziert ist, wer an genug Stationen war.")
    shown = listing(visit, rows, next_cursor=found.next_cursor, cursor=cursor, empty=empty)
    return shown_list(visit, visit.say("Missionarinnen und Missionare"), shown, crumbs=_way(visit, journey))


def _given(visit: Visit, journey: Journey, found: Consequences) -> dict[str, Any]:
    return {
        "journey": journey,
        "found": found,
        "kinds": KINDS,
        "picture": picture(journey, found),
        "address": lambda name: address(visit, name, journey),
        "live": visit.url(f"{journey.path}/consequences/live", after=found.seen),
    }


def _way(visit: Visit, journey: Journey) -> list[tuple[str, str]]:
    return [
        (visit.say("Lernreisen"), visit.url("/console/journeys")),
        (journey.title, visit.url(journey.path)),
        (visit.say("Was daraus wird"), visit.url(f"{journey.path}/consequences")),
    ]
