"""How the pages say no: every error becomes a page with what, why and what next, in the person's language."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from missionare.kit import problems
from missionare.kit.logs import log
from missionare.kit.problems import RouteUnknown, Unexpected
from missionare.kit.refusals import Refusal, Unauthenticated
from missionare.web import typed
from missionare.web.forms import Form
from missionare.web.services import Away, Refused
from missionare.web.visits import Resend, Visit, visit_of


def install(app: FastAPI) -> None:
    """Make every error of the application a page; for programs a problem document."""
    for kind in (Refusal, HTTPException, RequestValidationError, Away, Refused, Resend, Exception):
        app.add_exception_handler(kind, _said)


def wants_page(request: Request) -> bool:
    """Whether a person with a browser asks."""
    return "text/html" in request.headers.get("accept", "")


def page_for(refusal: Refusal, visit: Visit) -> Response:
    """Say no on a page."""
    language = visit.language
    told = {"title": refusal.titled(language), "text": refusal.say(language), "next": refusal.advised(language)}
    return _page(visit, refusal.status, refusal.code, told)


async def _said(request: Request, error: Exception) -> Response:
    visit = await visit_of(request)
    if _needs_sign_in(error) and request.method != "POST":
        return _sign_in_first(visit)
    match error:
        case Away():
            received = getattr(request.state, "received", None)
            return _away(visit) if received is None else _again(visit, received)
        case Refused() | RequestValidationError() if _goes_on_elsewhere(request, error):
            return _from_the_beginning(visit)
        case Refused():
            told = {"title": error.title, "text": error.text, "next": error.next}
            return _page(visit, error.status, error.code, told)
        case Resend():
            return _resend(visit, error)
    # An address with a part that cannot be one of ours is an address at which there is nothing.
    refusal = RouteUnknown() if isinstance(error, RequestValidationError) else problems.refusal_for(error)
    if refusal.status >= Unexpected.status:
        log.error("a page failed", code=refusal.code, exc_info=error)
    return page_for(refusal, visit) if wants_page(request) else problems.answer(refusal, visit.language)


def _needs_sign_in(error: Exception) -> bool:
    refused = isinstance(error, Refused) and error.status == HTTPStatus.UNAUTHORIZED
    return refused or isinstance(error, Unauthenticated)


def _sign_in_first(visit: Visit) -> Response:
    """Lead to the sign-in, and from there back to this page."""
    return visit.go("/sign-in", next=_with_query(visit, visit.path))


def _with_query(visit: Visit, path: str) -> str:
    query = visit.request.url.query
    return path + (f"?{query}" if query else "")


def _goes_on_elsewhere(request: Request, error: Refused | RequestValidationError) -> bool:
    """Whether a list was to go on behind a place that it does not have: one of another filter, or of no list."""
    unfit = not isinstance(error, Refused) or error.status in {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
    return unfit and request.method != "POST" and "cursor" in request.query_params


def _from_the_beginning(visit: Visit) -> Response:
    """Lead to the beginning of the list; filter and words that were looked for stay."""
    kept = [(name, value) for name, value in visit.request.query_params.multi_items() if name != "cursor"]
    told = {
        "title": visit.say("Hier geht diese Liste nicht weiter"),
        "text": visit.say("Die Adresse setzt eine andere Liste fort, zum Beispiel eine mit einem anderen Filter."),
        "next": visit.say("Von vorn zeigt sie alles; Filter und Suchwort bleiben, wie sie sind."),
        "anew": visit.url(visit.path) + (f"?{urlencode(kept)}" if kept else ""),
    }
    return _page(visit, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", told)


def _away(visit: Visit) -> Response:
    told = {
        "title": visit.say("Gerade nicht erreichbar"),
        "text": visit.say("Ein Teil der Plattform antwortet gerade nicht. Es ist nichts verloren gegangen."),
        "next": visit.say("Versuchen Sie es in einer Minute noch einmal, oder rufen Sie uns an."),
        "again": "" if visit.request.method == "POST" else _with_query(visit, visit.url(visit.path)),
    }
    page = _page(visit, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", told)
    page.headers["Retry-After"] = "60"
    return page


def _again(visit: Visit, form: Form) -> Response:
    """Say that a service is away, and keep what was typed: sent again it does not count twice."""
    text = visit.say(
        "Ein Teil der Plattform antwortet gerade nicht. Was Sie geschrieben haben, steht unten. Senden Sie es in einer "
        "Minute von hier noch einmal; doppelt zählt es nicht."
    )
    told = {"title": visit.say("Gerade nicht erreichbar"), "text": text}
    page = _typed(visit, form, HTTPStatus.SERVICE_UNAVAILABLE, told, signed_out=False)
    page.headers["Retry-After"] = "60"
    return page


def _resend(visit: Visit, error: Resend) -> Response:
    """Show what was typed, ready to be sent again."""
    refusal = error.refusal
    if isinstance(refusal, Unauthenticated):
        told = {"title": visit.say("Ihre Anmeldung ist abgelaufen"), "text": ""}
        return _typed(visit, error.form, refusal.status, told, signed_out=True)
    told = {"title": refusal.titled(visit.language), "text": refusal.say(visit.language)}
    return _typed(visit, error.form, refusal.status, told, signed_out=False)


def _typed(visit: Visit, form: Form, status: int, told: dict[str, str], *, signed_out: bool) -> Response:
    return visit.page(
        "resend.html",
        status=status,
        keep=False,
        signed_out=signed_out,
        action=visit.url(visit.path),
        typed=typed.told(visit, form),
        file=bool(form.files),
        chosen=bool(typed.carried(form)),
        hidden=typed.carried(form) | visit.form(form.name).hidden | form.kept,
        **told,
    )


def _page(visit: Visit, status: int, code: str, told: dict[str, Any]) -> Response:
    return visit.page(
        "problem.html", status=status, keep=False, status_code=status, code=code, **{"anew": "", "again": "", **told}
    )
