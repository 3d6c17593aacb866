"""Facts that need attention: read, tried again, mended or put away, each with a reason that is kept."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web.console.frame import AWAY, LEAD, asked, desk
from missionare.web.console.lists import PER_PAGE, Cursor, Filter, Word, listing
from missionare.web.console.technik.reading import SERVICES, DeadLetters, FullDeadLetter
from missionare.web.forms import Form
from missionare.web.routing import Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

DECISION: Final = "dead-letter"
FIRST: Final = 10
"""How many of each service stand on the page of all."""
ACTS: Final = frozenset({"retry", "edit", "discarding"})


@pages.get("/console/technik/dead-letters", who=LEAD)
async def list_dead_letters(visit: Visiting, service: Word = None, cursor: Cursor = None) -> Response:
    """List what is set aside: the first of every service, or all of one."""
    chosen = service if service in SERVICES else None
    wanted = [chosen] if chosen else list(SERVICES)
    limit = PER_PAGE if chosen else FIRST
    found = await asyncio.gather(*(_of(visit, name, cursor if chosen else None, limit) for name in wanted))
    next_cursor = found[0].next_cursor if chosen and isinstance(found[0], DeadLetters) else None
    shown = listing(
        visit,
        (),
        next_cursor=next_cursor,
        cursor=cursor,
        empty=visit.say("Kein Klärfall. Alle Ereignisse sind verarbeitet oder werden von selbst noch einmal versucht."),
        filters=_filters(visit, chosen),
    )
    parts = list(zip(wanted, found, strict=True))
    return desk(
        visit,
        "technik/dead_letters.html",
        parts=[(name, visit.say(SERVICES[name]), part) for name, part in parts if isinstance(part, DeadLetters)],
        away=[visit.say(SERVICES[name]) for name, part in parts if part is AWAY],
        listing=shown,
        chosen=chosen,
    )


@pages.get("/console/technik/dead-letters/{service}/{letter_id}", who=LEAD)
async def read_dead_letter(service: str, letter_id: str, visit: Visiting) -> Response:
    """Show one with its value, and what waits behind it."""
    if service not in SERVICES:
        return visit.nothing_here()
    letter = await _letter(visit, service, letter_id)
    return _shown(visit, service, letter, visit.form(DECISION, version=letter.version, value=_indented(letter.value)))


@pages.post("/console/technik/dead-letters/{service}/{letter_id}/{act}", who=LEAD)
async def decide(service: str, letter_id: str, act: str, visit: Visiting) -> Response:
    """Try it again, with another value, or put it away. What was typed is kept where the service refuses."""
    form = await visit.submitted(DECISION)
    if service not in SERVICES or act not in ACTS:
        return visit.nothing_here()
    letter = await _letter(visit, service, letter_id)
    body = _body(visit, act, form)
    if form.ok:
        try:
            path = f"/dead-letters/{letter_id}/{act}"
            await visit.ask.command(service, path, body, key=form.key, version=form.version)
            return visit.go("/console/technik/dead-letters", service=service)
        except Refused as refusal:
            form.refused(refusal)
    return _shown(visit, service, letter, form)


def _body(visit: Visit, act: str, form: Form) -> dict[str, Any] | None:
    if act == "retry":
        return None
    reason = form.text(f"{act}-reason")
    if reason is None:
        form.wrong(f"{act}-reason", visit.say("Bitte schreiben Sie, warum. Das steht danach im Protokoll."))
    if act == "discarding":
        return {"reason": reason or ""}
    try:
        value = json.loads(form["value"])
    except ValueError:
        form.wrong("value", visit.say("Das ist kein gültiges JSON. Prüfen Sie Klammern, Kommas und Anführungszeichen."))
        return None
    return {"value": value, "reason": reason or ""}


async def _of(visit: Visit, service: str, cursor: str | None, limit: int) -> object:
    return await asked(visit.ask.read(DeadLetters, service, "/dead-letters", cursor=cursor, limit=limit))


async def _letter(visit: Visit, service: str, letter_id: str) -> FullDeadLetter:
    return await visit.ask.read(FullDeadLetter, service, f"/dead-letters/{letter_id}")


def _shown(visit: Visit, service: str, letter: FullDeadLetter, form: Form) -> Response:
    return desk(
        visit,
        "technik/dead_letter.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        service=service,
        label=visit.say(SERVICES[service]),
        services=SERVICES,
        letter=letter,
        form=form,
    )


def _filters(visit: Visit, chosen: str | None) -> list[Filter]:
    path = "/console/technik/dead-letters"
    every = Filter(visit.say("Alle"), visit.url(path), chosen is None)
    return [
        every,
        *(Filter(visit.say(label), visit.url(path, service=name), chosen == name) for name, label in SERVICES.items()),
    ]


def _indented(value: str) -> str:
    """Give a value as one reads it; bytes that are no JSON as they came."""
    try:
        return json.dumps(json.loads(value), ensure_ascii=False, indent=2)
    except ValueError:
        return value
