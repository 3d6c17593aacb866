"""Announcing a journey while its hosts are open, and who would come along."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.frame import LEAD, OVERSIGHT, desk, shown_list, waited
from missionare.web.console.journeys.reading import Journey, journey_of
from missionare.web.console.lists import PER_PAGE, Cursor, Row, listing, names
from missionare.web.forms import Form
from missionare.web.journeys.reading import TOPICS
from missionare.web.routing import Pages
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "journey-announcement"
FIRST: Final = f"topic-{next(iter(TOPICS))}"
"""Where the message about a missing topic leads."""


class Interest(Read):
    """That somebody would come along."""

    person_id: str
    organisation_id: str
    stated_at: datetime


class Interests(Read):
    """A page of those who would come along now."""

    items: tuple[Interest, ...]
    next_cursor: str | None = None


@pages.get("/console/journeys/{journey_id}/announcement", who=LEAD)
async def show_announcement(journey_id: str, visit: Visiting) -> Response:
    """Ask what the journey is about; what its stops are about is chosen already."""
    journey = await journey_of(visit, journey_id)
    known = {f"topic-{topic}": "yes" for stop in journey.standing for topic in stop.topics}
    return _shown(visit, journey, visit.form(FORM, version=journey.version, **known))


@pages.post("/console/journeys/{journey_id}/announcement", who=LEAD)
async def announce(journey_id: str, visit: Visiting) -> Response:
    """Let everybody read of the journey, and state interest."""
    form = await visit.submitted(FORM)
    chosen = [topic for topic in TOPICS if form[f"topic-{topic}"]]
    if not chosen:
        form.wrong(FIRST, visit.say("Bitte wählen Sie mindestens ein Thema, damit man weiß, worum es geht."))
    if form.ok:
        try:
            path, body = f"/journeys/{journey_id}/announcement", {"topics": chosen}
            await visit.ask.command("journeys", path, body, key=form.key, version=form.version)
            return visit.go(f"/console/journeys/{journey_id}")
        except Refused as refusal:
            form.refused(refusal)
    return _shown(visit, await journey_of(visit, journey_id), form)


@pages.get("/console/journeys/{journey_id}/interests", who=OVERSIGHT)
async def list_interests(journey_id: str, visit: Visiting, cursor: Cursor = None) -> Response:
    """List who would come along, whoever said so first at the top."""
    journey = await journey_of(visit, journey_id)
    asked = {"cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Interests, "journeys", f"/journeys/{journey_id}/interests", **asked)
    known = await names(
        visit,
        people=[each.person_id for each in found.items],
        organisations=[each.organisation_id for each in found.items],
    )
    rows = [
        Row(
            title=known.person(each.person_id, visit),
            address=visit.url(f"/console/people/{each.person_id}"),
            text=known.organisation(each.organisation_id, visit),
            when=waited(visit, each.stated_at),
        )
        for each in found.items
    ]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Noch hat niemand Interesse gemeldet. Das geht auf der öffentlichen Seite der Lernreise."),
    )
    crumbs = (
        (visit.say("Lernreisen"), visit.url("/console/journeys")),
        (journey.title, visit.url(journey.path)),
    )
    return shown_list(visit, visit.say("Wer mitfahren würde"), shown, crumbs=crumbs)


def _shown(visit: Visit, journey: Journey, form: Form) -> Response:
    return desk(
        visit,
        "journeys/announcement.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        form=form,
        journey=journey,
        topics=[(f"topic-{topic}", visit.say(label)) for topic, label in TOPICS.items()],
    )
