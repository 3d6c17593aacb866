"""Roles of a person: given and taken by a journey lead, and confirmed by a second one where there is one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from http import HTTPStatus

from fastapi import Response

from missionare.web.console.frame import LEAD, REGISTER, desk, shown_list, waited
from missionare.web.console.lists import PER_PAGE, Cursor, Known, Person, Row, listing, names
from missionare.web.console.register.reading import ROLES, Affiliations, person_chip, roles
from missionare.web.console.register.seats import seats_of
from missionare.web.routing import Pages
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM = "role"
MOST = 200


class RoleChange(Read):
    """A change that waits for a second person."""

    id: str
    version: int
    person_id: str
    role: str
    direction: str
    requested_by: str
    requested_at: datetime

    def sentence(self, visit: Visit, known: Known) -> str:
        """Say who wants what."""
        said = (
            visit.say("{who} möchte die Rolle {role} geben.")
            if self.direction == "grant"
            else visit.say("{who} möchte die Rolle {role} entziehen.")
        )
        return said.format(who=known.person(self.requested_by, visit), role=visit.say(ROLES.get(self.role, self.role)))


class RoleChanges(Read):
    """A page of them."""

    items: tuple[RoleChange, ...]
    next_cursor: str | None = None


@pages.get("/console/people/{person_id}", who=REGISTER)
async def read_person(person_id: str, visit: Visiting) -> Response:
    """Show how somebody is reached and what roles they hold."""
    return await _person(visit, person_id)


@pages.post("/console/people/{person_id}/roles", who=LEAD)
async def grant(person_id: str, visit: Visiting) -> Response:
    """Give a role, or ask a second journey lead to confirm it."""
    form = await visit.submitted(FORM)
    body = {"role": form["role"]}
    try:
        await visit.ask.command("members", f"/people/{person_id}/roles", body, key=form.key)
    except Refused as refusal:
        return await _person(visit, person_id, refusal)
    return visit.go(f"/console/people/{person_id}")


@pages.post("/console/people/{person_id}/roles/{role}/revocation", who=LEAD)
async def revoke(person_id: str, role: str, visit: Visiting) -> Response:
    """Take a role, or ask a second journey lead to confirm it."""
    form = await visit.submitted(FORM)
    if role not in ROLES:
        return visit.nothing_here()
    try:
        await visit.ask.command("members", f"/people/{person_id}/roles/{role}", key=form.key, method="DELETE")
    except Refused as refusal:
        return await _person(visit, person_id, refusal)
    return visit.go(f"/console/people/{person_id}")


@pages.post("/console/people/{person_id}/role-changes/{change_id}/{act}", who=LEAD)
async def decide(person_id: str, change_id: str, act: str, visit: Visiting) -> Response:
    """Confirm as the second person what another asked for, or drop it."""
    form = await visit.submitted(FORM)
    if act not in {"confirmation", "refusal"}:
        return visit.nothing_here()
    try:
        await visit.ask.command("members", f"/role-changes/{change_id}/{act}", key=form.key, version=form.version)
    except Refused as refusal:
        return await _person(visit, person_id, refusal)
    return visit.go(f"/console/people/{person_id}")


@pages.get("/console/role-changes", who=LEAD)
async def list_role_changes(visit: Visiting, cursor: Cursor = None) -> Response:
    """List the changes that wait for a second person; each is decided on the page of whom it concerns."""
    asked = {"state": "requested", "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(RoleChanges, "members", "/role-changes", **asked)
    known = await names(visit, people=[who for each in found.items for who in (each.person_id, each.requested_by)])
    rows = [
        Row(
            title=known.person(each.person_id, visit),
            address=visit.url(f"/console/people/{each.person_id}"),
            text=each.sentence(visit, known),
            when=waited(visit, each.requested_at),
        )
        for each in found.items
    ]
    empty = visit.say("Keine Rolle wartet auf eine zweite Person.")
    shown = listing(visit, rows, next_cursor=found.next_cursor, cursor=cursor, empty=empty)
    return shown_list(visit, visit.say("Rollen, die zu bestätigen sind"), shown)


async def _person(visit: Visit, person_id: str, refusal: Refused | None = None) -> Response:
    person, places, seats = await asyncio.gather(
        visit.ask.read(Person, "members", f"/people/{person_id}"),
        visit.ask.read(Affiliations, "members", "/affiliations", person_id=person_id, limit=MOST),
        seats_of(visit, person_id),
    )
    houses = [each.organisation_id for each in places.items if each.state == "confirmed"]
    leads = visit.caller.has("operator")
    waiting = await _waiting(visit, person_id) if leads else ()
    known = await names(visit, people=[each.requested_by for each in waiting], organisations=houses)
    return desk(
        visit,
        "register/person.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        person=person,
        seats=seats,
        houses=[(house, known.organisation(house, visit)) for house in houses],
        chip=person_chip(visit, person),
        roles=roles(visit, person),
        leads=leads,
        held=[(role, visit.say(ROLES[role])) for role in ROLES if role in person.roles],
        free=[(role, visit.say(label)) for role, label in ROLES.items() if role not in person.roles],
        waiting=[(each, each.sentence(visit, known), visit.form(FORM, version=each.version)) for each in waiting],
        form=visit.form(FORM),
        refusal=refusal,
    )


async def _waiting(visit: Visit, person_id: str) -> list[RoleChange]:
    found = await visit.ask.read(RoleChanges, "members", "/role-changes", state="requested", limit=MOST)
    return [each for each in found.items if each.person_id == person_id]
