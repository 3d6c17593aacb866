"""Routes: a service's HTTP interface, declared function by function, each with its policy.

    routes = Routes("things")

    @routes.post("/things/{thing_id}/approval", policy=REVIEWERS, shows=(Things, ThingView), changes=True)
    async def approve_thing(thing_id: str, command: Command) -> Done: ...

Around the function kit proves the caller, asks the policy, reads the body, checks If-Match and Idempotency-Key,
commits, and shows the result.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from fastapi import Request, Response

from missionare.kit.answers import Answer, Cookie, Cursor, Limit, Paged, Reference, Reply, Show
from missionare.kit.bodies import MAX_BODY_BYTES, Body
from missionare.kit.commands import Command, Done
from missionare.kit.policy import Policy
from missionare.kit.readers import Reader
from missionare.kit.store import Store

__all__ = [
    "Answer",
    "Body",
    "Command",
    "Cookie",
    "Cursor",
    "Done",
    "Limit",
    "Paged",
    "Policy",
    "Reader",
    "Reply",
    "Route",
    "Routes",
]

Function = TypeVar("Function", bound=Callable[..., Awaitable[Any]])
Shows = tuple[type[Store[Any]], type[Answer]] | Show

READS: Final = frozenset({"GET", "HEAD"})


class Misdeclared(Exception):
    """A route is declared in a way that cannot work; the process does not start."""


@dataclass(frozen=True, eq=False)
class Route:
    """One declared route, complete: what it takes, whom it admits and what it answers."""

    service: str
    method: str
    path: str
    policy: Policy
    function: Callable[..., Awaitable[Any]]
    answers: Any = None
    shows: Shows | None = None
    status: int = 200
    changes: bool = False
    once: bool = True
    on_behalf: Policy | None = None
    max_body: int = MAX_BODY_BYTES
    parameters: dict[str, inspect.Parameter] = field(default_factory=dict)
    """What FastAPI fills from path, query, headers and cookies."""
    work_name: str | None = None
    body: tuple[str, type[Body]] | None = None
    request_name: str | None = None
    own_credentials: bool = False
    """The function itself reads `Authorization`; until then everybody is a visitor."""
    endpoint: Callable[..., Awaitable[Response]] | None = None
    """For kit's own pages: it does everything itself, form, precondition and error included."""

    @property
    def operation(self) -> str:
        """The stable operation id: the function's name."""
        return self.function.__name__

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or self.operation.replace("_", " ")).splitlines()[0]

    @property
    def is_command(self) -> bool:
        """Whether the function gets a Command and kit commits it."""
        return self.method not in READS

    @property
    def needs_key(self) -> bool:
        """Whether Idempotency-Key is required."""
        return self.is_command and self.once

    @property
    def answer_model(self) -> Any:
        """The model of a successful answer, or None where there is no body or one of another kind."""
        if self.answers is not None or not self.is_command or self.status == 204:  # noqa: PLR2004
            return self.answers
        if isinstance(self.shows, tuple):
            return self.shows[1]
        if self.shows is not None:
            return inspect.signature(self.shows, eval_str=True).return_annotation
        return Reference if self.once else None


