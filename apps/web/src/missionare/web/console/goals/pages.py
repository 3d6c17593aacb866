"""Goals that wait for a coach: agreed as they are, or given back with what is missing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.catalog.reading import POLES
from missionare.web.console.frame import desk
from missionare.web.console.goals.reading import Goals
from missionare.web.console.lists import PER_PAGE, Cursor, listing, names
from missionare.web.journeys.reading import TOPICS
from missionare.web.routing import Pages, staff
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

DECISION: Final = "goal-decision"
COACH: Final = staff("coach")


@pages.get("/console/goals", who=COACH)
async def list_goals(visit: Visiting, cursor: Cursor = None) -> Response:
    """List the goals that wait, the first one first."""
    return await _shown(visit, cursor)


@pages.post("/console/goals/{goal_id}/{act}", who=COACH)
async def decide(goal_id: str, act: str, visit: Visiting) -> Response:
    """Agree on a goal, or give it back with a comment."""
    form = await visit.submitted(DECISION)
    if act not in {"agreement", "return"}:
        return visit.nothing_here()
    body = {"comment": form.text("comment") or ""} if act == "return" else None
    try:
        await visit.ask.command("members", f"/goals/{goal_id}/{act}", body, key=form.key, version=form.version)
    except Refused as refusal:
        return await _shown(visit, None, refusal)
    return visit.go("/console/goals")


async def _shown(visit: Visit, cursor: str | None, refusal: Refused | None = None) -> Response:
    asked = {"state": "submitted", "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Goals, "members", "/goals", **asked)
    known = await names(visit, people=[each.person_id for each in found.items])
    shown = listing(
        visit,
        (),
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Kein Ziel wartet auf Ihre Zusage. Eingereichte Ziele stehen hier von selbst."),
    )
    return desk(
        visit,
        "goals/list.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        listing=shown,
        found=[(each, visit.form(DECISION, version=each.version)) for each in found.items],
        known=known,
        poles=POLES,
        topics=TOPICS,
        refusal=refusal,
    )
