"""Asking for a seat: one form for registration and first goal, also begun before signing in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.web import drafts
from missionare.web.forms import Form
from missionare.web.journeys.reading import Journey
from missionare.web.languages import N_
from missionare.web.registration.asking import ask_for
from missionare.web.registration.reading import Goal, own_goals, own_registration
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import Away, Refused, part
from missionare.web.session.pages import remember_next
from missionare.web.visits import Resend, Visit, Visiting

pages = Pages()

FORM: Final = "register"
LONGEST: Final = {"statement": 1_000, "sign": 500}
"""Characters: a goal is one or two sentences."""
TYPED: Final[tuple[str, ...]] = ("statement", "sign", "pole", "goal")
"""What is kept for somebody who has to sign in first."""
NEW: Final = "new"
POLES: Final = {
    "challenge": (N_("Etwas, das nicht gut läuft"), N_("Sie möchten eine Schwierigkeit überwinden.")),
    "opportunity": (N_("Etwas, das neu entstehen soll"), N_("Sie möchten eine Möglichkeit nutzen.")),
}
GOAL_AFTER: Final = timedelta(days=182)
"""How long after the journey a goal is looked at, unless owner and coach settle on another day."""


@dataclass(frozen=True)
class Asking:
    """What the form is about."""

    journey: Journey
    goals: list[Goal]
    """Goals of the caller that may travel along instead of a new one."""

    @property
    def target_on(self) -> date:
        """The day that a new goal is first set to."""
        return (self.journey.ends_at + GOAL_AFTER).date()


@pages.get("/journeys/{journey_id}/register", who=EVERYBODY)
async def show_form(journey_id: str, visit: Visiting) -> Response:
    """Show the form, with what was typed into it before signing in."""
    journey = await _journey(visit, journey_id)
    registered = await own_registration(visit, journey_id)
    if registered is not None and registered.live:
        return visit.go(registered.path)
    if not journey.open(visit):
        return visit.go(journey.path)
    typed = drafts.kept(visit, FORM)
    values = {name: typed[name] for name in TYPED if name in typed}
    asking = Asking(journey, await _goals(visit))
    return _shown(visit, asking, visit.form(FORM, **_chosen(asking, values)), kept=bool(typed))


@pages.post("/journeys/{journey_id}/register", who=EVERYBODY)
async def ask_for_seat(journey_id: str, visit: Visiting) -> Response:
    """Ask for a seat with a goal; whoever is not signed in is sent a link first, and finds the text again."""
    try:
        form = await visit.submitted(FORM)
    except Resend as resend:
        if visit.caller.signed_in:
            raise
        kept = visit.form(FORM, **_typed(resend.form))
        return _shown(visit, Asking(await _journey(visit, journey_id), []), kept, ended=True)
    journey = await _journey(visit, journey_id)
    if not visit.caller.signed_in:
        return await _send_link(visit, journey, form)
    asking = Asking(journey, await _goals(visit))
    if not _checked(visit, asking, form).ok:
        return _shown(visit, asking, form)
    try:
        asked = await ask_for(visit, journey, form, target_on=asking.target_on, goal_id=_taken(asking, form))
    except Refused as refusal:
        return _shown(visit, asking, form.refused(refusal, {"sign_of_success": "sign", "target_on": "statement"}))
    except Away:
        return _shown(visit, asking, form, away=True)
    answer = visit.go(f"/me/registrations/{asked.id}")
    drafts.forget(visit, answer, path=journey.path)
    return answer


@pages.get("/journeys/{journey_id}/register/sent", who=EVERYBODY)
async def sent(journey_id: str, visit: Visiting) -> Response:
    """Say that a link is on its way if the address is known, and what to do if it is not."""
    return visit.page("registration/sent.html", keep=False, journey=await _journey(visit, journey_id))


async def _send_link(visit: Visit, journey: Journey, form: Form) -> Response:
    """Have a sign-in link mailed; the answer is the same whether the address is known or not."""
    form.need_email("email", visit.say("Die E-Mail-Adresse ist unvollständig, zum Beispiel fehlt das Zeichen\u00a0@."))
    _check_text(visit, form)
    asking = Asking(journey, [])
    if not form.ok:
        return _shown(visit, asking, form)
    try:
        await visit.ask.command("members", "/sign-in", {"email": form.text("email"), "language": visit.language})
    except Refused as refusal:
        return _shown(visit, asking, form.refused(refusal))
    except Away:
        return _shown(visit, asking, form, away=True)
    answer = visit.go(f"{journey.path}/register/sent")
    drafts.keep(visit, answer, FORM, _typed(form), path=journey.path)
    remember_next(visit, answer, f"{journey.path}/register")
    return answer


def _checked(visit: Visit, asking: Asking, form: Form) -> Form:
    if form["goal"]:  # a form that was shown before there was a goal does not ask for one
        known = [*(goal.id for goal in asking.goals), NEW]
        form.choose("goal", known, visit.say("Bitte wählen Sie, welches Ziel mitfährt."))
    if _taken(asking, form) is None:
        _check_text(visit, form)
        form.choose("pole", POLES, visit.say("Bitte wählen Sie, was besser passt."))
    return form


def _check_text(visit: Visit, form: Form) -> None:
    said = {
        "statement": visit.say("Bitte schreiben Sie auf, was besser werden soll."),
        "sign": visit.say("Bitte schreiben Sie auf, woran Sie merken, dass es gelungen ist."),
    }
    form.need(said)
    for name, longest in LONGEST.items():
        typed = len(form[name].strip())
        if typed > longest:
            told = visit.say("Das sind {typed} Zeichen. Bitte kürzen Sie auf höchstens {longest}.")
            form.wrong(name, told.format(typed=visit.formats.number(typed), longest=visit.formats.number(longest)))
        elif typed < 3:  # noqa: PLR2004 - what members takes as a text
            form.wrong(name, said[name])


def _taken(asking: Asking, form: Form) -> str | None:
    """Give the goal that was chosen among those that are there; None where a new one is written."""
    return next((goal.id for goal in asking.goals if goal.id == form["goal"]), None)


def _chosen(asking: Asking, values: dict[str, str]) -> dict[str, str]:
    """Begin with a new goal where something was typed, else with the one that is there already."""
    if not asking.goals or values.get("goal"):
        return values
    return {**values, "goal": NEW if values.get("statement") else asking.goals[-1].id}


def _typed(form: Form) -> dict[str, str]:
    return {name: form[name] for name in TYPED if form[name]}


async def _goals(visit: Visit) -> list[Goal]:
    """Give the caller's goals that may travel along; none while members is away, so that a new one can be written."""
    return await part(own_goals(visit)) or [] if visit.caller.signed_in else []


async def _journey(visit: Visit, journey_id: str) -> Journey:
    return await visit.ask.read(Journey, "journeys", f"/programme/{journey_id}")


def _shown(
    visit: Visit, asking: Asking, form: Form, *, kept: bool = False, ended: bool = False, away: bool = False
) -> Response:
    status = HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY
    if ended:
        status = HTTPStatus.UNAUTHORIZED
    if away:
        status = HTTPStatus.SERVICE_UNAVAILABLE
    given: dict[str, Any] = {"kept": kept, "ended": ended, "away": away}
    return visit.page(
        "registration/form.html",
        status=status,
        keep=False,
        form=form,
        journey=asking.journey,
        goals=asking.goals,
        target_on=asking.target_on,
        poles=[(pole, visit.say(label), visit.say(hint)) for pole, (label, hint) in POLES.items()],
        longest=LONGEST,
        **given,
    )
