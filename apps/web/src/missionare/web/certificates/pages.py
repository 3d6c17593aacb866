"""Whether a certificate holds: for anybody who has its code, without a name."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Response

from missionare.web.journeys.reading import Journey
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

LONGEST_CODE: Final = 64


class Certificate(Read):
    """What everybody learns of a certificate."""

    code: str
    valid: bool
    journey_id: str
    issued_at: datetime


@pages.get("/certificates", who=EVERYBODY)
async def ask_for_code(visit: Visiting, code: Annotated[str, Query(max_length=LONGEST_CODE)] = "") -> Response:
    """Ask for a code; a code that was given leads to its own address, which can be passed on."""
    if code.strip():
        return visit.go(f"/certificates/{_tidied(code)}")
    return visit.page("certificates/check.html", code="", certificate=None, journey=None, unknown=False)


@pages.get("/certificates/{code}", who=EVERYBODY)
async def check(code: str, visit: Visiting) -> Response:
    """Say whether it holds, and for which journey."""
    try:
        certificate = await visit.ask.read(Certificate, "journeys", f"/certificates/{_tidied(code)[:LONGEST_CODE]}")
    except Refused as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return visit.page(
            "certificates/check.html", status=404, code=code, certificate=None, journey=None, unknown=True
        )
    journey = await _journey(visit, certificate)
    return visit.page("certificates/check.html", code=code, certificate=certificate, journey=journey, unknown=False)


async def _journey(visit: Visit, certificate: Certificate) -> Journey | None:
    try:
        return await visit.ask.read(Journey, "journeys", f"/programme/{certificate.journey_id}")
    except Refused:
        return None


def _tidied(code: str) -> str:
    """Take a code as people copy it: with spaces, in small letters; what cannot be in a code falls away."""
    return "".join(character for character in code.upper() if character.isalnum() or character == "-") or "-"
