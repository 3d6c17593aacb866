"""Drafts and editions: written on, handed to review, and put together."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web.console.frame import WORKSHOP, desk, shown_list
from missionare.web.console.lists import PER_PAGE, Cursor, Row, listing
from missionare.web.console.workshop.reading import DRAFT_STATES, EDITION_STATES, Draft, Drafts, Editions, chip, kind
from missionare.web.console.workshop.reviews import draft_of, places
from missionare.web.forms import Form
from missionare.web.routing import Pages, staff
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

DRAFT: Final = "draft"
EDITION: Final = "edition"
EDITORS: Final = staff("editor")
KEPT: Final = (
    *("kind", "pole", "topics", "functions", "sizes", "sectors", "stages", "dimension", "regions"),
    *("title_en", "text_en", "source", "as_of", "limits"),
)
"""What a draft says besides title and text, and keeps when those are changed."""


@pages.get("/console/workshop/drafts", who=WORKSHOP)
async def list_drafts(visit: Visiting, cursor: Cursor = None) -> Response:
    """List the working copies that nobody has handed to review yet."""
    asked = {"state": "draft", "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Drafts, "catalog", "/drafts", **asked)
    rows = [
        Row(
            title=each.title,
            address=visit.url(f"/console/workshop/drafts/{each.id}"),
            text=kind(visit, each.kind, each.pole),
            chip=chip(visit, DRAFT_STATES, each.state),
            when=visit.formats.short(each.drafted_at),
        )
        for each in found.items
    ]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Kein Entwurf in Arbeit. Angenommene Vorschläge werden zu Entwürfen."),
        filters=places(visit),
    )
    return shown_list(visit, visit.say("Katalog"), shown)


@pages.get("/console/workshop/drafts/{entry_id}", who=WORKSHOP)
async def read_draft(entry_id: str, visit: Visiting) -> Response:
    """Show a draft, to be written on and handed to review."""
    draft = await draft_of(visit, entry_id)
    return _shown(visit, draft, visit.form(DRAFT, version=draft.version, title=draft.title, text=draft.text))


@pages.post("/console/workshop/drafts/{entry_id}", who=EDITORS)
async def save(entry_id: str, visit: Visiting) -> Response:
    """Change title and text. Where somebody else saved first, both texts are shown."""
    form = await visit.submitted(DRAFT)
    draft = await draft_of(visit, entry_id)
    kept = draft.model_dump(mode="json", include=set(KEPT))
    sealed = [each.evidence_id for each in draft.citations if each.sealed]
    body = {**kept, "title": form.text("title") or "", "text": form.text("text") or "", "sealed": sealed}
    if reason := form.text("reason"):
        body["reason"] = reason
    try:
        path = f"/entries/{entry_id}"
        await visit.ask.command("catalog", path, body, key=form.key, version=form.version, method="PUT")
    except Refused as refusal:
        if refusal.status == HTTPStatus.PRECONDITION_FAILED:
            now = await draft_of(visit, entry_id)
            again = visit.form(DRAFT, version=now.version, **form.values)
            return _shown(visit, now, again, saved_meanwhile=now, status=HTTPStatus.PRECONDITION_FAILED)
        return _shown(visit, draft, form.refused(refusal))
    return visit.go(f"/console/workshop/drafts/{entry_id}")


@pages.post("/console/workshop/drafts/{entry_id}/review-request", who=EDITORS)
async def hand_to_review(entry_id: str, visit: Visiting) -> Response:
    """Hand exactly this text to the review of a second person."""
    form = await visit.submitted(DRAFT)
    try:
        path = f"/entries/{entry_id}/review-request"
        await visit.ask.command("catalog", path, key=form.key, version=form.version)
    except Refused as refusal:
        draft = await draft_of(visit, entry_id)
        fresh = visit.form(DRAFT, version=draft.version, title=draft.title, text=draft.text)
        return _shown(visit, draft, fresh.refused(refusal))
    return visit.go("/console/workshop")


@pages.get("/console/workshop/editions", who=WORKSHOP)
async def list_editions(visit: Visiting, cursor: Cursor = None) -> Response:
    """List the editions of the catalog, the newest first."""
    return await _editions(visit, cursor)


@pages.post("/console/workshop/editions/{edition_id}/{act}", who=EDITORS)
async def decide(edition_id: str, act: str, visit: Visiting) -> Response:
    """Freeze what is public now under an edition, or let the proposal go."""
    form = await visit.submitted(EDITION)
    if act not in {"publication", "discarding"}:
        return visit.nothing_here()
    try:
        await visit.ask.command("catalog", f"/editions/{edition_id}/{act}", key=form.key, version=form.version)
    except Refused as refusal:
        return await _editions(visit, None, refusal)
    return visit.go("/console/workshop/editions")


async def _editions(visit: Visit, cursor: str | None, refusal: Refused | None = None) -> Response:
    found = await visit.ask.read(Editions, "catalog", "/editions", cursor=cursor, limit=PER_PAGE)
    shown = listing(
        visit,
        (),
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Noch keine Ausgabe. Die erste wird nach einer abgeschlossenen Lernreise vorgeschlagen."),
        filters=places(visit),
    )
    decides = visit.caller.has("editor")
    return desk(
        visit,
        "workshop/editions.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        listing=shown,
        found=[
            (each, chip(visit, EDITION_STATES, each.state), visit.form(EDITION, version=each.version))
            for each in found.items
        ],
        decides=decides,
        refusal=refusal,
    )


def _shown(visit: Visit, draft: Draft, form: Form, **more: Any) -> Response:
    given = {"status": HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY, "saved_meanwhile": None, **more}
    return desk(
        visit,
        "workshop/draft.html",
        draft=draft,
        form=form,
        kind=kind(visit, draft.kind, draft.pole),
        chip=chip(visit, DRAFT_STATES, draft.state),
        writes=visit.caller.has("editor"),
        **given,
    )
