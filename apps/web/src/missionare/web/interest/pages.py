"""Stating interest in an announced journey, and withdrawing it: one button each, on the journey's page."""

from __future__ import annotations

from fastapi import Response

from missionare.web.interest.reading import FORM, own_interest
from missionare.web.journeys.pages import show
from missionare.web.routing import SIGNED_IN, Pages
from missionare.web.services import Refused
from missionare.web.visits import Visiting

pages = Pages()


@pages.post("/journeys/{journey_id}/interest", who=SIGNED_IN)
async def state_interest(journey_id: str, visit: Visiting) -> Response:
    """Say that one would come along."""
    form = await visit.submitted(FORM)
    try:
        await visit.ask.command("journeys", f"/journeys/{journey_id}/interests", key=form.key)
    except Refused as refusal:
        return await show(visit, journey_id, form.refused(refusal))
    return visit.go(f"/journeys/{journey_id}")


@pages.post("/journeys/{journey_id}/interest/withdrawal", who=SIGNED_IN)
async def withdraw_interest(journey_id: str, visit: Visiting) -> Response:
    """Say that one is no longer interested."""
    form = await visit.submitted(FORM)
    interest = await own_interest(visit, journey_id)
    if interest is None:
        return visit.go(f"/journeys/{journey_id}")
    try:
        await visit.ask.command(
            "journeys", f"/interests/{interest.id}/withdrawal", key=form.key, version=interest.version
        )
    except Refused as refusal:
        return await show(visit, journey_id, form.refused(refusal))
    return visit.go(f"/journeys/{journey_id}")
