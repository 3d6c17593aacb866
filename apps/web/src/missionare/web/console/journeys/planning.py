"""Planning: a new journey, changes of a draft, and its stops."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web.console.choosing import Choice, organisation_named
from missionare.web.console.frame import LEAD, desk
from missionare.web.console.journeys import moments
from missionare.web.console.journeys.reading import Journey, journey_of
from missionare.web.forms import Form
from missionare.web.journeys.reading import TOPICS
from missionare.web.languages import N_
from missionare.web.routing import Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

PLAN: Final = "journey-plan"
STOP: Final = "journey-new-stop"
ZONE: Final = "Europe/Berlin"
LABELS: Final = {
    "title": N_("Titel"),
    "summary": N_("Worum es geht"),
    "starts_at": N_("Beginn"),
    "ends_at": N_("Ende"),
    "capacity": N_("Plätze"),
    "approval": N_("Zusagen"),
}
APPROVALS: Final = (
    ("automatic", N_("Von selbst, solange Plätze frei sind"), ""),
    ("manual", N_("Die Agentur entscheidet über jede Anfrage"), ""),
)


@pages.get("/console/journeys/new", who=LEAD)
async def begin(visit: Visiting) -> Response:
    """Ask for what a draft needs, and no more."""
    return _plan(visit, visit.form(PLAN, capacity="12", approval="automatic"))


@pages.post("/console/journeys/new", who=LEAD)
async def draft(visit: Visiting) -> Response:
    """Begin to plan a journey; nobody outside sees it."""
    form = await visit.submitted(PLAN)
    body = _checked(visit, form, ZONE)
    if form.ok:
        try:
            answer = await visit.ask.command("journeys", "/journeys", {**body, "zone": ZONE}, key=form.key)
            return visit.go(f"/console/journeys/{answer.json()['id']}")
        except Refused as refusal:
            form.refused(refusal)
    return _plan(visit, form)


@pages.get("/console/journeys/{journey_id}/plan", who=LEAD)
async def show_plan(journey_id: str, visit: Visiting) -> Response:
    """Show a draft's words and times, to be changed."""
    journey = await journey_of(visit, journey_id)
    return _plan(visit, visit.form(PLAN, version=journey.version, **_values(journey)), journey)


@pages.post("/console/journeys/{journey_id}/plan", who=LEAD)
async def replan(journey_id: str, visit: Visiting) -> Response:
    """Change a draft. Where somebody else saved first, both texts are shown, and nothing is lost."""
    form = await visit.submitted(PLAN)
    journey = await journey_of(visit, journey_id)
    body = _checked(visit, form, journey.zone)
    if form.ok:
        try:
            path = f"/journeys/{journey_id}"
            await visit.ask.command("journeys", path, body, key=form.key, version=form.version, method="PUT")
            return visit.go(journey.path)
        except Refused as refusal:
            if refusal.status == HTTPStatus.PRECONDITION_FAILED:
                return _both(visit, form, await journey_of(visit, journey_id))
            form.refused(refusal)
    return _plan(visit, form, journey)


@pages.get("/console/journeys/{journey_id}/stops/new", who=LEAD)
async def show_stop(journey_id: str, visit: Visiting) -> Response:
    """Ask where the group goes, when and to whom."""
    journey = await journey_of(visit, journey_id)
    begins = journey.stops[-1].ends_at if journey.stops else journey.starts_at
    given = {"starts_at": moments.write(begins, journey.zone), "capacity": str(journey.capacity)}
    return _stop(visit, visit.form(STOP, version=journey.version, **given), journey, Choice())


@pages.post("/console/journeys/{journey_id}/stops/new", who=LEAD)
async def add_stop(journey_id: str, visit: Visiting) -> Response:
    """Plan one more stop."""
    form = await visit.submitted(STOP)
    journey = await journey_of(visit, journey_id)
    choice = await organisation_named(visit, form)
    body = _checked_stop(visit, form, journey)
    if form.ok:
        try:
            path = f"/journeys/{journey_id}/stops"
            await visit.ask.command("journeys", path, body, key=form.key, version=form.version)
            return visit.go(journey.path)
        except Refused as refusal:
            form.refused(refusal)
            form = visit.form(STOP, version=journey.version, **form.values).refused(refusal)
    return _stop(visit, form, journey, choice)


