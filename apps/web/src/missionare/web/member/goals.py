"""My goals: written, handed in, agreed with a coach, shared without a name, and looked back on."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from fastapi import Response

from missionare.kit.ids import uuid7
from missionare.web.forms import Form
from missionare.web.journeys.reading import TOPICS
from missionare.web.languages import N_
from missionare.web.member.asking import MANY, STALE, a_day, done, today
from missionare.web.member.reading import READERS, RESULTS, Goal, Goals
from missionare.web.routing import SIGNED_IN, Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "goal"
SUBMISSION: Final = "goal-submission"
SHARING: Final = "goal-sharing"
UNSHARING: Final = "goal-unsharing"
REVIEW: Final = "goal-review"
TOPIC: Final = "topic_"
POLES: Final = (
    ("challenge", N_("Eine Herausforderung"), N_("Etwas kostet Kraft, Zeit oder Vertrauen.")),
    ("opportunity", N_("Eine Chance"), N_("Etwas könnte besser gehen als heute.")),
)
WRITTEN: Final = {
    "draft": N_("Nur Sie sehen es."),
    "returned": N_("Die Lernbegleitung hat es gelesen und mit einer Frage zurückgegeben."),
}
WORDS: Final = N_("In Ihren eigenen Worten.")
WHO_READS: Final = ("personal", "organisation", "network")
"""Readers that members can tell apart today, the narrowest first."""
TOLD: Final[dict[str, str]] = {
    "saved": N_("Gespeichert. Außer Ihnen sieht es noch niemand."),
    "submitted": N_("Eingereicht. Die Lernbegleitung liest Ihr Ziel und meldet sich."),
    "shared": N_("Der Text ohne Namen liegt jetzt der Redaktion des Katalogs vor."),
    "unshared": N_("Zurückgenommen. Der Katalog verwendet den Text nicht mehr."),
    "reviewed": N_("Danke. Ihre Zielbilanz ist eingetragen."),
}


@pages.get("/me/goals", who=SIGNED_IN)
async def list_goals(visit: Visiting) -> Response:
    """Show the person's own goals."""
    goals = await visit.ask.read(Goals, "members", "/goals", mine="true", limit=MANY)
    return visit.page("member/goals.html", keep=False, goals=list(reversed(goals.items)))


@pages.get("/me/goals/new", who=SIGNED_IN)
async def begin_goal(visit: Visiting) -> Response:
    """Ask what somebody wants to bring home."""
    return _form(visit, visit.form(FORM, audience=WHO_READS[0]))


@pages.post("/me/goals/new", who=SIGNED_IN)
async def draft_goal(visit: Visiting) -> Response:
    """Keep a new goal as a draft."""
    form = _checked(visit, await visit.submitted(FORM))
    if form.ok:
        try:
            answer = await visit.ask.command("members", "/goals", _text(form), key=form.key)
        except Refused as refusal:
            form.refused(refusal)
        else:
            return visit.go(f"/me/goals/{answer.json()['id']}", told="saved")
    return _form(visit, form)


@pages.get("/me/goals/{goal_id}", who=SIGNED_IN)
async def show_goal(goal_id: str, visit: Visiting) -> Response:
    """Show one goal: what it says, how far it is, and what comes next."""
    return _shown(visit, await _own(visit, goal_id))


@pages.get("/me/goals/{goal_id}/edit", who=SIGNED_IN)
async def begin_edit(goal_id: str, visit: Visiting) -> Response:
    """Show the text of a draft or returned goal, to be changed."""
    goal = await _own(visit, goal_id)
    topics = {TOPIC + topic: "yes" for topic in goal.topics}
    values = {
        "statement": goal.statement,
        "sign_of_success": goal.sign_of_success,
        "pole": goal.pole,
        "target_on": goal.target_on.isoformat(),
        "audience": goal.audience,
    }
    return _form(visit, visit.form(FORM, version=goal.version, **values, **topics), goal)


@pages.post("/me/goals/{goal_id}/edit", who=SIGNED_IN)
async def edit_goal(goal_id: str, visit: Visiting) -> Response:
    """Change the text; where it was changed elsewhere in between, show both and let the person choose."""
    form = _checked(visit, await visit.submitted(FORM))
    if form.ok:
        try:
            await visit.ask.command(
                "members", f"/goals/{goal_id}", _text(form), key=form.key, version=form.version, method="PUT"
            )
        except Refused as refusal:
            if refusal.status == STALE:
                return _conflict(visit, form, await _own(visit, goal_id))
            form.refused(refusal)
        else:
            return visit.go(f"/me/goals/{goal_id}", told="saved")
    return _form(visit, form, await _own(visit, goal_id))


