"""The frame of the console: who is let in, what the rail offers to whom, and how long something has waited."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi import Response

from missionare.web.forms import Form
from missionare.web.languages import N_
from missionare.web.routing import staff
from missionare.web.services import Away, Refused
from missionare.web.visits import Visit

T = TypeVar("T")

LEAD: Final = staff("operator")
OVERSIGHT: Final = staff("operator", "auditor")
REGISTER: Final = staff("operator", "coach")
WORKSHOP: Final = staff("operator", "editor", "reviewer")
STAFF: Final = staff("operator", "coach", "editor", "reviewer", "auditor")

RAIL: Final = (
    ("/console", N_("Heute"), STAFF),
    ("/console/journeys", N_("Lernreisen"), OVERSIGHT),
    ("/console/registrations", N_("Anmeldungen"), OVERSIGHT),
    ("/console/goals", N_("Ziele"), staff("coach")),
    ("/console/workshop", N_("Katalog"), WORKSHOP),
    ("/console/organisations", N_("Organisationen"), REGISTER),
    ("/console/people", N_("Menschen"), REGISTER),
    ("/console/enquiries", N_("Nachrichten"), LEAD),
    ("/console/impact", N_("Wirkung"), LEAD),
)
"""Address, words and whom it is for; everybody sees what is for them."""
TECHNIK: Final = (
    ("/console/technik", N_("Ströme"), LEAD),
    ("/console/technik/dead-letters", N_("Klärfälle"), LEAD),
    ("/console/technik/mails", N_("Mails"), LEAD),
    ("/console/technik/keys", N_("Zugangsschlüssel"), LEAD),
    ("/console/technik/webhooks", N_("Webhooks"), LEAD),
    ("/console/technik/audit", N_("Protokoll"), OVERSIGHT),
)


def desk(visit: Visit, template: str, *, status: int = HTTPStatus.OK, **values: Any) -> Response:
    """Give a page of the console. Nothing of it is kept: all of it concerns people."""
    return visit.page(
        f"console/{template}",
        status=status,
        keep=False,
        rail=_offered(visit, RAIL),
        technik=_offered(visit, TECHNIK),
        waited=lambda moment: waited(visit, moment),
        typed=_typed(visit),
        **values,
    )


def _typed(visit: Visit) -> list[str]:
    """Give the sentences that were sent to this page: a refusal shows them again, so that nobody writes them twice."""
    form: Form | None = getattr(visit.request.state, "received", None)
    return [form[name] for name in SENTENCES if form[name]] if form is not None else []


def _offered(visit: Visit, entries: Any) -> list[tuple[str, str]]:
    return [(path, visit.say(label)) for path, label, who in entries if not who.roles or visit.caller.has(*who.roles)]


def waited(visit: Visit, moment: datetime | None) -> str:
    """Give since when something waits, as one says it: "seit heute", "seit gestern", "seit 3 Tagen"."""
    if moment is None:
        return ""
    today = visit.formats.local(visit.site.clock.now()).date()
    days = max((today - visit.formats.local(moment).date()).days, 0)
    if days == 0:
        return visit.say("seit heute")
    if days == 1:
        return visit.say("seit gestern")
    return visit.say("seit {days} Tagen", days=days)


async def mine(asking: Awaitable[T]) -> T | None:
    """Give what a part of a page needs, or None where it is not for this person: the part is then left out.

    Raises:
        Away: its service does not answer; see `services.together`.
    """
    try:
        return await asking
    except Refused as refusal:
        if refusal.status == HTTPStatus.FORBIDDEN:
            return None
        raise


SENTENCES: Final = ("reason", "comment")
"""Fields below a button that has no form of its own on the page."""
AWAY: Final = object()
"""Stands where a part's service does not answer, to be told apart from a part that is for others."""


async def asked(asking: Awaitable[T]) -> T | object | None:
    """Give a part, `AWAY` where its service does not answer, None where it is for others."""
    try:
        return await mine(asking)
    except Away:
        return AWAY


def shown_list(visit: Visit, heading: str, listing: Any, **more: Any) -> Response:
    """Give a page that is one list."""
    return desk(visit, "list.html", **{"crumbs": (), "lead": "", "act": None, **more}, heading=heading, listing=listing)