def _checked(visit: Visit, form: Form, zone: str) -> dict[str, Any]:
    form.need({"title": visit.say("Die Lernreise braucht einen Titel.")})
    begins = _moment(visit, form, "starts_at", zone, visit.say("Beginn"))
    ends = _moment(visit, form, "ends_at", zone, visit.say("Ende"))
    form.choose(
        "approval", {value for value, _, _ in APPROVALS}, visit.say("Bitte wählen Sie, wer über Anfragen entscheidet.")
    )
    return {
        "title": form.text("title"),
        "summary": form.text("summary") or "",
        "starts_at": begins,
        "ends_at": ends,
        "capacity": _number(visit, form, "capacity"),
        "approval": form["approval"],
    }


def _checked_stop(visit: Visit, form: Form, journey: Journey) -> dict[str, Any]:
    form.need(
        {
            "title": visit.say("Was gibt es dort zu sehen? Ein Satz genügt."),
            "site": visit.say("Bitte schreiben Sie, wo sich die Gruppe trifft."),
        }
    )
    return {
        "organisation_id": form["organisation_id"],
        "title": form.text("title"),
        "site": form.text("site"),
        "starts_at": _moment(visit, form, "starts_at", journey.zone, visit.say("Ankunft")),
        "ends_at": _moment(visit, form, "ends_at", journey.zone, visit.say("Abfahrt")),
        "topics": [topic for topic in TOPICS if form[f"topic-{topic}"]],
        "capacity": _number(visit, form, "capacity"),
    }


def _moment(visit: Visit, form: Form, name: str, zone: str, label: str) -> str | None:
    moment = moments.read(form[name], zone)
    if moment is None:
        message = visit.say("{label}: Bitte geben Sie Tag und Uhrzeit an, zum Beispiel 18.02.2027 08:15.", label=label)
        form.wrong(name, message)
        return None
    return moment.isoformat()


def _number(visit: Visit, form: Form, name: str) -> int:
    if not form[name].strip().isdecimal():
        form.wrong(name, visit.say("Bitte geben Sie eine Zahl an."))
        return 0
    return int(form[name].strip())


def _values(journey: Journey) -> dict[str, str]:
    return {
        "title": journey.title,
        "summary": journey.summary,
        "starts_at": moments.write(journey.starts_at, journey.zone),
        "ends_at": moments.write(journey.ends_at, journey.zone),
        "capacity": str(journey.capacity),
        "approval": journey.approval,
    }


def _both(visit: Visit, form: Form, journey: Journey) -> Response:
    """Show what stands there now beside what was typed; sending again puts one's own text in its place."""
    now = _values(journey)
    differing = [(visit.say(LABELS[name]), now[name]) for name in LABELS if now[name] != form[name].strip()]
    again = visit.form(PLAN, version=journey.version, **form.values)
    return _plan(visit, again, journey, saved_meanwhile=differing, status=HTTPStatus.PRECONDITION_FAILED)


def _plan(visit: Visit, form: Form, journey: Journey | None = None, **more: Any) -> Response:
    status = HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY
    approvals = [(value, visit.say(label), hint) for value, label, hint in APPROVALS]
    given = {"status": status, "saved_meanwhile": None, **more}
    return desk(visit, "journeys/plan.html", form=form, journey=journey, approvals=approvals, **given)


def _stop(visit: Visit, form: Form, journey: Journey, choice: Choice) -> Response:
    return desk(
        visit,
        "journeys/stop.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        form=form,
        journey=journey,
        choice=choice,
        topics=[(f"topic-{topic}", visit.say(label)) for topic, label in TOPICS.items()],
    )