@pages.post("/me/goals/{goal_id}/submission", who=SIGNED_IN)
async def submit_goal(goal_id: str, visit: Visiting) -> Response:
    """Hand the goal in for a coach to agree."""
    form = await done(visit, SUBMISSION, "members", f"/goals/{goal_id}/submission")
    return await _after(visit, goal_id, form, "submitted")


@pages.get("/me/goals/{goal_id}/sharing", who=SIGNED_IN)
async def begin_sharing(goal_id: str, visit: Visiting) -> Response:
    """Ask for a wording without names; nothing is proposed, so nothing slips through."""
    goal = await _own(visit, goal_id)
    return _sharing(visit, visit.form(SHARING, version=goal.version), goal)


@pages.post("/me/goals/{goal_id}/sharing", who=SIGNED_IN)
async def share_goal(goal_id: str, visit: Visiting) -> Response:
    """Let the catalog use the goal in these words."""
    form = await visit.submitted(SHARING)
    form.need({"wording": visit.say(N_("Bitte schreiben Sie den Text, den der Katalog verwenden darf."))})
    if form.ok:
        wording = {"wording": form.text("wording")}
        try:
            await visit.ask.command("members", f"/goals/{goal_id}/sharing", wording, key=form.key, version=form.version)
        except Refused as refusal:
            form.refused(refusal)
        else:
            return visit.go(f"/me/goals/{goal_id}", told="shared")
    return _sharing(visit, form, await _own(visit, goal_id))


@pages.post("/me/goals/{goal_id}/unsharing", who=SIGNED_IN)
async def unshare_goal(goal_id: str, visit: Visiting) -> Response:
    """Take the wording back from the catalog."""
    form = await done(visit, UNSHARING, "members", f"/goals/{goal_id}/unsharing")
    return await _after(visit, goal_id, form, "unshared")


@pages.get("/me/goals/{goal_id}/review", who=SIGNED_IN)
async def begin_review(goal_id: str, visit: Visiting) -> Response:
    """Ask what became of the goal."""
    goal = await _own(visit, goal_id)
    return _review(visit, visit.form(REVIEW, version=goal.version, occasion=goal.asked or ""), goal)


@pages.post("/me/goals/{goal_id}/review", who=SIGNED_IN)
async def review_goal(goal_id: str, visit: Visiting) -> Response:
    """Keep what the person says became of the goal."""
    form = await visit.submitted(REVIEW)
    form.choose("result", RESULTS, visit.say(N_("Bitte wählen Sie, was daraus geworden ist.")))
    form.need({"reason": visit.say(N_("Bitte schreiben Sie einen Satz dazu."))})
    if form.ok:
        said = {"occasion": form["occasion"], "result": form["result"], "reason": form.text("reason")}
        try:
            await visit.ask.command(
                "members", f"/goals/{goal_id}/assessments", said, key=form.key, version=form.version
            )
        except Refused as refusal:
            form.refused(refusal)
        else:
            return visit.go(f"/me/goals/{goal_id}", told="reviewed")
    return _review(visit, form, await _own(visit, goal_id))


def steps(visit: Visit, goal: Goal) -> list[tuple[str, str, str]]:
    """Give the way of a goal as nodes of the thread: what has happened, where it stands, what is still open."""
    at = ("draft", "submitted", "agreed", "in_progress").index("draft" if goal.state == "returned" else goal.state)
    reviewed = goal.assessments[-1] if goal.assessments else None
    looked_back = "" if reviewed else "now" if goal.asked else "open"
    result = visit.say(RESULTS[reviewed.result]) if reviewed else ""
    return [
        ("now" if at == 0 else "", visit.say(N_("Aufgeschrieben")), visit.say(WRITTEN.get(goal.state, WORDS))),
        (
            "open" if at == 0 else "now" if at == 1 else "",
            visit.say(N_("Eingereicht")),
            visit.say(N_("Eine Lernbegleitung liest mit und fragt nach.")),
        ),
        (
            "" if goal.binding else "open",
            visit.say(N_("Vereinbart")),
            visit.say(N_("Ab jetzt steht der Text fest, und Ihr Platz auf einer Lernreise kann fest werden.")),
        ),
        ("" if goal.state == "in_progress" else "open", visit.say(N_("Auf Reise")), visit.say(N_("Es fährt mit."))),
        (
            looked_back,
            visit.say(N_("Zielbilanz")),
            result or visit.say(N_("Nach der Reise sagen Sie, was daraus wurde.")),
        ),
    ]


