"""Keys: how programs sign in. One is shown once, confirmed by a second journey lead where there is one, and revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.choosing import Choice, organisation_named
from missionare.web.console.frame import LEAD, desk
from missionare.web.console.lists import PER_PAGE, Cursor, Known, Word, filters, listing, names, told
from missionare.web.forms import Form
from missionare.web.languages import N_
from missionare.web.routing import Pages
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

NEW: Final = "api-key-new"
DECISION: Final = "api-key"
HERE: Final = "/console/technik/keys"
STATES: Final[dict[str, str]] = {
    "requested": N_("wartet auf die zweite Person"),
    "live": N_("ausgestellt"),
    "revoked": N_("widerrufen"),
}
"""The choices above the list; whether one that was issued still opens something is said by its chip."""


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


@dataclass(frozen=True)
class KeyRow:
    """A key as it stands in the list, with what whoever looks may do about it."""

    key: Key
    holder: str
    chip: tuple[str, str]
    used: str
    confirms: bool
    revokes: bool
    decision: Form


@pages.get(HERE, who=LEAD)
async def list_keys(visit: Visiting, state: Word = None, cursor: Cursor = None) -> Response:
    """List the keys with their last use, by state where one is chosen."""
    return await _listed(visit, state if state in STATES else None, cursor)


@pages.get(f"{HERE}/new", who=LEAD)
async def begin(visit: Visiting) -> Response:
    """Ask for which organisation a key is, and which program uses it."""
    return _asked(visit, visit.form(NEW), Choice())


@pages.post(f"{HERE}/new", who=LEAD)
async def issue(visit: Visiting) -> Response:
    """Issue a key to an organisation's programs, and show it this once."""
    form = await visit.submitted(NEW)
    choice = await organisation_named(visit, form)
    form.need({"label": visit.say("Bitte schreiben Sie, welches Programm ihn benutzt.")})
    if form.ok:
        wanted = {"label": form.text("label"), "organisation_id": form["organisation_id"], "roles": ["integration"]}
        try:
            answer = await visit.ask.command("members", "/api-keys", wanted, key=form.key)
        except Refused as refusal:
            form.refused(refusal)
        else:
            key = Key.model_validate(answer.json())
            known = await names(visit, organisations=[key.organisation_id])
            return desk(visit, "technik/key_issued.html", key=key, holder=_holder(visit, key, known))
    return _asked(visit, form, choice)


@pages.post(f"{HERE}/{{key_id}}/{{act}}", who=LEAD)
async def decide(key_id: str, act: str, visit: Visiting) -> Response:
    """Confirm a key as the second person, or revoke one."""
    form = await visit.submitted(DECISION)
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
        return await _listed(visit, refusal=refusal)
    return visit.go(HERE)


async def _listed(
    visit: Visit, state: str | None = None, cursor: str | None = None, refusal: Refused | None = None
) -> Response:
    found = await visit.ask.read(Keys, "members", "/api-keys", state=state, cursor=cursor, limit=PER_PAGE)
    known = await names(
        visit,
        people=[key.person_id for key in found.items],
        organisations=[key.organisation_id for key in found.items],
    )
    shown = listing(
        visit,
        (),
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Kein Schlüssel in diesem Zustand.") if state else visit.say("Es gibt noch keinen Schlüssel."),
        filters=filters(visit, "state", STATES, state),
    )
    return desk(
        visit,
        "technik/keys.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        keys=[_row(visit, key, known) for key in found.items],
        listing=shown,
        refusal=refusal,
    )


def _asked(visit: Visit, form: Form, choice: Choice) -> Response:
    status = HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY
    return desk(visit, "technik/key_new.html", status=status, form=form, choice=choice)


def _row(visit: Visit, key: Key, known: Known) -> KeyRow:
    chip = key.chip(visit)
    return KeyRow(
        key=key,
        holder=_holder(visit, key, known),
        chip=chip,
        used=visit.say("zuletzt benutzt {when}", when=told(visit, key.used_at))
        if key.used_at
        else visit.say("nie benutzt"),
        confirms=key.state == "requested" and key.requested_by != visit.caller.person_id,
        revokes=chip[0] in {"held", "done"},
        decision=visit.form(DECISION, version=key.version),
    )


def _holder(visit: Visit, key: Key, known: Known) -> str:
    if key.organisation_id:
        return known.organisation(key.organisation_id, visit)
    return known.person(key.person_id, visit)