class Routes:
    """The routes of one service, public (`/api/<service>/v1`) or for its peers (`/internal`)."""

    def __init__(self, service: str, *, internal: bool = False, prefix: str | None = None) -> None:
        """Begin an empty list; `prefix` is for the endpoints that every process has at a fixed place."""
        self.service = service
        self.prefix = prefix if prefix is not None else "/internal" if internal else f"/api/{service}/v1"
        self.declared: list[Route] = []

    def get(
        self, path: str, *, policy: Policy, answers: Any = None, status: int = 200, own_credentials: bool = False
    ) -> Callable[[Function], Function]:
        """Declare a read. The function takes a Reader and returns an Answer, a Reply or a Response.

        With `own_credentials` it is the function that reads `Authorization`, where tokens are yet to be made.
        """
        return self._declare(
            "GET", path, policy=policy, answers=answers, status=status, own_credentials=own_credentials
        )

    def post(self, path: str, **how: Any) -> Callable[[Function], Function]:
        """Declare a command by POST; see `command`."""
        return self.command("POST", path, **how)

    def put(self, path: str, **how: Any) -> Callable[[Function], Function]:
        """Declare a command by PUT; see `command`."""
        return self.command("PUT", path, **how)

    def patch(self, path: str, **how: Any) -> Callable[[Function], Function]:
        """Declare a command by PATCH; see `command`."""
        return self.command("PATCH", path, **how)

    def delete(self, path: str, **how: Any) -> Callable[[Function], Function]:
        """Declare a command by DELETE; see `command`."""
        return self.command("DELETE", path, **how)

    def command(
        self,
        method: str,
        path: str,
        *,
        policy: Policy,
        shows: Shows | None = None,
        answers: Any = None,
        status: int = 200,
        changes: bool = False,
        once: bool = True,
        on_behalf: Policy | None = None,
        max_body: int = MAX_BODY_BYTES,
    ) -> Callable[[Function], Function]:
        """Declare a command. The function takes a Command and returns `command.done(id)`.

        Args:
            method: POST, PUT, PATCH or DELETE.
            path: below the prefix, with `{parameters}`.
            policy: who may.
            shows: how the result is shown, now and when the command is repeated: a store with the model of the
                answer, or an async function of id and Reader.
            answers: with `once=False` only: the model that the function itself returns.
            status: of a success.
            changes: it changes something that exists, so If-Match is required and `command.match` is called.
            once: Idempotency-Key is required; False is for single-use links and the like.
            on_behalf: who may do it for somebody else (headers On-Behalf-Of, -Channel, -Why).
            max_body: bytes of the largest body taken.
        """
        return self._declare(
            method,
            path,
            policy=policy,
            shows=shows,
            answers=answers,
            status=status,
            changes=changes,
            once=once,
            on_behalf=on_behalf,
            max_body=max_body,
        )

    def page(
        self,
        method: str,
        path: str,
        *,
        policy: Policy,
        operation: str,
        says: str,
        endpoint: Callable[..., Awaitable[Response]],
    ) -> None:
        """Declare a page of kit's own that speaks HTML and reads its key and version from a form."""

        async def named() -> None: ...

        named.__name__, named.__doc__ = operation, says
        route = Route(self.service, method, self.prefix + path, policy, named, once=False, endpoint=endpoint)
        self.declared.append(route)

    def _declare(self, method: str, path: str, **how: Any) -> Callable[[Function], Function]:
        def declare(function: Function) -> Function:
            route = Route(
                self.service, method, self.prefix + path, function=function, **how, **_parameters(function, method)
            )
            _check(route)
            self.declared.append(route)
            return function

        return declare


def _parameters(function: Callable[..., Any], method: str) -> dict[str, Any]:
    """Sort a function's parameters by what fills them: kit, the body, or FastAPI."""
    found: dict[str, Any] = {"parameters": {}}
    work = Reader if method in READS else Command
    for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
        kind = parameter.annotation
        if kind is work:
            found["work_name"] = name
        elif kind is Request:
            found["request_name"] = name
        elif inspect.isclass(kind) and issubclass(kind, Body):
            found["body"] = (name, kind)
        elif inspect.isclass(kind) and issubclass(kind, Reader | Command):
            msg = f"{function.__name__}: a {method} takes a {work.__name__}, not a {kind.__name__}"
            raise Misdeclared(msg)
        else:
            found["parameters"][name] = parameter
    return found


def _check(route: Route) -> None:
    problems = {
        "a policy is missing": not isinstance(route.policy, Policy),
        "changes=True needs Idempotency-Key as well (once=True)": route.changes and not route.once,
        "answers= is for reads and once=False; a command that may be repeated needs shows=": route.needs_key
        and route.answers is not None,
        "own_credentials needs Policy.public(): until the function has read them, everybody is a visitor": (
            route.own_credentials and not route.policy.everyone
        ),
        "a read takes no body": not route.is_command and route.body is not None,
    }
    for problem, present in problems.items():
        if present:
            msg = f"{route.method} {route.path} ({route.operation}): {problem}"
            raise Misdeclared(msg)


def check_unique(routes: Sequence[Route]) -> None:
    """Refuse two routes of a service with the same operation id or the same address.

    Raises:
        Misdeclared: naming both.
    """
    seen: dict[str, Route] = {}
    for route in routes:
        for name in (route.operation, f"{route.method} {route.path}"):
            if name in seen:
                msg = f"{name} is declared twice in {route.service}: {seen[name].path} and {route.path}"
                raise Misdeclared(msg)
            seen[name] = route
