"""What was typed, told where the form around it is not shown: each text under the words that stood above it."""

from __future__ import annotations

from typing import Final

from missionare.web.forms import Form
from missionare.web.languages import N_
from missionare.web.visits import Visit

LABELS: Final[dict[str, str]] = {
    "about": N_("Auf welcher Seite?"),
    "capacity": N_("Plätze"),
    "comment": N_("Anmerkung"),
    "discarding-reason": N_("Begründung"),
    "done_on": N_("Wann?"),
    "edit-reason": N_("Begründung"),
    "email": N_("E-Mail-Adresse"),
    "ends_at": N_("Ende"),
    "family_name": N_("Nachname"),
    "given_name": N_("Vorname"),
    "label": N_("Welches Programm benutzt ihn?"),
    "name": N_("Name der Organisation"),
    "note": N_("Notiz"),
    "organisation": N_("Für welche Organisation?"),
    "postal_code": N_("Postleitzahl"),
    "reach": N_("Wie viele waren dabei oder haben es gelesen?"),
    "reason": N_("Begründung"),
    "sign": N_("Woran merken Sie, dass es gelungen ist?"),
    "sign_of_success": N_("Woran merken Sie es?"),
    "site": N_("Treffpunkt"),
    "starts_at": N_("Beginn"),
    "statement": N_("Was soll besser werden?"),
    "street": N_("Straße und Hausnummer"),
    "summary": N_("Worum es geht"),
    "table": N_("Zeilen aus der Tabelle"),
    "target_on": N_("Bis wann?"),
    "telephone": N_("Telefon"),
    "text": N_("Text"),
    "title": N_("Titel"),
    "value": N_("Inhalt des Ereignisses (JSON)"),
    "wording": N_("Text ohne Namen"),
}
"""Fields in which people write, by their names."""


def told(visit: Visit, form: Form) -> list[tuple[str, str, str]]:
    """Give name, words and content of every text."""
    return [(name, visit.say(label), form[name]) for name, label in LABELS.items() if form[name]]


def carried(form: Form) -> dict[str, str]:
    """Give everything else: what was chosen has no words here, and goes along unseen."""
    return {name: value for name, value in form.values.items() if name not in LABELS or not value}
