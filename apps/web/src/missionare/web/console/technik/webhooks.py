"""Webhooks: where events of the network are sent to programs of its members, and whether they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fastapi import Response

from missionare.web.console.frame import LEAD, desk, shown_list
from missionare.web.console.lists import PER_PAGE, Cursor, Row, listing, names, told
from missionare.web.languages import N_
from missionare.web.routing import Pages
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "webhook"
HERE: Final = "/console/technik/webhooks"
STATES: Final[dict[str, tuple[str, str]]] = {
    "pending": ("held", N_("wird geprüft")),
    "active": ("done", N_("läuft")),
    "disabled": ("ended", N_("abgeschaltet")),
}
REASONS: Final[dict[str, str]] = {
    "asked": N_("Abgeschaltet hat ihn die Organisation oder die Agentur."),
    "gone": N_("Die Adresse hat geantwortet, dass es sie nicht mehr gibt."),
    "unreached": N_("Die Adresse hat drei Tage lang nichts angenommen."),
    "key_ended": N_("Der Schlüssel, der für ihn einsteht, gilt nicht mehr."),
}
"""Why nothing is sent there any more."""


class Webhook(Read):
    """An address of a member's program."""

    id: str
    version: int
    organisation_id: str
    url: str
    types: tuple[str, ...] = ()
    state: str
    reason: str | None = None
    created_at: datetime

    @property
    def host(self) -> str:
        """The machine it leads to; the rest of an address may be a secret of its owner's."""
        return urlsplit(self.url).hostname or ""

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of its state."""
        tone, label = STATES.get(self.state, ("open", self.state))
        return tone, visit.say(label)

    def why(self, visit: Visit) -> str:
        """Say why it is disabled."""
        return visit.say(REASONS.get(self.reason, self.reason)) if self.reason else ""


class Webhooks(Read):
    """A page of them."""

    items: tuple[Webhook, ...]
    next_cursor: str | None = None


class Delivery(Read):
    """One try."""

    id: str
    type: str
    at: datetime
    status: int | None = None
    failure: str | None = None
    milliseconds: int


class Deliveries(Read):
    """A page of tries, the newest first; while they fail, since when, and when the next one is."""

    items: tuple[Delivery, ...]
    next_cursor: str | None = None
    failing_since: datetime | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True)
class Try:
    """One try as it stands in the log."""

    delivery: Delivery
    chip: tuple[str, str]


@pages.get(HERE, who=LEAD)
async def list_webhooks(visit: Visiting, cursor: Cursor = None) -> Response:
    """List the webhooks of all organisations."""
    found = await visit.ask.read(Webhooks, "notifications", "/webhooks", cursor=cursor, limit=PER_PAGE)
    known = await names(visit, organisations=[each.organisation_id for each in found.items])
    rows = [
        Row(
            title=f"{known.organisation(each.organisation_id, visit)}: {each.host}",
            address=visit.url(f"{HERE}/{each.id}"),
            text=each.why(visit),
            chip=each.chip(visit),
            when=told(visit, each.created_at),
        )
        for each in found.items
    ]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Noch kein Webhook. Programme melden ihn mit einem Schlüssel ihrer Organisation selbst an."),
    )
    lead = visit.say("Hierhin werden Ereignisse des Netzwerks an Programme von Mitgliedern gesendet, ohne Namen.")
    return shown_list(visit, visit.say("Webhooks"), shown, lead=lead)


@pages.get(f"{HERE}/{{webhook_id}}", who=LEAD)
async def read_webhook(webhook_id: str, visit: Visiting, cursor: Cursor = None) -> Response:
    """Show a webhook with what was tried in the last thirty days."""
    return await _shown(visit, webhook_id, cursor)


@pages.post(f"{HERE}/{{webhook_id}}/disabling", who=LEAD)
async def disable(webhook_id: str, visit: Visiting) -> Response:
    """Send nothing there any more. Its organisation can put it into service again."""
    form = await visit.submitted(FORM)
    path = f"/webhooks/{webhook_id}"
    try:
        await visit.ask.command("notifications", path, key=form.key, version=form.version, method="DELETE")
    except Refused as refusal:
        return await _shown(visit, webhook_id, refusal=refusal)
    return visit.go(f"{HERE}/{webhook_id}")


async def _shown(visit: Visit, webhook_id: str, cursor: str | None = None, refusal: Refused | None = None) -> Response:
    path = f"/webhooks/{webhook_id}"
    webhook = await visit.ask.read(Webhook, "notifications", path)
    asked = {"cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Deliveries, "notifications", f"{path}/deliveries", **asked)
    known = await names(visit, organisations=[webhook.organisation_id])
    shown = listing(
        visit,
        (),
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("In den letzten dreißig Tagen wurde nichts gesendet."),
    )
    return desk(
        visit,
        "technik/webhook.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        webhook=webhook,
        holder=known.organisation(webhook.organisation_id, visit),
        chip=webhook.chip(visit),
        tries=[Try(each, _outcome(visit, each)) for each in found.items],
        failing_since=told(visit, found.failing_since),
        retry_at=told(visit, found.retry_at),
        listing=shown,
        form=visit.form(FORM, version=webhook.version),
        refusal=refusal,
    )


def _outcome(visit: Visit, delivery: Delivery) -> tuple[str, str]:
    if delivery.failure is None:
        return "done", visit.say("angenommen")
    if delivery.status is not None:
        return "bad", visit.say("Antwort {status}", status=delivery.status)
    return "bad", delivery.failure
