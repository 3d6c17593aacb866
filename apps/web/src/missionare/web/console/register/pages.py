"""Organisations and people: lists of any length, one organisation, and the decisions about applications."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.frame import LEAD, REGISTER, desk, shown_list
from missionare.web.console.lists import (
    PER_PAGE,
    Cursor,
    Organisation,
    Organisations,
    People,
    Word,
    filters,
    listing,
    names,
)
from missionare.web.console.register.reading import (
    ACTS,
    ORGANISATION_STATES,
    ROLES,
    Affiliations,
    described,
    organisation_chip,
    organisation_row,
    person_row,
)
from missionare.web.routing import Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

DECISION: Final = "organisation-decision"
MOST: Final = 200


@pages.get("/console/organisations", who=REGISTER)
async def list_organisations(visit: Visiting, state: Word = None, cursor: Cursor = None) -> Response:
    """List organisations, by state where one is chosen."""
    chosen = state if state in ORGANISATION_STATES else None
    asked = {"state": chosen, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Organisations, "members", "/organisations", **asked)
    rows = [organisation_row(visit, each) for each in found.items]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Hier ist keine Organisation. Anträge von der Seite „Mitmachen“ erscheinen von selbst."),
        filters=filters(visit, "state", {name: label for name, (_, label) in ORGANISATION_STATES.items()}, chosen),
    )
    act = (visit.say("Liste einlesen"), visit.url("/console/organisations/import"))
    return shown_list(visit, visit.say("Organisationen"), shown, act=act if visit.caller.has("operator") else None)


@pages.get("/console/organisations/{organisation_id}", who=REGISTER)
async def read_organisation(organisation_id: str, visit: Visiting) -> Response:
    """Show an organisation with its people."""
    return await _organisation(visit, organisation_id)


@pages.post("/console/organisations/{organisation_id}/contact", who=LEAD)
async def appoint(organisation_id: str, visit: Visiting) -> Response:
    """Let an organisation be reached through another of its people."""
    form = await visit.submitted(DECISION)
    path, body = f"/organisations/{organisation_id}/contact", {"person_id": form["person_id"]}
    try:
        await visit.ask.command("members", path, body, key=form.key, version=form.version, method="PUT")
    except Refused as refusal:
        return await _organisation(visit, organisation_id, refusal)
    return visit.go(f"/console/organisations/{organisation_id}")


@pages.post("/console/organisations/{organisation_id}/{act}", who=LEAD)
async def decide(organisation_id: str, act: str, visit: Visiting) -> Response:
    """Decide about an application, or let an organisation take part."""
    form = await visit.submitted(DECISION)
    if act not in ACTS:
        return visit.nothing_here()
    try:
        path = f"/organisations/{organisation_id}/{act}"
        await visit.ask.command("members", path, key=form.key, version=form.version)
    except Refused as refusal:
        return await _organisation(visit, organisation_id, refusal)
    return visit.go(f"/console/organisations/{organisation_id}")


@pages.get("/console/people", who=REGISTER)
async def list_people(visit: Visiting, role: Word = None, cursor: Cursor = None) -> Response:
    """List people, by role where one is chosen."""
    chosen = role if role in ROLES else None
    found = await visit.ask.read(People, "members", "/people", role=chosen, cursor=cursor, limit=PER_PAGE)
    rows = [person_row(visit, each) for each in found.items]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Hier ist niemand. Rollen vergibt die Reiseleitung."),
        filters=filters(visit, "role", ROLES, chosen),
    )
    act = (visit.say("Person eintragen"), visit.url("/console/people/new"))
    return shown_list(visit, visit.say("Menschen"), shown, act=act if visit.caller.has("operator") else None)


async def _organisation(visit: Visit, organisation_id: str, refusal: Refused | None = None) -> Response:
    organisation = await visit.ask.read(Organisation, "members", f"/organisations/{organisation_id}")
    asked = {"organisation_id": organisation_id, "limit": MOST}
    places = await visit.ask.read(Affiliations, "members", "/affiliations", **asked)
    there = [each for each in places.items if each.state in {"proposed", "confirmed"}]
    known = await names(visit, people=[*(each.person_id for each in there), organisation.contact_person_id])
    acts = [act for act, state in ACTS.items() if state == organisation.state and visit.caller.has("operator")]
    return desk(
        visit,
        "register/organisation.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        organisation=organisation,
        described=described(visit, organisation),
        chip=organisation_chip(visit, organisation),
        people=[(each, known.person(each.person_id, visit)) for each in there],
        contact=known.people.get(organisation.contact_person_id or ""),
        others=[
            (each.person_id, known.person(each.person_id, visit))
            for each in there
            if each.state == "confirmed" and each.person_id != organisation.contact_person_id
        ],
        leads=visit.caller.has("operator"),
        acts=acts,
        form=visit.form(DECISION, version=organisation.version),
        refusal=refusal,
    )
