"""How a subject declares its pages, each with whom it is for; and the language at the front of the address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from fastapi import APIRouter, Depends, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from missionare.kit.refusals import Forbidden, Unauthenticated
from missionare.web import forms
from missionare.web.languages import split
from missionare.web.visits import Resend, Visit, Visiting

P = TypeVar("P", bound=Callable[..., Awaitable[Response]])


@dataclass(frozen=True)
class Who:
    """Whom a page is for. The services decide again, object by object."""

    signed_in: bool
    roles: frozenset[str] = frozenset()

    def check(self, visit: Visit) -> None:
        """Let the person in, or not.

        Raises:
            Unauthenticated: nobody is signed in.
            Forbidden: somebody is, and it is not for them.
        """
        if self.signed_in and not visit.caller.signed_in:
            raise Unauthenticated
        if self.roles and not visit.caller.has(*self.roles):
            raise Forbidden


EVERYBODY = Who(signed_in=False)
SIGNED_IN = Who(signed_in=True)


def staff(*roles: str) -> Who:
    """Whoever holds one of these roles."""
    return Who(signed_in=True, roles=frozenset(roles))


class Pages:
    """The pages of one subject. A page without `who` cannot be declared."""

    def __init__(self) -> None:
        """Begin without any."""
        self.router = APIRouter()
        self.audience: dict[tuple[str, str], Who] = {}

    def get(self, path: str, *, who: Who) -> Callable[[P], P]:
        """Declare a page to look at."""
        return self._route(["GET", "HEAD"], path, who)

    def post(self, path: str, *, who: Who) -> Callable[[P], P]:
        """Declare what a form does. Afterwards the browser is sent on: `return visit.go(...)`."""
        return self._route(["POST"], path, who)

    def _route(self, methods: list[str], path: str, who: Who) -> Callable[[P], P]:
        async def admitted(visit: Visiting) -> None:
            try:
                who.check(visit)
            except Unauthenticated as refusal:
                if visit.request.method == "POST":
                    raise Resend(refusal, await forms.received(visit.request)) from None
                raise

        def declared(page: P) -> P:
            self.router.add_api_route(
                path, page, methods=methods, dependencies=[Depends(admitted)], response_class=Response
            )
            self.audience.update({(method, path): who for method in methods})
            return page

        return declared


class LanguageFirst:
    """An ASGI middleware: takes the language off the address, so that a page is declared once."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with its language in its state."""
        if scope["type"] == "http":
            language, path = split(scope["path"])
            # In place: the edge outside reads from the same scope which route answered.
            scope["path"], scope["raw_path"] = path, path.encode()
            scope.setdefault("state", {})["language"] = language
        await self._app(scope, receive, send)
