"""The review queue: what waits for a second person, who publishes it or gives it back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web.catalog.differences import marked
from missionare.web.catalog.reading import Versions
from missionare.web.console.frame import WORKSHOP, desk, shown_list
from missionare.web.console.lists import PER_PAGE, Cursor, Filter, Row, listing, names
from missionare.web.console.workshop.reading import Draft, Drafts, EvidenceList, Review, Reviews, kind
from missionare.web.journeys.reading import TOPICS
from missionare.web.languages import N_
from missionare.web.routing import Pages, staff
from missionare.web.services import Refused, part
from missionare.web.visits import Visit, Visiting

pages = Pages()

DECISION: Final = "review-decision"
PLACES: Final = (
    ("/console/workshop", N_("Fachprüfungen")),
    ("/console/workshop/suggestions", N_("Vorschläge")),
    ("/console/workshop/drafts", N_("Entwürfe")),
    ("/console/workshop/editions", N_("Ausgaben")),
)


def places(visit: Visit) -> list[Filter]:
    """Give the parts of the workshop, as they stand above each of its lists."""
    return [Filter(visit.say(label), visit.url(path), visit.path == path) for path, label in PLACES]


@pages.get("/console/workshop", who=WORKSHOP)
async def list_reviews(visit: Visiting, cursor: Cursor = None) -> Response:
    """List what waits for a review, the first one first."""
    asked = {"state": "requested", "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Reviews, "catalog", "/reviews", **asked)
    drafts, known = await asyncio.gather(
        _drafts(visit, [each.entry_id for each in found.items]),
        names(visit, people=[author for each in found.items for author in each.authors]),
    )
    rows = [_row(visit, review, drafts.get(review.entry_id), known.those_of(review.authors)) for review in found.items]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Nichts wartet auf eine Fachprüfung. Neues steht hier, sobald jemand einen Entwurf einreicht."),
        filters=places(visit),
    )
    return shown_list(visit, visit.say("Katalog"), shown)


@pages.get("/console/workshop/reviews/{review_id}", who=WORKSHOP)
async def read_review(review_id: str, visit: Visiting) -> Response:
    """Show the content under review, beside what is public now."""
    return await _review(visit, review_id)


@pages.post("/console/workshop/reviews/{review_id}/{act}", who=staff("reviewer"))
async def decide(review_id: str, act: str, visit: Visiting) -> Response:
    """Publish the content, or give it back with what is missing."""
    form = await visit.submitted(DECISION)
    if act not in {"approval", "changes-requested"}:
        return visit.nothing_here()
    body = {"comment": form.text("comment") or ""} if act == "changes-requested" else None
    try:
        path = f"/reviews/{review_id}/{act}"
        await visit.ask.command("catalog", path, body, key=form.key, version=form.version)
    except Refused as refusal:
        return await _review(visit, review_id, refusal)
    return visit.go("/console/workshop")


async def _drafts(visit: Visit, entry_ids: Sequence[str]) -> dict[str, Draft]:
    """Ask for the working copies of these entries in one question, by entry. Without the catalog, none is known."""
    if not entry_ids:
        return {}
    found = await part(visit.ask.read(Drafts, "catalog", "/drafts", ids=entry_ids, limit=len(entry_ids)))
    return {draft.id: draft for draft in found.items} if found else {}


async def draft_of(visit: Visit, entry_id: str) -> Draft:
    """Ask the catalog for a working copy."""
    return await visit.ask.read(Draft, "catalog", f"/drafts/{entry_id}")


def _row(visit: Visit, review: Review, draft: Draft | None, authors: list[str]) -> Row:
    if draft is None:
        return Row(title=visit.say("Entwurf"), address=visit.url(f"/console/workshop/reviews/{review.id}"))
    number = visit.say("Fassung {number}", number=review.number)
    return Row(
        title=draft.title,
        address=visit.url(f"/console/workshop/reviews/{review.id}"),
        text=". ".join(filter(None, (kind(visit, draft.kind, draft.pole), number, ", ".join(authors)))),
        when=visit.formats.short(review.requested_at),
    )


async def _review(visit: Visit, review_id: str, refusal: Refused | None = None) -> Response:
    review = await visit.ask.read(Review, "catalog", f"/reviews/{review_id}")
    draft, evidence, known = await asyncio.gather(
        draft_of(visit, review.entry_id),
        visit.ask.read(EvidenceList, "catalog", f"/drafts/{review.entry_id}/evidence"),
        names(visit, people=review.authors),
    )
    title, text = await _compared(visit, draft)
    mine = visit.caller.person_id in review.authors
    return desk(
        visit,
        "workshop/review.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        review=review,
        draft=draft,
        kind=kind(visit, draft.kind, draft.pole),
        topics=[visit.say(TOPICS.get(topic, topic)) for topic in draft.topics],
        title=title,
        text=text,
        authors=known.those_of(review.authors),
        evidence=evidence.items,
        mine=mine,
        decides=review.state == "requested" and visit.caller.has("reviewer") and not mine,
        form=visit.form(DECISION, version=review.version),
        refusal=refusal,
    )


async def _compared(visit: Visit, draft: Draft) -> tuple[Any, Any]:
    """Mark what differs from what is public now; everything is new where nothing is."""
    if draft.published_number is None:
        return [("same", draft.title)], [("same", draft.text)]
    versions = await visit.ask.read(Versions, "catalog", f"/entries/{draft.id}/versions")
    before = versions.items[-1]
    return marked(before.title, draft.title), marked(before.text, draft.text)
