"""The pages: the start page, and the gateway's refusals for people and for programs."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from missionare.kit import problems
from missionare.kit.callers import Language, preferred_language
from missionare.kit.refusals import Refusal
from missionare.web import refusals

ASKED_FOR_PAGE: Final = "text/html"

STYLE: Final = (files("missionare.web") / "templates" / "site.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()

HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Vary": "Accept, Accept-Language",
}

_TEMPLATES: Final = Environment(
    loader=PackageLoader("missionare.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

router = APIRouter()


@router.get("/")
async def start(request: Request) -> Response:
    """Say what this is and that it runs."""
    return _page("start.html", _language(request))


@router.api_route("/problems/{status}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def refused(status: int, request: Request) -> Response:
    """Word a refusal of the gateway: as a page for a browser, else as a problem document."""
    language, refusal = _language(request), refusals.refusal(status)
    document = problems.answer(refusal, language)
    if ASKED_FOR_PAGE not in request.headers.get("accept", ""):
        return document
    page = _page("refusal.html", language, status=refusal.status, refusal=_worded(refusal, language))
    if (again := document.headers.get("retry-after")) is not None:
        page.headers["Retry-After"] = again
    return page


def _page(template: str, language: Language, status: int = 200, **values: Any) -> Response:
    # The style is ours and free of input; escaped it would not match its hash.
    html = _TEMPLATES.get_template(template).render(language=language, style=Markup(STYLE), **values)  # noqa: S704
    return Response(html, status, {**HEADERS, "Content-Language": language}, media_type="text/html")


def _worded(refusal: Refusal, language: Language) -> dict[str, str]:
    return {"title": refusal.titled(language), "text": refusal.say(language)}


def _language(request: Request) -> Language:
    return preferred_language(request.headers.get("accept-language"))
