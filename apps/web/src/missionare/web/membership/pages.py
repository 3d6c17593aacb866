"""How to take part, and applying for membership of an organisation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web.forms import Form
from missionare.web.languages import N_
from missionare.web.pictures.places import PLACES
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "apply"
KINDS: Final = {
    "company": N_("Unternehmen"),
    "chamber": N_("Kammer"),
    "union": N_("Gewerkschaft"),
    "university": N_("Hochschule"),
    "municipality": N_("Kommune"),
    "association": N_("Verband oder Verein"),
}
SIZES: Final = {
    "micro": N_("bis 9 Beschäftigte"),
    "small": N_("10 bis 49 Beschäftigte"),
    "medium": N_("50 bis 249 Beschäftigte"),
    "large": N_("ab 250 Beschäftigte"),
}
FUNCTIONS: Final = {
    "management": N_("Geschäftsführung oder Leitung"),
    "employee_representation": N_("Betriebsrat, Personalrat, MAV oder SBV"),
    "it": N_("IT"),
    "hr": N_("Personal"),
    "production": N_("Produktion"),
    "other": N_("etwas anderes"),
}
SECTORS: Final = {
    "24": N_("Metallerzeugung"),
    "25": N_("Metallwaren"),
    "28": N_("Maschinenbau"),
    "29": N_("Fahrzeugteile"),
    "27": N_("Elektrische Ausrüstung"),
    "22": N_("Kunststoff"),
    "16": N_("Holz"),
    "17": N_("Papier"),
    "10": N_("Nahrungsmittel"),
    "43": N_("Bau und Handwerk"),
    "46": N_("Großhandel"),
    "47": N_("Einzelhandel"),
    "49": N_("Verkehr und Logistik"),
    "55": N_("Gastgewerbe"),
    "62": N_("Informationstechnik"),
    "70": N_("Beratung"),
    "84": N_("Öffentliche Verwaltung"),
    "85": N_("Bildung"),
    "86": N_("Gesundheit und Pflege"),
    "94": N_("Verbände und Kammern"),
}
PLACES_OF: Final = {place.code: place.name for place in sorted(PLACES, key=lambda place: place.name)}
FIELDS: Final = {"municipality_code": "municipality", "functions": "function", "contact.functions": "function"}
"""What members calls a field, and what the form does, where they differ."""


@pages.get("/join", who=EVERYBODY)
async def join(visit: Visiting) -> Response:
    """Say how one takes part: as a person, as a company, as a host."""
    return visit.page("membership/join.html")


@pages.get("/join/apply", who=EVERYBODY)
async def show_application(visit: Visiting) -> Response:
    """Ask for what is needed to apply, and no more."""
    return _shown(visit, visit.form(FORM))


@pages.post("/join/apply", who=EVERYBODY)
async def apply(visit: Visiting) -> Response:
    """Hand the application to members; the agency decides, and the person confirms the address."""
    form = _checked(visit, await visit.submitted(FORM))
    if not form.ok:
        return _shown(visit, form)
    try:
        await visit.ask.command("members", "/organisations", _application(visit, form), key=form.key)
    except Refused as refusal:
        return _shown(visit, form.refused(refusal, FIELDS))
    return visit.go("/join/received")


@pages.get("/join/received", who=EVERYBODY)
async def received(visit: Visiting) -> Response:
    """Say that the application has arrived, and what happens next."""
    return visit.page("membership/received.html")


def _checked(visit: Visit, form: Form) -> Form:
    """Check the fields in the order in which they stand on the page: so is what is wrong with them listed."""
    form.need({"name": visit.say("Der Name der Organisation fehlt.")})
    form.choose("kind", KINDS, visit.say("Bitte wählen Sie die Art der Organisation."))
    form.choose("municipality", PLACES_OF, visit.say("Bitte wählen Sie die Gemeinde."))
    form.choose("sector", SECTORS, visit.say("Bitte wählen Sie die Branche."))
    form.choose("size", SIZES, visit.say("Bitte wählen Sie die Größe."))
    form.need({"given_name": visit.say("Ihr Vorname fehlt."), "family_name": visit.say("Ihr Nachname fehlt.")})
    form.need_email("email", visit.say("Die E-Mail-Adresse ist unvollständig, zum Beispiel fehlt das Zeichen\u00a0@."))
    form.choose("function", FUNCTIONS, visit.say("Bitte wählen Sie, was Sie dort tun."))
    return form


def _application(visit: Visit, form: Form) -> dict[str, Any]:
    contact = {
        "given_name": form.text("given_name"),
        "family_name": form.text("family_name"),
        "email": form.text("email"),
        "telephone": form.text("telephone"),
        "language": visit.language,
        "functions": [form["function"]],
    }
    return {
        "name": form.text("name"),
        "street": form.text("street"),
        "postal_code": form.text("postal_code"),
        "kind": form["kind"],
        "municipality_code": form["municipality"],
        "sector": form["sector"],
        "size": form["size"],
        "contact": contact,
    }


def _shown(visit: Visit, form: Form) -> Response:
    worded = {
        name: [(value, visit.say(label)) for value, label in options.items()]
        for name, options in {"kinds": KINDS, "sizes": SIZES, "sectors": SECTORS, "functions": FUNCTIONS}.items()
    }
    return visit.page(
        "membership/apply.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        keep=False,
        form=form,
        places=list(PLACES_OF.items()),
        **worded,
    )
