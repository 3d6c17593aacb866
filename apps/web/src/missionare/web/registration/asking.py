"""Asking for a seat takes three commands at two services; sent again, each of them happens once."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any, Final

from missionare.web.forms import Form
from missionare.web.journeys.reading import Journey
from missionare.web.services import Read
from missionare.web.visits import Visit

USUAL_TOPICS: Final = ("cooperation",)
"""Of a goal on a journey that names no topic."""


class Made(Read):
    """What a command has just made."""

    id: str
    version: int


async def ask_for(visit: Visit, journey: Journey, form: Form, *, target_on: date, goal_id: str | None) -> Made:
    """Ask for a seat with a goal, one that is there or a new one that is handed in; gives the registration.

    The goal is written down first, as a draft that nobody else sees: a journey that does not take the request leaves
    the text with its owner. It is handed in once the request has arrived.

    Raises:
        Refused: the goal or the request was not taken.
        Away: a service does not answer; the same form may be sent again.
    """
    drafted = await _draft(visit, journey, form, target_on) if goal_id is None else None
    wish = {"goal_id": drafted.id if drafted else goal_id, "rules_accepted": True}
    path = f"/journeys/{journey.id}/registrations"
    asked = await visit.ask.command("journeys", path, wish, key=_key(form, "seat", wish))
    if drafted is not None:
        path = f"/goals/{drafted.id}/submission"
        await visit.ask.command("members", path, key=_key(form, "submission", wish), version=drafted.version)
    return Made.model_validate_json(asked.content)


async def _draft(visit: Visit, journey: Journey, form: Form, target_on: date) -> Made:
    goal = {
        "statement": form.text("statement"),
        "sign_of_success": form.text("sign"),
        "pole": form["pole"],
        "topics": journey.topics or list(USUAL_TOPICS),
        "target_on": target_on.isoformat(),
    }
    answer = await visit.ask.command("members", "/goals", goal, key=_key(form, "goal", goal))
    return Made.model_validate_json(answer.content)


def _key(form: Form, step: str, body: dict[str, Any]) -> str:
    """Give the key of one step: the same for the same text, another once the text was changed."""
    digest = hashlib.sha256(repr((form.key, sorted(body.items()))).encode()).hexdigest()
    return f"{step}-{digest}"
