"""Signing in and out. members sends the link and keeps the session; the pages ask for the address and say what is."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Response

from missionare.web.forms import Form
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "sign-in"
OUT: Final = "sign-out"
NEXT_COOKIE: Final = "missionare_next"
NEXT_SECONDS: Final = 900
"""As long as the mailed link is valid."""
LONGEST_PATH: Final = 500
Next = Annotated[str, Query(max_length=LONGEST_PATH)]


@pages.get("/sign-in", who=EVERYBODY)
async def ask(visit: Visiting, next: Next = "") -> Response:  # noqa: A002 - the usual name in addresses
    """Ask for the address, or say who is signed in already."""
    return _shown(visit, visit.form(FORM, next=next if ours(next) else ""))


@pages.post("/sign-in", who=EVERYBODY)
async def send_link(visit: Visiting) -> Response:
    """Have a link mailed. The answer is the same whether the address is known or not."""
    form = await visit.submitted(FORM)
    form.need_email("email", visit.say("Die E-Mail-Adresse ist unvollständig, zum Beispiel fehlt das Zeichen\u00a0@."))
    if not form.ok:
        return _shown(visit, form)
    try:
        await visit.ask.command("members", "/sign-in", {"email": form.text("email"), "language": visit.language})
    except Refused as refusal:
        return _shown(visit, form.refused(refusal))
    answer = visit.go("/sign-in/sent")
    if ours(form["next"]):
        remember_next(visit, answer, form["next"])
    return answer


@pages.get("/sign-in/sent", who=EVERYBODY)
async def sent(visit: Visiting) -> Response:
    """Say that a link is on its way, if the address is known."""
    return visit.page("session/sent.html")


@pages.get("/welcome", who=EVERYBODY)
async def welcome(visit: Visiting) -> Response:
    """Lead on after the mailed link has signed somebody in: to where they wanted to go, else to their own pages."""
    wanted = visit.request.cookies.get(NEXT_COOKIE, "")
    if not visit.caller.signed_in:
        return visit.go("/sign-in")
    if ours(wanted):
        answer = Response(status_code=303, headers={"Location": wanted, "Cache-Control": "no-store"})
    else:
        answer = visit.go("/me")
    answer.delete_cookie(NEXT_COOKIE)
    return answer


@pages.post("/sign-out", who=EVERYBODY)
async def sign_out(visit: Visiting) -> Response:
    """End the session at members, who also takes the cookie back."""
    await visit.submitted(OUT)
    cookie = visit.request.headers.get("cookie", "")
    ended = await visit.ask.command("members", "/sessions/current", method="DELETE", headers={"Cookie": cookie})
    answer = visit.go("/sign-in", out="yes")
    for taken_back in ended.headers.get_list("set-cookie"):
        answer.headers.append("Set-Cookie", taken_back)
    return answer


def remember_next(visit: Visit, answer: Response, path: str) -> None:
    """Let the browser keep where to go once the mailed link has signed somebody in."""
    answer.set_cookie(
        NEXT_COOKIE,
        visit.url(path),
        max_age=NEXT_SECONDS,
        httponly=True,
        samesite="lax",
        secure=visit.site.settings.public_url.startswith("https://"),
    )


def ours(path: str) -> bool:
    """Whether an address stays on this platform: a path, and nothing that a browser could take for a host."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path and path.isprintable()


def _shown(visit: Visit, form: Form) -> Response:
    return visit.page(
        "session/sign_in.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        keep=False,
        form=form,
        leave=visit.form(OUT),
        out="out" in visit.request.query_params,
    )
