"""Which refusals a route can answer with: those its declaration asks for, and those that its function's code raises."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from tools.contracts.kinds import OURS, Kinds, resolved

from missionare.kit import problems, refusals
from missionare.kit.admission import OnBehalfNotOffered
from missionare.kit.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused, InFlight
from missionare.kit.links import Links
from missionare.kit.preconditions import PreconditionMissing
from missionare.kit.refusals import Refusal
from missionare.kit.routes import Route
from missionare.kit.store import Store
from missionare.web.gateway.refusals import TooManyRequests

Refusals = set[type[Refusal]]

OF_KEY: Final[Refusals] = {problems.MalformedHeader, IdempotencyKeyMissing, IdempotencyKeyReused, InFlight}
OF_MATCH: Final[Refusals] = {problems.MalformedHeader, PreconditionMissing, refusals.Stale}
OF_BODY: Final[Refusals] = {
    problems.MalformedBody,
    problems.UnsupportedMediaType,
    problems.BodyTooLarge,
    problems.InvalidInput,
}
OUTSIDE: Final = "/api/"
"""What callers from outside reach, through the gateway."""
OF_GATEWAY: Final[Refusals] = {TooManyRequests}
"""What the gateway refuses before anything of ours is asked."""


def of(route: Route) -> list[type[Refusal]]:
    """Give them in the order of status and code."""
    found = {refusals.Unauthenticated, problems.Unavailable} | declared(route) | raised(route)
    if route.path.startswith(OUTSIDE):
        found |= OF_GATEWAY
    return sorted(found, key=lambda refusal: (refusal.status, code(refusal)))


def code(refusal: type[Refusal]) -> str:
    """Give the code that programs tell it by."""
    return refusal.__new__(refusal).code


def declared(route: Route) -> Refusals:
    """Give what kit refuses around the function."""
    asked: list[tuple[Any, Refusals]] = [
        (not (route.policy.everyone or route.policy.links), {refusals.Forbidden}),
        (route.on_behalf, {refusals.Forbidden, problems.MalformedHeader}),
        (not route.on_behalf, {OnBehalfNotOffered, problems.MalformedHeader}),
        (route.needs_key, OF_KEY),
        (route.changes or bool(route.endpoint and route.is_command), OF_MATCH),
        (route.body, OF_BODY),
        (route.parameters or route.endpoint, {problems.InvalidInput}),
        ("{" in route.path, {refusals.NotFound}),
    ]
    return set().union(*(found for wanted, found in asked if wanted))


def raised(route: Route) -> Refusals:
    """Give what is raised on the way from the function through everything of ours that it calls by name."""
    return {named for thing in _on_the_way(route) for named in _named(thing) if _is_refusal(named)}


def fields(route: Route) -> set[str]:
    """Name the fields that the route's code refuses by itself, besides those that do not have their type."""
    always = {refusal.field for refusal in raised(route) if issubclass(refusal, refusals.Invalid)}
    return (always | {name for thing in _on_the_way(route) for name in _fields(thing)}) - {""}


def _on_the_way(route: Route) -> set[Any]:
    """Give everything of ours that a request for the route may run."""
    begin: list[Any] = [route.endpoint or route.function]
    if route.shows is not None:
        begin.append(route.shows[1] if isinstance(route.shows, tuple) else route.shows)
    seen: set[Any] = set()
    while begin:
        thing = begin.pop()
        if thing not in seen:
            seen.add(thing)
            begin += [named for named in _named(thing) if _is_ours(named) and not _is_refusal(named)]
    return seen


def _is_refusal(named: Any) -> bool:
    return inspect.isclass(named) and issubclass(named, Refusal)


def _is_ours(named: Any) -> bool:
    return (inspect.isfunction(named) or inspect.isclass(named)) and named.__module__.startswith(OURS)


@cache
def _fields(thing: Any) -> tuple[str, ...]:
    """Name the fields that a function refuses where it says so in its own code."""
    if inspect.isclass(thing):
        return ()
    calls = [node for node in ast.walk(_parsed(thing)) if isinstance(node, ast.Call)]
    told = [word.value for call in calls if _is_invalid(call, thing) for word in call.keywords if word.arg == "field"]
    return tuple(str(value.value) for value in told if isinstance(value, ast.Constant))


def _is_invalid(call: ast.Call, thing: Any) -> bool:
    return resolved(call.func, _names_of(thing)) is refusals.Invalid


@cache
def _named(thing: Any) -> tuple[Any, ...]:
    """Give every refusal that is raised in a thing's own code, and everything that it calls or names a store by."""
    return tuple(_found(thing))


def _found(thing: Any) -> Iterator[Any]:
    if inspect.isclass(thing):
        yield from (inner for inner in vars(thing).values() if inspect.isfunction(inner))
        yield from (inner.__func__ for inner in vars(thing).values() if isinstance(inner, classmethod | staticmethod))
        return
    names = _names_of(thing)
    nodes = list(ast.walk(_parsed(thing)))
    for links in (held for held in inspect.getclosurevars(thing).nonlocals.values() if isinstance(held, Links)):
        yield from _behind(
            links, granting=any(isinstance(node, ast.Attribute) and node.attr == "issue" for node in nodes)
        )
    kinds = Kinds(thing, _parsed(thing), names)
    gets = any(isinstance(node, ast.Attribute) and node.attr == "get" for node in nodes)
    for node in nodes:
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield resolved(node.exc.func if isinstance(node.exc, ast.Call) else node.exc, names)
        elif isinstance(node, ast.Call):
            called = resolved(node.func, names) or kinds.method(node.func)
            yield called.__func__ if inspect.ismethod(called) else called
            handed = [*node.args, *(word.value for word in node.keywords)]
            yield from (value for one in handed if inspect.isfunction(value := resolved(one, names)))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield kinds.method(node)  # a property
        elif gets and isinstance(node, ast.Name) and _is_store(names.get(node.id)):
            yield names[node.id].unknown  # `get` of a store raises it


def _behind(links: Links, *, granting: bool) -> Iterator[Any]:
    """Give what is done by a service's mailed links, which are known by their purpose only: to grant or to open one."""
    for purpose in links.purposes.values():
        opening = [purpose.show, purpose.renew, *(action.act for action in purpose.actions.values())]
        yield from [purpose.issue] if granting else opening


@cache
def _parsed(thing: Any) -> ast.Module:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(thing)))
    except (OSError, SyntaxError):  # made by a decorator, as the methods of a dataclass are, or a part of a line
        return ast.Module([], [])


def _is_store(named: Any) -> bool:
    return inspect.isclass(named) and issubclass(named, Store)


def _names_of(function: Callable[..., Any]) -> dict[str, Any]:
    closure = inspect.getclosurevars(function)
    return {**function.__globals__, **closure.nonlocals}
