"""Mails: which went out and which did not; one that did not is sent again. Never to whom, and none of their words."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.frame import LEAD, desk, shown_list
from missionare.web.console.lists import PER_PAGE, Cursor, Row, Word, filters, listing, told
from missionare.web.languages import N_
from missionare.web.routing import Pages
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "mail"
HERE: Final = "/console/technik/mails"
STATES: Final[dict[str, tuple[str, str]]] = {
    "queued": ("held", N_("wartet")),
    "sending": ("now", N_("wird gesendet")),
    "sent": ("done", N_("gesendet")),
    "suppressed": ("ended", N_("nicht gewünscht")),
    "failed": ("bad", N_("kam nicht an")),
}
"""Tone and words of where a mail stands."""
ABOUT: Final[dict[str, str]] = {
    "goal_agreed": N_("Das Ziel ist vereinbart"),
    "goal_returned": N_("Das Ziel kommt mit einer Bemerkung zurück"),
    "goal_assessment_requested": N_("Bitte um eine Zielbilanz"),
    "host_requested": N_("Anfrage an einen Gastgeber"),
    "registration_confirmed": N_("Der Platz ist sicher"),
    "registration_awaiting_goal": N_("Zum Platz fehlt noch ein Ziel"),
    "registration_waitlisted": N_("Platz auf der Warteliste"),
    "seat_offered": N_("Ein Platz ist frei geworden"),
    "seat_offer_expired": N_("Das Nachrückangebot ist verfallen"),
    "insight_release_requested": N_("Bitte um Freigabe an einen Gastgeber"),
    "insight_release_reminder": N_("Erinnerung an die Freigabe"),
    "certificate_issued": N_("Teilnahmebescheinigung"),
    "journey_published": N_("Das Programm steht fest"),
    "journey_cancelled": N_("Die Lernreise ist abgesagt"),
    "visit_cancelled": N_("Der Besuch ist abgesagt"),
    "outreach_plan_drafted": N_("Drei Vorschläge für den Transfer"),
    "outreach_plan_reminder": N_("Erinnerung an die Vorschläge"),
    "follow_up_reminder": N_("Erinnerung an eine Aktivität"),
}
"""By the template of notifications."""
REASONS: Final[dict[str, str]] = {
    "recipient_unknown": N_("Die Person ist nicht mehr bekannt."),
    "recipient_inactive": N_("Die Person ist nicht mehr aktiv."),
    "link_withdrawn": N_("Der Link darin gilt nicht mehr."),
    "not_wanted": N_("Das Interesse wurde vorher zurückgenommen."),
    "too_late": N_("Die Frist darin war schon verstrichen."),
    "address_unusable": N_("Die Adresse ist unbrauchbar."),
    "refused_by_server": N_("Der Mailserver hat sie abgelehnt."),
}
"""By the reason of notifications: why a mail was not sent, or could not be."""


class Mail(Read):
    """A mail, without its words."""

    id: str
    version: int
    template: str
    state: str
    queued_at: datetime
    closed_at: datetime | None = None
    reason: str | None = None

    def about(self, visit: Visit) -> str:
        """Say what it tells."""
        return visit.say(ABOUT.get(self.template, self.template))

    def why(self, visit: Visit) -> str:
        """Say why it did not go out, or did not arrive."""
        return visit.say(REASONS.get(self.reason, self.reason)) if self.reason else ""

    def chip(self, visit: Visit) -> tuple[str, str]:
        """Tone and words of where it stands."""
        tone, label = STATES.get(self.state, ("open", self.state))
        return tone, visit.say(label)

    def when(self, visit: Visit) -> str:
        """Say when it was settled, or is waiting since."""
        return told(visit, self.closed_at or self.queued_at)


class Mails(Read):
    """A page of mails."""

    items: tuple[Mail, ...]
    next_cursor: str | None = None


@pages.get(HERE, who=LEAD)
async def list_mails(visit: Visiting, state: Word = None, cursor: Cursor = None) -> Response:
    """List mails, the newest first."""
    chosen = state if state in STATES else None
    asked = {"state": chosen, "cursor": cursor, "limit": PER_PAGE}
    found = await visit.ask.read(Mails, "notifications", "/messages", **asked)
    labels = {name: label for name, (_, label) in STATES.items()}
    rows = [
        Row(
            title=each.about(visit),
            address=visit.url(f"{HERE}/{each.id}") if each.state == "failed" else "",
            text=each.why(visit),
            chip=each.chip(visit),
            when=each.when(visit),
        )
        for each in found.items
    ]
    shown = listing(
        visit,
        rows,
        next_cursor=found.next_cursor,
        cursor=cursor,
        empty=visit.say("Keine Mail in diesem Zustand."),
        filters=filters(visit, "state", labels, chosen),
    )
    lead = visit.say("An wen eine Mail ging und was darin stand, wird nicht aufbewahrt.")
    return shown_list(visit, visit.say("Mails"), shown, lead=lead)


@pages.get(f"{HERE}/{{mail_id}}", who=LEAD)
async def read_mail(mail_id: str, visit: Visiting) -> Response:
    """Show a mail, and offer to send it again where it did not arrive."""
    return await _shown(visit, mail_id)


@pages.post(f"{HERE}/{{mail_id}}/retry", who=LEAD)
async def retry(mail_id: str, visit: Visiting) -> Response:
    """Send a mail again that did not arrive, to the address that there is by now."""
    form = await visit.submitted(FORM)
    path = f"/messages/{mail_id}/retry"
    try:
        await visit.ask.command("notifications", path, key=form.key, version=form.version)
    except Refused as refusal:
        return await _shown(visit, mail_id, refusal)
    return visit.go(f"{HERE}/{mail_id}")


async def _shown(visit: Visit, mail_id: str, refusal: Refused | None = None) -> Response:
    mail = await visit.ask.read(Mail, "notifications", f"/messages/{mail_id}")
    return desk(
        visit,
        "technik/mail.html",
        status=refusal.status if refusal else HTTPStatus.OK,
        mail=mail,
        form=visit.form(FORM, version=mail.version),
        refusal=refusal,
    )
