"""Imprint, privacy notice, accessibility statement, plain language, contact, and the two forms that need no account."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Response

from missionare.web.forms import Form
from missionare.web.languages import N_
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import Refused
from missionare.web.settings import EXAMPLE
from missionare.web.visits import Visit, Visiting

pages = Pages()

BARRIER: Final = "barrier"
MESSAGE: Final = "message"
LONGEST_PATH: Final = 300
About = Annotated[str, Query(max_length=LONGEST_PATH)]
MISSING_TEXT: Final[Mapping[str, str]] = {
    BARRIER: N_("Bitte beschreiben Sie, worauf Sie gestoßen sind."),
    MESSAGE: N_("Bitte schreiben Sie, worum es geht."),
}


@pages.get("/imprint", who=EVERYBODY)
async def imprint(visit: Visiting) -> Response:
    """Say who answers for the pages (section 5 DDG, section 18(2) MStV)."""
    return visit.page("legal/imprint.html", example=_example(visit))


@pages.get("/privacy", who=EVERYBODY)
async def privacy(visit: Visiting) -> Response:
    """Say how personal data are handled (Articles 13 and 14 GDPR)."""
    return visit.page("legal/privacy.html", example=_example(visit))


@pages.get("/accessibility", who=EVERYBODY)
async def accessibility(visit: Visiting) -> Response:
    """Say how accessible the pages are and where to turn (section 10b BGG NRW)."""
    return visit.page("legal/accessibility.html", example=_example(visit))


@pages.get("/plain-language", who=EVERYBODY)
async def plain_language(visit: Visiting) -> Response:
    """Say in plain language what this is."""
    return visit.page("legal/plain_language.html")


@pages.get("/accessibility/report", who=EVERYBODY)
async def show_barrier_form(visit: Visiting, about: About = "") -> Response:
    """Ask for the barrier; no account and no name is needed."""
    return _barrier_form(visit, visit.form(BARRIER, about=about))


@pages.post("/accessibility/report", who=EVERYBODY)
async def report_barrier(visit: Visiting) -> Response:
    """Hand the report to the agency."""
    form = await _taken(visit, BARRIER)
    return visit.go("/contact/received") if form.ok else _barrier_form(visit, form)


@pages.get("/contact", who=EVERYBODY)
async def contact(visit: Visiting, about: About = "") -> Response:
    """Say how to reach the agency, and take a message; with `about` it concerns a page."""
    return _contact_form(visit, visit.form(MESSAGE, about=about))


@pages.post("/contact", who=EVERYBODY)
async def send_message(visit: Visiting) -> Response:
    """Hand the message to the agency."""
    form = await _taken(visit, MESSAGE)
    return visit.go("/contact/received") if form.ok else _contact_form(visit, form)


@pages.get("/contact/received", who=EVERYBODY)
async def received(visit: Visiting) -> Response:
    """Say that it has arrived."""
    return visit.page("legal/received.html")


async def _taken(visit: Visit, kind: str) -> Form:
    """Check a form and give it to members, who keep it until the agency has answered."""
    form = await visit.submitted(kind)
    form.need({"text": visit.say(MISSING_TEXT[kind])})
    if form["email"]:
        form.need_email(
            "email", visit.say("Die E-Mail-Adresse ist unvollständig, zum Beispiel fehlt das Zeichen\u00a0@.")
        )
    if form.ok:
        body = {"kind": kind, "text": form.text("text"), "about": form.text("about"), "reply_to": form.text("email")}
        try:
            await visit.ask.command("members", "/enquiries", body, key=form.key)
        except Refused as refusal:
            form.refused(refusal, {"reply_to": "email"})
    return form


def _barrier_form(visit: Visit, form: Form) -> Response:
    return visit.page("legal/barrier.html", status=_status(form), keep=False, form=form)


def _contact_form(visit: Visit, form: Form) -> Response:
    return visit.page("legal/contact.html", status=_status(form), keep=False, form=form)


def _status(form: Form) -> int:
    return HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY


def _example(visit: Visit) -> bool:
    """Whether the agency has not said yet who it is."""
    settings = visit.site.settings
    return any(EXAMPLE in text for text in (settings.agency_name, settings.agency_street, settings.agency_head))
