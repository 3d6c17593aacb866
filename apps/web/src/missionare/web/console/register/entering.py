"""Entering somebody who telephones: name, address, and where they belong. Nothing is mailed to them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web.console.choosing import CHOSEN, NAME, Choice, organisation_named
from missionare.web.console.frame import LEAD, desk
from missionare.web.forms import Form
from missionare.web.membership.pages import FUNCTIONS
from missionare.web.routing import Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "person-new"
HERE: Final = "/console/people/new"


@pages.get(HERE, who=LEAD)
async def begin(visit: Visiting) -> Response:
    """Ask for what is needed to reach somebody, and no more."""
    return _asked(visit, visit.form(FORM), Choice())


@pages.post(HERE, who=LEAD)
async def enter(visit: Visiting) -> Response:
    """Enter somebody; whoever is known already is not entered twice."""
    form = await visit.submitted(FORM)
    form.need(
        {
            "given_name": visit.say("Bitte schreiben Sie den Vornamen."),
            "family_name": visit.say("Bitte schreiben Sie den Nachnamen."),
        }
    )
    form.need_email("email", visit.say("Bitte prüfen Sie die E-Mail-Adresse, zum Beispiel name@firma.de."))
    choice = await organisation_named(visit, form) if form[NAME].strip() else Choice()
    if form.ok:
        try:
            answer = await visit.ask.command("members", "/people", _person(form), key=form.key)
            return visit.go(f"/console/people/{answer.json()['id']}")
        except Refused as refusal:
            form.refused(refusal)
    return _asked(visit, form, choice)


def _person(form: Form) -> dict[str, Any]:
    told = {name: form.text(name) for name in ("given_name", "family_name", "email", "telephone")}
    if not form[NAME].strip():
        return told
    functions = [form["function"]] if form["function"] in FUNCTIONS else ["other"]
    return {**told, "organisation_id": form[CHOSEN], "functions": functions, "contact": bool(form["contact"])}


def _asked(visit: Visit, form: Form, choice: Choice) -> Response:
    problem = form.refusal.status if form.refusal else HTTPStatus.UNPROCESSABLE_ENTITY
    return desk(
        visit,
        "register/entering.html",
        status=HTTPStatus.OK if form.ok else problem,
        form=form,
        choice=choice,
        functions=[(value, visit.say(label)) for value, label in FUNCTIONS.items()],
    )