async def _own(visit: Visit, goal_id: str) -> Goal:
    """Read one of the person's own goals; another's, even where they may read it, has no page here."""
    goal = await visit.ask.read(Goal, "members", f"/goals/{goal_id}")
    if goal.person_id != visit.caller.person_id:
        visit.nothing_here()
    return goal


async def _after(visit: Visit, goal_id: str, form: Form, told: str) -> Response:
    if form.ok:
        return visit.go(f"/me/goals/{goal_id}", told=told)
    return _shown(visit, await _own(visit, goal_id), form)


def _checked(visit: Visit, form: Form) -> Form:
    form.need(
        {
            "statement": visit.say(N_("Bitte schreiben Sie auf, was besser werden soll.")),
            "sign_of_success": visit.say(N_("Bitte schreiben Sie, woran Sie den Erfolg erkennen.")),
        }
    )
    form.choose("pole", [pole for pole, _label, _hint in POLES], visit.say(N_("Bitte wählen Sie, worum es geht.")))
    if not _topics(form):
        form.wrong(TOPIC + next(iter(TOPICS)), visit.say(N_("Bitte wählen Sie mindestens ein Thema.")))
    if (target_on := a_day(form["target_on"])) is None:
        form.wrong("target_on", visit.say(N_("Bitte geben Sie einen Tag an, bis zu dem es so weit sein soll.")))
    elif target_on <= today(visit):
        form.wrong("target_on", visit.say(N_("Bitte geben Sie einen Tag an, der noch kommt.")))
    form.choose("audience", WHO_READS, visit.say(N_("Bitte wählen Sie, wer das vereinbarte Ziel lesen darf.")))
    return form


def _topics(form: Form) -> list[str]:
    return [topic for topic in TOPICS if form[TOPIC + topic]]


def _text(form: Form) -> dict[str, Any]:
    return {
        "statement": form.text("statement"),
        "sign_of_success": form.text("sign_of_success"),
        "pole": form["pole"],
        "topics": _topics(form),
        "target_on": form["target_on"],
        "audience": form["audience"],
    }


def _conflict(visit: Visit, form: Form, goal: Goal) -> Response:
    """Show both texts. Sending the form again replaces the other one, knowingly, if the goal can still be changed."""
    form.version, form.key = str(goal.version), uuid7()
    return _form(visit, form, goal, conflict=True)


def _form(visit: Visit, form: Form, goal: Goal | None = None, *, conflict: bool = False) -> Response:
    status = HTTPStatus.CONFLICT if conflict else HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY
    return visit.page(
        "member/goal_form.html",
        status=status,
        keep=False,
        form=form,
        goal=goal,
        conflict=conflict,
        topics=[(TOPIC + topic, visit.say(label)) for topic, label in TOPICS.items()],
        poles=[(pole, visit.say(label), visit.say(hint)) for pole, label, hint in POLES],
        readers=[(reader, visit.say(READERS[reader])) for reader in WHO_READS],
    )


def _shown(visit: Visit, goal: Goal, form: Form | None = None) -> Response:
    told = TOLD.get(visit.request.query_params.get("told", ""))
    return visit.page(
        "member/goal.html",
        status=HTTPStatus.OK if form is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        keep=False,
        goal=goal,
        refused=form,
        told=visit.say(told) if told else None,
        steps=steps(visit, goal),
        results={code: visit.say(label) for code, label in RESULTS.items()},
        readers=visit.say(READERS.get(goal.audience, goal.audience)),
        submission=visit.form(SUBMISSION, version=goal.version),
        unsharing=visit.form(UNSHARING, version=goal.version),
    )


def _sharing(visit: Visit, form: Form, goal: Goal) -> Response:
    status = HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY
    return visit.page("member/goal_sharing.html", status=status, keep=False, form=form, goal=goal)


def _review(visit: Visit, form: Form, goal: Goal) -> Response:
    status = HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY
    results = [(result, visit.say(label), "") for result, label in RESULTS.items()]
    return visit.page("member/goal_review.html", status=status, keep=False, form=form, goal=goal, results=results)
