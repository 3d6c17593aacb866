"""Suggestions: accepted as a draft, merged into an entry that says the same, or declined with a reason."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web.console.frame import WORKSHOP, desk, shown_list
from missionare.web.console.lists import PER_PAGE, Cursor, Row, Word, listing
from missionare.web.console.workshop.reading import SOURCES, SUGGESTION_STATES, Suggestion, Suggestions, chip, kind
from missionare.web.console.workshop.reviews import places
from missionare.web.forms import Form
from missionare.web.journeys.reading import TOPICS
from missionare.web.routing import Pages, staff
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

DECISION: Final = "suggestion-decision"
EDITORS: Final = staff("editor")
LONGEST_TITLE: Final = 90


@pages.get("/console/workshop/suggestions", who=WORKSHOP)
async def list_suggestions(visit: Visiting, journey_id: Word = None, cursor: Cursor = None) -> Response:
    """List what is to be looked at, or everything that a journey has raised."""
    state = None if journey_id else "open"
    asked = {"state": state, "journey_id": journey_id, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Suggestions, "catalog", "/suggestions", **asked)
    rows = [
        Row(
            title=_shortened(each.text) or visit.say("Der Text ist nicht mehr freigegeben."),
            address=visit.url(f"/console/workshop/suggestions/{each.id}"),
            text=f"{kind(visit, each.kind, each.pole)}, {visit.say(SOURCES.get(each.source_kind, each.source_kind))}",
            chip=chip(visit, SUGGESTION_STATES, each.state),
            when=visit.formats.short(each.raised_at),
        )
        for each in found.items
    ]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Kein Vorschlag. Sie entstehen aus freigegebenen Erkenntnissen und geteilten Zielen."),
        filters=places(visit),
    )
    return shown_list(visit, visit.say("Katalog"), shown)


@pages.get("/console/workshop/suggestions/{suggestion_id}", who=WORKSHOP)
async def read_suggestion(suggestion_id: str, visit: Visiting) -> Response:
    """Show a suggestion with the entries it may merely repeat."""
    suggestion = await _suggestion(visit, suggestion_id)
    form = visit.form(
        DECISION, version=suggestion.version, title=_shortened(suggestion.text), text=suggestion.text or ""
    )
    return _shown(visit, suggestion, form)


@pages.post("/console/workshop/suggestions/{suggestion_id}/{act}", who=EDITORS)
async def decide(suggestion_id: str, act: str, visit: Visiting) -> Response:
    """Accept, merge or decline; what was written is kept where the catalog refuses."""
    form = await visit.submitted(DECISION)
    suggestion = await _suggestion(visit, suggestion_id)
    body = _body(act, form, suggestion)
    if body is None:
        return visit.nothing_here()
    try:
        path = f"/suggestions/{suggestion_id}/{act}"
        answer = await visit.ask.command("catalog", path, body, key=form.key, version=form.version)
    except Refused as refusal:
        return _shown(visit, suggestion, form.refused(refusal))
    if act == "acceptance":
        return visit.go(f"/console/workshop/drafts/{answer.json()['id']}")
    return visit.go("/console/workshop/suggestions")


def _body(act: str, form: Form, suggestion: Suggestion) -> dict[str, Any] | None:
    match act:
        case "acceptance":
            said = {"title": form.text("title") or "", "text": form.text("text") or ""}
            placed = {"kind": suggestion.kind, "pole": suggestion.pole, "topics": list(suggestion.topics)}
            return {**placed, **said, "sealed": bool(form["sealed"])}
        case "merge":
            return {"entry_id": form["entry_id"], "sealed": bool(form["sealed"])}
        case "rejection":
            return {"reason": form.text("reason") or ""}
        case _:
            return None


async def _suggestion(visit: Visit, suggestion_id: str) -> Suggestion:
    return await visit.ask.read(Suggestion, "catalog", f"/suggestions/{suggestion_id}")


def _shown(visit: Visit, suggestion: Suggestion, form: Form) -> Response:
    return desk(
        visit,
        "workshop/suggestion.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        suggestion=suggestion,
        kind=kind(visit, suggestion.kind, suggestion.pole),
        source=visit.say(SOURCES.get(suggestion.source_kind, suggestion.source_kind)),
        chip=chip(visit, SUGGESTION_STATES, suggestion.state),
        topics=[visit.say(TOPICS.get(topic, topic)) for topic in suggestion.topics],
        decides=suggestion.state == "open" and visit.caller.has("editor"),
        form=form,
    )


def _shortened(text: str | None) -> str:
    first = (text or "").strip().split("\n")[0]
    return first if len(first) <= LONGEST_TITLE else first[:LONGEST_TITLE].rsplit(" ", 1)[0] + " …"
