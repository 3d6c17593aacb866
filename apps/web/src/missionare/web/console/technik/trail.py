"""The audit trail: who did what, for whom and why, in the agency's words instead of the program's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import Response

from missionare.web.console.frame import OVERSIGHT, desk
from missionare.web.console.lists import PER_PAGE, Cursor, Known, Word, listing, names
from missionare.web.console.technik.reading import SERVICES
from missionare.web.languages import N_
from missionare.web.routing import Pages
from missionare.web.services import Read
from missionare.web.visits import Visit, Visiting

pages = Pages()

DONE: Final[dict[str, str]] = {
    "activate_organisation": N_("Organisation aktiviert"),
    "act_on_link": N_("Link aus einer Mail benutzt"),
    "admit_organisation": N_("Organisation aufgenommen"),
    "agree_goal": N_("Ziel vereinbart"),
    "answer_enquiry": N_("Nachricht als beantwortet notiert"),
    "apply_for_membership": N_("Mitgliedschaft beantragt"),
    "appoint_contact": N_("Ansprechperson bestimmt"),
    "ask_for_sign_in_link": N_("Link zur Anmeldung angefordert"),
    "assess_goal": N_("Zielbilanz gezogen"),
    "confirm_affiliation": N_("Zugehörigkeit bestätigt"),
    "confirm_api_key": N_("Zugangsschlüssel bestätigt"),
    "confirm_role_change": N_("Rollenwechsel bestätigt"),
    "correct_contact": N_("Kontaktdaten berichtigt"),
    "discard_dead_letter": N_("Klärfall verworfen"),
    "discard_dead_letters": N_("Klärfälle verworfen"),
    "draft_goal": N_("Ziel aufgeschrieben"),
    "edit_dead_letter": N_("Klärfall geändert"),
    "edit_dead_letters": N_("Klärfälle geändert"),
    "edit_goal": N_("Ziel geändert"),
    "end_affiliation": N_("Zugehörigkeit beendet"),
    "enter_person": N_("Person eingetragen"),
    "grant_consent": N_("Einwilligung erteilt"),
    "grant_role": N_("Rolle gegeben"),
    "import_rows": N_("Liste eingelesen"),
    "issue_api_key": N_("Zugangsschlüssel ausgestellt"),
    "issue_invitation": N_("Einladung ausgestellt"),
    "refuse_role_change": N_("Rollenwechsel nicht bestätigt"),
    "reject_affiliation": N_("Zugehörigkeit abgelehnt"),
    "reject_organisation": N_("Antrag abgelehnt"),
    "retry_dead_letter": N_("Klärfall noch einmal versucht"),
    "retry_dead_letters": N_("Klärfälle noch einmal versucht"),
    "return_goal": N_("Ziel zurückgegeben"),
    "revoke_api_key": N_("Zugangsschlüssel widerrufen"),
    "revoke_invitation": N_("Einladung zurückgenommen"),
    "revoke_role": N_("Rolle entzogen"),
    "set_password": N_("Passwort gesetzt"),
    "share_goal": N_("Ziel geteilt"),
    "sign_in_with_password": N_("Mit Passwort angemeldet"),
    "sign_out": N_("Abgemeldet"),
    "submit_goal": N_("Ziel eingereicht"),
    "unshare_goal": N_("Ziel nicht mehr geteilt"),
    "withdraw_consent": N_("Einwilligung widerrufen"),
    "write_enquiry": N_("Nachricht geschrieben"),
}
"""By the name of the command in members; what is not here stands as members calls it."""
OBJECTS: Final[dict[str, str]] = {
    "affiliation": N_("Zugehörigkeit"),
    "api_key": N_("Zugangsschlüssel"),
    "consent": N_("Einwilligung"),
    "enquiry": N_("Nachricht"),
    "goal": N_("Ziel"),
    "import": N_("Liste"),
    "invitation": N_("Einladung"),
    "missionary": N_("Missionarin oder Missionar"),
    "organisation": N_("Organisation"),
    "person": N_("Person"),
    "role_change": N_("Rollenwechsel"),
    "session": N_("Anmeldung"),
}
"""By the kind before the colon of a reference."""
ACTORS: Final[dict[str, str]] = {
    "visitor": N_("ohne Anmeldung"),
    "link": N_("mit einem Link aus einer Mail"),
    "key": N_("mit einem Zugangsschlüssel"),
    "person": N_("Name nicht abrufbar"),
}


class AuditRow(Read):
    """One thing that somebody did."""

    id: str
    at: datetime
    actor: str
    what: str
    why: str = ""
    objects: tuple[str, ...] = ()
    on_behalf_of: str | None = None
    channel: str | None = None


class Audit(Read):
    """A page of the trail."""

    items: tuple[AuditRow, ...]
    next_cursor: str | None = None


@dataclass(frozen=True)
class Deed:
    """One row in words; an object is its kind, and the reference by which it is looked for."""

    row: AuditRow
    actor: str
    what: str
    objects: Sequence[tuple[str, str]]
    on_behalf_of: str


@pages.get("/console/technik/audit", who=OVERSIGHT)
async def read_audit(visit: Visiting, actor: Word = None, subject: Word = None, cursor: Cursor = None) -> Response:
    """Show who did what, for whom and why, the newest first; by one actor or about one object."""
    asked = {"actor": actor, "subject": subject, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Audit, "members", "/audit", **asked)
    known = await names(
        visit, people=[_person(who) for row in found.items for who in (row.actor, f"person:{row.on_behalf_of}")]
    )
    shown = listing(
        visit,
        (),
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Dazu steht nichts im Protokoll."),
    )
    return desk(
        visit,
        "technik/audit.html",
        deeds=[_deed(visit, row, known) for row in found.items],
        listing=shown,
        actor=(actor, _actor(visit, actor, known)) if actor else None,
        subject=(subject, f"{_kind(visit, subject)} {subject.partition(':')[2]}".strip()) if subject else None,
    )


def _deed(visit: Visit, row: AuditRow, known: Known) -> Deed:
    behalf = row.on_behalf_of
    return Deed(
        row=row,
        actor=_actor(visit, row.actor, known),
        what=visit.say(DONE.get(row.what, row.what)),
        objects=[(_kind(visit, each), each) for each in row.objects],
        on_behalf_of=known.people[behalf].name if behalf in known.people else behalf or "",
    )


def _actor(visit: Visit, actor: str, known: Known) -> str:
    kind, _, name = actor.partition(":")
    person = known.people.get(_person(actor) or "")
    if person is not None:
        return person.name
    if kind == "service" and name in SERVICES:
        return visit.say("der Dienst „{service}“", service=visit.say(SERVICES[name]))
    return visit.say(ACTORS.get(kind, actor))


def _kind(visit: Visit, reference: str) -> str:
    kind = reference.partition(":")[0]
    return visit.say(OBJECTS.get(kind, kind))


def _person(actor: str) -> str | None:
    kind, _, person_id = actor.partition(":")
    return person_id if kind == "person" else None
