"""My consents: given and withdrawn one by one, with exactly what follows from either."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.forms import Form
from missionare.web.languages import N_
from missionare.web.member.reading import Consents
from missionare.web.routing import SIGNED_IN, Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "consent"
PURPOSES: Final[dict[str, tuple[str, str, str]]] = {
    "public_listing": (
        N_("Öffentlich genannt werden"),
        N_(
            "Ihr Eintrag erscheint sofort, frühestens aber nach Ihrer ersten Lernreise. Ihr Betrieb und Ihre Aufgabe "
            "stehen dort nicht."
        ),
        N_(
            "Ihr Eintrag verschwindet sofort von der Seite. Was Suchmaschinen bis dahin gespeichert haben, können wir "
            "nicht zurückholen."
        ),
    ),
    "contact_sharing": (
        N_("Für andere Mitglieder erreichbar sein"),
        N_(
            "Angemeldete sehen Ihre E-Mail-Adresse neben Ihrem Namen. Ohne die öffentliche Nennung hat diese "
            "Einwilligung keine Wirkung."
        ),
        N_("Ihre Adresse verschwindet sofort von der Seite. Wer sie schon gelesen hat, kennt sie weiterhin."),
    ),
    "photos": (
        N_("Auf Fotos zu erkennen sein"),
        N_("Die Reiseleitung sieht in der Anwesenheitsliste jeder Station, wer eingewilligt hat und wer nicht."),
        N_(
            "Ab sofort gilt Ihr Nein, und vorhandene Fotos verwendet die Agentur nicht neu. Gedrucktes lässt sich "
            "nicht zurückholen."
        ),
    ),
}
"""Title, what follows from giving, what follows from withdrawing."""
DIGITS: Final = 6
"""More than any version of a wording has."""
ACTS: Final = frozenset({"grant", "withdrawal"})
TOLD: Final[dict[str, str]] = {
    "grant": N_("Ihre Einwilligung ist eingetragen. Sie können sie hier jederzeit widerrufen."),
    "withdrawal": N_("Ihre Einwilligung ist widerrufen. Das gilt ab diesem Augenblick."),
}


@pages.get("/me/consents", who=SIGNED_IN)
async def list_consents(visit: Visiting) -> Response:
    """Show every purpose with its words, and what the person says to it."""
    return await _shown(visit)


@pages.post("/me/consents/{purpose}/{act}", who=SIGNED_IN)
async def decide(purpose: str, act: str, visit: Visiting) -> Response:
    """Give or withdraw a consent; given is exactly the wording that was on the page."""
    if act not in ACTS or purpose not in PURPOSES:
        visit.nothing_here()
    form = await visit.submitted(FORM)
    typed = form["read_wording"]
    read = int(typed[:DIGITS]) if typed.isascii() and typed.isdecimal() else 0
    body = {"wording": read} if act == "grant" else None
    try:
        await visit.ask.command("members", f"/consents/{purpose}/{act}", body, key=form.key)
    except Refused as refusal:
        return await _shown(visit, form.refused(refusal))
    return visit.go("/me/consents", told=act)


async def _shown(visit: Visit, form: Form | None = None) -> Response:
    consents = await visit.ask.read(Consents, "members", "/consents")
    told = TOLD.get(visit.request.query_params.get("told", ""))
    shown = [
        (consent, *(visit.say(words) for words in PURPOSES[consent.purpose]))
        for consent in consents.items
        if consent.purpose in PURPOSES
    ]
    return visit.page(
        "member/consents.html",
        status=HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        keep=False,
        consents=shown,
        refused=form,
        told=visit.say(told) if told and form is None else None,
        form=lambda: visit.form(FORM),
    )
