"""Technik: how the streams are, and who did what."""

from __future__ import annotations

import asyncio
from typing import Final

from fastapi import Response

from missionare.web.console.frame import LEAD, OVERSIGHT, desk
from missionare.web.console.lists import PER_PAGE, Cursor, Word, listing, names
from missionare.web.console.technik.reading import SERVICES, Audit, side
from missionare.web.routing import Pages
from missionare.web.visits import Visiting

pages = Pages()

NOBODY: Final = "visitor:visitor"
"""How the audit trail calls whoever has no session."""


@pages.get("/console/technik", who=LEAD)
async def show_streams(visit: Visiting) -> Response:
    """Show what waits, how old it is, and what is stuck. A service that does not answer is named."""
    sides = await asyncio.gather(*(side(visit, name) for name in SERVICES))
    known = [each.streams for each in sides if each.streams is not None]
    hops = sorted((hop for streams in known for hop in streams.hops), key=lambda hop: (hop.source, hop.consumer))
    return desk(
        visit,
        "technik/streams.html",
        sides=sides,
        waiting=sum(streams.lag + streams.facts_pending for streams in known),
        oldest=max((streams.oldest_seconds for streams in known), default=0.0),
        timers=sum(streams.timers_due for streams in known),
        needy=sum(streams.needy for streams in known),
        hops=hops,
        services=SERVICES,
    )


@pages.get("/console/technik/audit", who=OVERSIGHT)
async def read_audit(visit: Visiting, actor: Word = None, subject: Word = None, cursor: Cursor = None) -> Response:
    """Show who did what, for whom and why, the newest first; by one actor or about one object."""
    asked = {"actor": actor, "subject": subject, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Audit, "members", "/audit", **asked)
    known = await names(visit, people=[_person(row.actor) for row in found.items])
    shown = listing(
        visit,
        (),
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Dazu steht nichts im Protokoll."),
    )
    actors = {NOBODY: visit.say("ohne Anmeldung")} | {
        row.actor: known.people[person].name for row in found.items if (person := _person(row.actor)) in known.people
    }
    return desk(
        visit,
        "technik/audit.html",
        found=found.items,
        listing=shown,
        actors=actors,
        actor=actor or "",
        subject=subject or "",
    )


def _person(actor: str) -> str | None:
    kind, _, person_id = actor.partition(":")
    return person_id if kind == "person" else None
