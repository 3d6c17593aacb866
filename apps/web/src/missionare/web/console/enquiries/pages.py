"""What people wrote to the agency: read, answered by mail or telephone, and then gone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.enquiries.reading import KINDS, Enquiries
from missionare.web.console.frame import LEAD, desk
from missionare.web.console.lists import PER_PAGE, Cursor, Word, filters, listing
from missionare.web.routing import Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

ANSWERED: Final = "enquiry-answered"


@pages.get("/console/enquiries", who=LEAD)
async def list_enquiries(visit: Visiting, kind: Word = None, cursor: Cursor = None) -> Response:
    """List what waits for an answer, the first one first."""
    return await _shown(visit, kind if kind in KINDS else None, cursor)


@pages.post("/console/enquiries/{enquiry_id}/answer", who=LEAD)
async def note_answer(enquiry_id: str, visit: Visiting) -> Response:
    """Note that it was answered; text and address are deleted by that."""
    form = await visit.submitted(ANSWERED)
    try:
        path = f"/enquiries/{enquiry_id}/answer"
        await visit.ask.command("members", path, key=form.key, version=form.version)
    except Refused as refusal:
        return await _shown(visit, None, None, refusal)
    return visit.go("/console/enquiries")


async def _shown(visit: Visit, kind: str | None, cursor: str | None, refusal: Refused | None = None) -> Response:
    asked = {"state": "open", "kind": kind, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Enquiries, "members", "/enquiries", **asked)
    shown = listing(
        visit,
        (),
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Alles beantwortet. Neues steht hier, sobald jemand schreibt."),
        filters=filters(visit, "kind", KINDS, kind),
    )
    return desk(
        visit,
        "enquiries/list.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        listing=shown,
        kinds=KINDS,
        found=[(each, visit.form(ANSWERED, version=each.version)) for each in found.items],
        refusal=refusal,
    )
