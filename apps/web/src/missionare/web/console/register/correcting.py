"""Correcting how somebody is called and reached, as it is needed on the telephone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.frame import LEAD, desk
from missionare.web.console.lists import Person
from missionare.web.forms import Form
from missionare.web.routing import Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "contact"
FIELDS: Final = ("given_name", "family_name", "email", "telephone", "language")


@pages.get("/console/people/{person_id}/contact", who=LEAD)
async def show_contact(person_id: str, visit: Visiting) -> Response:
    """Show name, address and telephone number, to be corrected."""
    person = await _person(visit, person_id)
    given = {name: getattr(person, name) or "" for name in FIELDS}
    return _shown(visit, person, visit.form(FORM, version=person.version, **given))


@pages.post("/console/people/{person_id}/contact", who=LEAD)
async def correct(person_id: str, visit: Visiting) -> Response:
    """Correct them. Whoever has signed in keeps the address that they did it with."""
    form = await visit.submitted(FORM)
    form.need(
        {
            "given_name": visit.say("Bitte schreiben Sie den Vornamen."),
            "family_name": visit.say("Bitte schreiben Sie den Nachnamen."),
        }
    )
    form.need_email("email", visit.say("Bitte prüfen Sie die E-Mail-Adresse, zum Beispiel name@firma.de."))
    if form.ok:
        path, body = f"/people/{person_id}/contact", {name: form.text(name) for name in FIELDS}
        try:
            await visit.ask.command("members", path, body, key=form.key, version=form.version, method="PUT")
            return visit.go(f"/console/people/{person_id}")
        except Refused as refusal:
            form.refused(refusal)
    return _shown(visit, await _person(visit, person_id), form)


async def _person(visit: Visit, person_id: str) -> Person:
    return await visit.ask.read(Person, "members", f"/people/{person_id}")


def _shown(visit: Visit, person: Person, form: Form) -> Response:
    problem = form.refusal.status if form.refusal else HTTPStatus.UNPROCESSABLE_ENTITY
    return desk(visit, "register/contact.html", status=HTTPStatus.OK if form.ok else problem, person=person, form=form)
