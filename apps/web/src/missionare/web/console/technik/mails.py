"""What each mail is about, and why one did not go out, as the agency says it."""

from __future__ import annotations

from typing import Final

from missionare.web.languages import N_

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
