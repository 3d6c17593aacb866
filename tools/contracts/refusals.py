"""Which refusals a route can answer with: those its declaration asks for, and those that its function's code raises."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from missionare.kit import problems, refusals
from missionare.kit.admission import OnBehalfNotOffered
from missionare.kit.idempotency import IdempotencyKeyMissing, IdempotencyKeyReused, InFlight
from missionare.kit.preconditions import PreconditionMissing
from missionare.kit.refusals import Refusal
from missionare.kit.routes import Route
from missionare.kit.store import Store

Refusals = set[type[Refusal]]

OURS: Final = "missionare."
OF_KEY: Final[Refusals] = {problems.MalformedHeader, IdempotencyKeyMissing, IdempotencyKeyReused, InFlight}
OF_MATCH: Final[Refusals] = {problems.MalformedHeader, PreconditionMissing, refusals.Stale}
OF_BODY: Final[Refusals] = {
    problems.MalformedBody,
    problems.UnsupportedMediaType,
    problems.BodyTooLarge,
    problems.InvalidInput,
}


def of(route: Route) -> list[type[Refusal]]:
    """Give them in the order of status and code."""
    found = {refusals.Unauthenticated, problems.Unavailable} | declared(route) | raised(route)
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
        (route.changes, OF_MATCH),
        (route.body, OF_BODY),
        (route.parameters or route.make_endpoint, {problems.InvalidInput}),
        ("{" in route.path, {refusals.NotFound}),
    ]
    return set().union(*(found for wanted, found in asked if wanted))


def raised(route: Route) -> Refusals:
    """Give what is raised on the way from the function through everything of ours that it calls by name."""
    begin: list[Any] = [route.make_endpoint or route.function]
    if route.shows is not None:
        begin.append(route.shows[1] if isinstance(route.shows, tuple) else route.shows)
    found: Refusals = set()
    seen: set[Any] = set()
    while begin:
        thing = begin.pop()
        if thing in seen:
            continue
        seen.add(thing)
        for named in _named(thing):
            if inspect.isclass(named) and issubclass(named, Refusal):
                found.add(named)
            elif (inspect.isfunction(named) or inspect.isclass(named)) and named.__module__.startswith(OURS):
                begin.append(named)
    return found


@cache
def _named(thing: Any) -> tuple[Any, ...]:
    """Give every refusal that is raised in a thing's own code, and everything that it calls or names a store by."""
    return tuple(_found(thing))


def _found(thing: Any) -> Iterator[Any]:
    if inspect.isclass(thing):
        yield from (inner for inner in vars(thing).values() if inspect.isfunction(inner))
        yield from (inner.__func__ for inner in vars(thing).values() if isinstance(inner, classmethod | staticmethod))
        return
    try:
        source = textwrap.dedent(inspect.getsource(thing))
    except OSError:  # made by a decorator, as the methods of a dataclass are
        return
    names = _names_of(thing)
    nodes = list(ast.walk(ast.parse(source)))
    gets = any(isinstance(node, ast.Attribute) and node.attr == "get" for node in nodes)
    for node in nodes:
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield _resolved(node.exc.func if isinstance(node.exc, ast.Call) else node.exc, names)
        elif isinstance(node, ast.Call):
            called = _resolved(node.func, names)
            yield called.__func__ if inspect.ismethod(called) else called
        elif gets and isinstance(node, ast.Name) and _is_store(names.get(node.id)):
            yield names[node.id].unknown  # `get` of a store raises it


def _is_store(named: Any) -> bool:
    return inspect.isclass(named) and issubclass(named, Store)


def _names_of(function: Callable[..., Any]) -> dict[str, Any]:
    closure = inspect.getclosurevars(function)
    return {**function.__globals__, **closure.nonlocals}


def _resolved(node: ast.expr, names: dict[str, Any]) -> Any:
    """Follow a name or a dotted name to what it means; None where it means something at run time only."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_resolved(node.value, names), node.attr, None)
    return None
