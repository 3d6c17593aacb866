"""My outreach: the plan that is offered, what I have taken on, and what came of it. An offer to a volunteer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.catalog.reading import Entry
from missionare.web.forms import Form
from missionare.web.languages import N_
from missionare.web.member.asking import MANY, a_day, done, journeys_of, maybe, today
from missionare.web.member.reading import ACTIVITIES, Activities, Activity, Plans
from missionare.web.pictures.codes import qr_code
from missionare.web.routing import SIGNED_IN, Pages
from missionare.web.services import Refused, together
from missionare.web.visits import Visit, Visiting

pages = Pages()

PLAN: Final = "outreach-plan"
RECORD: Final = "outreach-record"
SKIP: Final = "outreach-skip"
INVITATION: Final = "outreach-invitation"
ANSWERS: Final[dict[str, str]] = {
    "acceptance": N_("Danke. Was Sie sich vorgenommen haben, steht unten; wir erinnern Sie an jedes einmal."),
    "refusal": N_("Ist gut. Das hat keine Folgen, und niemand fragt nach."),
}
TOLD: Final[dict[str, str]] = {
    **ANSWERS,
    "recorded": N_("Eingetragen. Danke, dass Sie davon erzählt haben."),
    "skipped": N_("Fallen gelassen. Das hat keine Folgen."),
}
MOST_REACHED: Final = 100_000


@pages.get("/me/outreach", who=SIGNED_IN)
async def show_outreach(visit: Visiting) -> Response:
    """Show what is offered, what is taken on, and what is done."""
    return await _overview(visit)


@pages.post("/me/outreach/plans/{plan_id}/{answer}", who=SIGNED_IN)
async def answer_plan(plan_id: str, answer: str, visit: Visiting) -> Response:
    """Accept a plan, or decline it without a reason."""
    if answer not in ANSWERS:
        visit.nothing_here()
    form = await done(visit, PLAN, "notifications", f"/outreach-plans/{plan_id}/{answer}")
    return visit.go("/me/outreach", told=answer) if form.ok else await _overview(visit, form)


@pages.get("/me/outreach/{activity_id}", who=SIGNED_IN)
async def show_activity(activity_id: str, visit: Visiting) -> Response:
    """Show one activity: to be entered once it has taken place, or dropped."""
    activity = await _activity(visit, activity_id)
    return await _shown(visit, _to_record(visit, activity), activity)


@pages.post("/me/outreach/{activity_id}", who=SIGNED_IN)
async def record_activity(activity_id: str, visit: Visiting) -> Response:
    """Enter what took place."""
    form = _checked(visit, await visit.submitted(RECORD))
    if form.ok:
        record = {
            "kind": form["kind"],
            "done_on": form["done_on"],
            "reach": int(form["reach"]),
            "note": form.text("note"),
        }
        path = f"/outreach-activities/{activity_id}/record"
        try:
            await visit.ask.command("notifications", path, record, key=form.key, version=form.version)
        except Refused as refusal:
            form.refused(refusal)
        else:
            return visit.go("/me/outreach", told="recorded")
    return await _shown(visit, form, await _activity(visit, activity_id))


@pages.post("/me/outreach/{activity_id}/skip", who=SIGNED_IN)
async def skip_activity(activity_id: str, visit: Visiting) -> Response:
    """Drop an activity."""
    form = await done(visit, SKIP, "notifications", f"/outreach-activities/{activity_id}/skip")
    if form.ok:
        return visit.go("/me/outreach", told="skipped")
    return await _shown(visit, form, await _activity(visit, activity_id))


@pages.post("/me/outreach/{activity_id}/invitation", who=SIGNED_IN)
async def invite(activity_id: str, visit: Visiting) -> Response:
    """Make an invitation to pass on by hand; its address is shown this once. The platform mails nobody."""
    form = await visit.submitted(INVITATION)
    try:
        issued = await visit.ask.command("members", "/invitations", {"activity_id": activity_id}, key=form.key)
    except Refused as refusal:
        return await _shown(visit, form.refused(refusal), await _activity(visit, activity_id))
    address = issued.json().get("url")
    return visit.page("member/invitation.html", keep=False, address=address, code=address and qr_code(address))


async def _overview(visit: Visit, form: Form | None = None) -> Response:
    plans, activities = await together(
        visit.ask.read(Plans, "notifications", "/outreach-plans", limit=MANY),
        visit.ask.read(Activities, "notifications", "/outreach-activities", limit=MANY),
    )
    if plans is None or activities is None:
        return visit.away()
    offered = [plan for plan in plans.items if plan.state == "drafted"]
    asked = [proposal.question_id for plan in offered for proposal in plan.proposals]
    questions = await _questions(visit, [*asked, *(activity.question_id for activity in activities.items)])
    told = TOLD.get(visit.request.query_params.get("told", ""))
    return visit.page(
        "member/outreach.html",
        status=HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        keep=False,
        plans=offered,
        answered=[plan for plan in plans.items if plan.state != "drafted"],
        journeys=await journeys_of(visit, (plan.journey_id for plan in plans.items)),
        planned=sorted((one for one in activities.items if one.state == "planned"), key=lambda one: one.due_on),
        closed=sorted((one for one in activities.items if one.state != "planned"), key=_closed_on, reverse=True),
        questions=questions,
        today=today(visit),
        refused=form,
        told=visit.say(told) if told and form is None else None,
        form=lambda plan: visit.form(PLAN, version=plan.version),
    )


async def _questions(visit: Visit, ids: Iterable[str | None]) -> dict[str, Entry]:
    """Give those of the questions that are still public; for one that was merged, the entry that speaks for it."""
    wanted = list(dict.fromkeys(each for each in ids if each is not None))
    found = await asyncio.gather(*(maybe(visit.ask.read(Entry, "catalog", f"/entries/{each}")) for each in wanted))
    return {each: entry for each, entry in zip(wanted, found, strict=True) if entry is not None}


async def _activity(visit: Visit, activity_id: str) -> Activity:
    return await visit.ask.read(Activity, "notifications", f"/outreach-activities/{activity_id}")


def _checked(visit: Visit, form: Form) -> Form:
    form.choose("kind", ACTIVITIES, visit.say(N_("Bitte wählen Sie, was es war.")))
    if (done_on := a_day(form["done_on"])) is None:
        form.wrong("done_on", visit.say(N_("Bitte geben Sie den Tag an.")))
    elif done_on > today(visit):
        form.wrong("done_on", visit.say(N_("Bitte tragen Sie es ein, sobald es stattgefunden hat.")))
    reach = form["reach"].strip()
    if not (reach.isascii() and reach.isdecimal() and int(reach[:7]) <= MOST_REACHED):
        form.wrong("reach", visit.say(N_("Bitte geben Sie eine Zahl an; eine Schätzung genügt.")))
    return form


def _to_record(visit: Visit, activity: Activity) -> Form:
    return visit.form(RECORD, version=activity.version, kind=activity.kind, done_on=today(visit).isoformat())


async def _shown(visit: Visit, form: Form, activity: Activity) -> Response:
    if form.name != RECORD:
        # Another button of the page was refused. Why stands above the form, which can still be filled in.
        form = replace(_to_record(visit, activity), refusal=form.refusal, problems=form.problems)
    questions = await _questions(visit, [activity.question_id])
    return visit.page(
        "member/activity.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        keep=False,
        form=form,
        activity=activity,
        question=questions.get(activity.question_id or ""),
        kinds=[(kind, visit.say(label)) for kind, label in ACTIVITIES.items()],
        skip=visit.form(SKIP, version=activity.version),
        invitation=visit.form(INVITATION) if visit.caller.has("missionary") else None,
    )


def _closed_on(activity: Activity) -> date:
    return activity.done_on or activity.due_on
