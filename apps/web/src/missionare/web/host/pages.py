"""A host's pages behind a mailed link: no account, no menu, and every decision by a plain form."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Path, Response

from missionare.kit.pages import KEY_FIELD, VERSION_FIELD
from missionare.web.forms import Form
from missionare.web.host.reading import DECIDED, KINDS, PHOTOS, READERS, SHORT, Desk, Opened, Visited, labelled
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "host"
ANSWERS: Final[Mapping[str, tuple[str, ...]]] = {
    "confirm": ("capacity", "audience", "release_required", "photos"),
    "decline": ("reason",),
}
"""The answers to a request, with their fields."""
DECISIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "release": ("insight_id", "audience"),
    "redact": ("insight_id", "text", "audience"),
    "withhold": ("insight_id",),
}
"""The decisions about an insight, with what each needs."""
LONGEST: Final = 4_000
EXPIRED: Final = "link_expired"
"""How journeys says that a link's time is over."""
Token = Annotated[str, Path(max_length=128)]


@pages.get("/host/links/{token}", who=EVERYBODY)
async def open_link(token: Token, visit: Visiting) -> Response:
    """Show what a host's link opens; nothing changes by that. One that has expired offers a new one."""
    try:
        return _shown(visit, token, await _opened(visit, token), None)
    except Refused as refusal:
        if refusal.code != EXPIRED:
            raise
        return _over(visit, token, refusal, offers=True)


@pages.post("/host/links/{token}/renewal", who=EVERYBODY)
async def renew(token: Token, visit: Visiting) -> Response:
    """Have a new link sent to the address that is known; whoever holds the old one learns nothing by that."""
    form = await visit.submitted(FORM)
    try:
        await visit.ask.act_on_link("journeys", token, "renewal", {KEY_FIELD: form.key})
    except Refused as refusal:
        return _over(visit, token, refusal, offers=False)
    return visit.go("/host/link-sent")


@pages.get("/host/link-sent", who=EVERYBODY)
async def link_sent(visit: Visiting) -> Response:
    """Say that a new link is on its way."""
    return visit.page("host/sent.html")


@pages.post("/host/links/{token}/{act}", who=EVERYBODY)
async def act(token: Token, act: str, visit: Visiting) -> Response:
    """Take an answer or a decision; refused, the page is shown again with everything typed."""
    form = await visit.submitted(FORM)
    opened = await _opened(visit, token)
    if isinstance(opened, Desk):
        form.choose("decision", DECISIONS, visit.say("Bitte wählen Sie, was mit dieser Erkenntnis geschieht."))
        what, fields = form["decision"], DECISIONS.get(form["decision"], ())
    else:
        what, fields = act, ANSWERS.get(act, ())
    if isinstance(opened, Visited) and what not in ANSWERS:
        return visit.nothing_here()
    if what == "confirm" and not (form["capacity"].isascii() and form["capacity"].strip().isdecimal()):
        form.wrong("capacity", visit.say("Bitte geben Sie als Zahl an, wie viele Gäste höchstens kommen können."))
    if what == "redact" and not form.text("text"):
        form.wrong("text", visit.say("Bitte schreiben Sie, was zu lesen sein soll, oder geben Sie nichts frei."))
    if not form.ok:
        return _shown(visit, token, opened, form)
    version = {VERSION_FIELD: form.version} if form.version is not None else {}
    sent = {KEY_FIELD: form.key, **version, **{name: form[name] for name in fields}}
    try:
        await visit.ask.act_on_link("journeys", token, what, sent)
    except Refused as refusal:
        return _shown(visit, token, await _opened(visit, token), form.refused(refusal))
    return visit.go(_path(token), told=what if what == "decline" else None)


def _over(visit: Visit, token: str, refusal: Refused, *, offers: bool) -> Response:
    given = {"path": _path(token), "refusal": refusal, "form": visit.form(FORM) if offers else None}
    return visit.page("host/expired.html", status=refusal.status, keep=False, **given)


async def _opened(visit: Visit, token: str) -> Visited | Desk:
    return (await visit.ask.read(Opened, "journeys", f"/links/{quote(token, safe='')}")).root


def _path(token: str) -> str:
    return f"/host/links/{quote(token, safe='')}"


def _shown(visit: Visit, token: str, opened: Visited | Desk, refused: Form | None) -> Response:
    status = HTTPStatus.OK if refused is None else HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(opened, Visited):
        return _shown_visit(visit, token, opened, refused, status)
    forms = {each.id: _form(visit, refused, each.id, each.version, audience=each.usual) for each in opened.waiting}
    gone = refused is not None and refused["insight_id"] not in forms
    return visit.page(
        "host/desk.html",
        status=status,
        keep=False,
        path=_path(token),
        desk=opened,
        forms_of=forms,
        gone=refused.refusal if refused is not None and gone else None,
        kinds=KINDS,
        short=SHORT,
        decided=DECIDED,
        readers_of={each.id: labelled(visit, READERS, each.choices) for each in opened.waiting},
        longest=LONGEST,
    )


def _form(visit: Visit, refused: Form | None, insight_id: str, version: int, **values: str) -> Form:
    if refused is not None and refused["insight_id"] == insight_id:
        return refused
    return visit.form(FORM, version=version, **values)


def _shown_visit(visit: Visit, token: str, visited: Visited, refused: Form | None, status: HTTPStatus) -> Response:
    usual = {
        "capacity": str(visited.capacity),
        "audience": "journey_group",
        "release_required": "yes",
        "photos": "none",
    }
    declining = refused is not None and "reason" in refused.values
    return visit.page(
        "host/visit.html",
        status=status,
        keep=False,
        path=_path(token),
        visited=visited,
        standing=visited.standing(visit, declined=visit.request.query_params.get("told") == "decline"),
        yes=refused if refused is not None and not declining else visit.form(FORM, version=visited.version, **usual),
        no=refused if refused is not None and declining else visit.form(FORM, version=visited.version),
        readers=labelled(visit, READERS, visited.choices),
        photos=labelled(visit, PHOTOS, tuple(PHOTOS)),
    )
