"""Keys: how programs sign in. One is shown once, confirmed by a second journey lead where there is one, and revoked."""

from __future__ import annotations

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.frame import LEAD, desk
from missionare.web.console.lists import PER_PAGE, Cursor, Organisations, listing, names, told
from missionare.web.forms import Form
from missionare.web.routing import Pages
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "api-key"
MOST: Final = 200
"""Organisations that can be chosen from."""
HERE: Final = "/console/technik/keys"


class Key(Read):
    """A key; what opens something stands in it only once, when it is issued."""

    id: str
    version: int
    label: str
    person_id: str | None = None
    organisation_id: str | None = None
    state: str
    requested_by: str
    expires_at: datetime
    used_at: datetime | None = None
    key: str | None = None

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of whether it opens something."""
        if self.state == "requested":
            return "held", visit.say("wartet auf die zweite Person")
        if self.state == "revoked":
            return "ended", visit.say("widerrufen")
        if self.expires_at <= visit.site.clock.now():
            return "ended", visit.say("abgelaufen")
        return "done", visit.say("gilt")


class Keys(Read):
    """A page of them."""

    items: tuple[Key, ...]
    next_cursor: str | None = None


@pages.get("/console/technik/keys", who=LEAD)
async def list_keys(visit: Visiting, cursor: Cursor = None) -> Response:
    """List the keys with their last use, and offer a new one to an organisation."""
    return await _shown(visit, visit.form(FORM), cursor)


@pages.post("/console/technik/keys", who=LEAD)
async def issue(visit: Visiting) -> Response:
    """Issue a key to an organisation's programs, and show it this once."""
    form = await visit.submitted(FORM)
    form.need({"organisation_id": visit.say("Bitte wählen Sie die Organisation.")})
    form.need({"label": visit.say("Bitte schreiben Sie, welches Programm ihn benutzt.")})
    if form.ok:
        wanted = {"label": form.text("label"), "organisation_id": form["organisation_id"], "roles": ["integration"]}
        try:
            answer = await visit.ask.command("members", "/api-keys", wanted, key=form.key)
            return await _shown(visit, visit.form(FORM), issued=Key.model_validate(answer.json()))
        except Refused as refusal:
            form.refused(refusal)
    return await _shown(visit, form)


@pages.post("/console/technik/keys/{key_id}/{act}", who=LEAD)
async def decide(key_id: str, act: str, visit: Visiting) -> Response:
    """Confirm a key as the second person, or revoke one."""
    form = await visit.submitted(FORM)
    ways = {
        "confirmation": ("POST", f"/api-keys/{key_id}/confirmation"),
        "revocation": ("DELETE", f"/api-keys/{key_id}"),
    }
    if act not in ways:
        return visit.nothing_here()
    method, path = ways[act]
    try:
        await visit.ask.command("members", path, key=form.key, version=form.version, method=method)
    except Refused as refusal:
        return await _shown(visit, visit.form(FORM), refusal=refusal)
    return visit.go(HERE)


async def _shown(
    visit: Visit,
    form: Form,
    cursor: str | None = None,
    *,
    issued: Key | None = None,
    refusal: Refused | None = None,
) -> Response:
    found, houses = await asyncio.gather(
        visit.ask.read(Keys, "members", "/api-keys", cursor=cursor, limit=PER_PAGE),
        visit.ask.read(Organisations, "members", "/organisations", state="active", limit=MOST),
    )
    known = await names(
        visit,
        people=[who for key in found.items for who in (key.person_id, key.requested_by)],
        organisations=[key.organisation_id for key in found.items],
    )
    empty = visit.say("Es gibt noch keinen Schlüssel.")
    shown = listing(visit, (), next_cursor=found.next_cursor, cursor=cursor, empty=empty)
    problem = HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY
    return desk(
        visit,
        "technik/keys.html",
        status=refusal.status if refusal else problem,
        keys=[
            _row(
                visit,
                key,
                known.organisation(key.organisation_id, visit)
                if key.organisation_id
                else known.person(key.person_id, visit),
            )
            for key in found.items
        ],
        known=known,
        listing=shown,
        houses=[(house.id, house.name) for house in houses.items],
        issued=issued,
        form=form,
        refusal=refusal,
    )


def _row(visit: Visit, key: Key, holder: str) -> tuple[Key, str, tuple[str, str], str, Form]:
    used = (
        visit.say("zuletzt benutzt {when}", when=told(visit, key.used_at)) if key.used_at else visit.say("nie benutzt")
    )
    return key, holder, key.chip(visit), used, visit.form(FORM, version=key.version)
