"""Mails: which went out and which did not; one that did not is sent again. Never to whom, and none of their words."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.frame import LEAD, desk, shown_list
from missionare.web.console.lists import PER_PAGE, Cursor, Row, Word, filters, listing, told
from missionare.web.console.technik.mails import ABOUT, REASONS
from missionare.web.console.technik.reading import MESSAGE_STATES, Message, Messages
from missionare.web.routing import Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "message"


@pages.get("/console/technik/messages", who=LEAD)
async def list_messages(visit: Visiting, state: Word = None, cursor: Cursor = None) -> Response:
    """List mails, the newest first."""
    chosen = state if state in MESSAGE_STATES else None
    asked = {"state": chosen, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Messages, "notifications", "/messages", **asked)
    labels = {name: label for name, (_, label) in MESSAGE_STATES.items()}
    rows = [
        Row(
            title=_about(visit, each),
            address=visit.url(f"/console/technik/messages/{each.id}") if each.state == "failed" else "",
            text=_why(visit, each),
            chip=_chip(visit, each),
            when=told(visit, each.closed_at or each.queued_at),
        )
        for each in found.items
    ]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Keine Mail in diesem Zustand."),
        filters=filters(visit, "state", labels, chosen),
    )
    lead = visit.say("An wen eine Mail ging und was darin stand, wird nicht aufbewahrt.")
    return shown_list(visit, visit.say("Mails"), shown, lead=lead)


@pages.get("/console/technik/messages/{message_id}", who=LEAD)
async def read_message(message_id: str, visit: Visiting) -> Response:
    """Show a mail, and offer to send it again where it did not arrive."""
    return await _shown(visit, message_id)


@pages.post("/console/technik/messages/{message_id}/retry", who=LEAD)
async def retry(message_id: str, visit: Visiting) -> Response:
    """Send a mail again that did not arrive, to the address that there is by now."""
    form = await visit.submitted(FORM)
    path = f"/messages/{message_id}/retry"
    try:
        await visit.ask.command("notifications", path, key=form.key, version=form.version)
    except Refused as refusal:
        return await _shown(visit, message_id, refusal)
    return visit.go(f"/console/technik/messages/{message_id}")


async def _shown(visit: Visit, message_id: str, refusal: Refused | None = None) -> Response:
    message = await visit.ask.read(Message, "notifications", f"/messages/{message_id}")
    return desk(
        visit,
        "technik/message.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        message=message,
        about=_about(visit, message),
        why=_why(visit, message),
        chip=_chip(visit, message),
        when=told(visit, message.closed_at or message.queued_at),
        form=visit.form(FORM, version=message.version),
        refusal=refusal,
    )


def _about(visit: Visit, message: Message) -> str:
    return visit.say(ABOUT.get(message.template, message.template))


def _why(visit: Visit, message: Message) -> str:
    return visit.say(REASONS.get(message.reason, message.reason)) if message.reason else ""


def _chip(visit: Visit, message: Message) -> tuple[str, str]:
    tone, label = MESSAGE_STATES.get(message.state, ("open", message.state))
    return tone, visit.say(label)
