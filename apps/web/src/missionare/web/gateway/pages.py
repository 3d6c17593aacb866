"""What the gateway refuses by itself: as a page for a browser, else as a problem document."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from missionare.kit import problems
from missionare.kit.callers import preferred_language
from missionare.web.gateway import refusals
from missionare.web.saying_no import page_for, wants_page
from missionare.web.visits import Visiting

router = APIRouter()


@router.api_route("/problems/{status}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def refused(status: int, request: Request, visit: Visiting) -> Response:
    """Word a refusal. The address that was asked for is not known here, so the browser's language counts."""
    refusal = refusals.refusal(status)
    visit.speak(preferred_language(request.headers.get("accept-language")))
    document = problems.answer(refusal, visit.language)
    if not wants_page(request):
        return document
    page = page_for(refusal, visit)
    if (again := document.headers.get("retry-after")) is not None:
        page.headers["Retry-After"] = again
    return page
