"""Endpoints: what stands between FastAPI and a route's function.

FastAPI matches the address and fills path and query parameters. Everything else happens here, in a fixed order:
who is it and may they, then the headers that a command needs, then the body, then the function.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from missionare.kit import admission, bodies, idempotency, preconditions
from missionare.kit.answers import Reference, respond
from missionare.kit.bodies import Body
from missionare.kit.callers import Caller, OnBehalf
from missionare.kit.commands import Act, Command, Done, Performed, commands_of
from missionare.kit.idempotency import Once
from missionare.kit.preconditions import IfMatch
from missionare.kit.readers import Reader, Site
from missionare.kit.routes import Route

_REQUEST: Final = "request_"
"""Name of the endpoint's own request parameter; the underscore keeps it apart from a function's."""


@cache
def mounted(route: Route) -> APIRoute:
    """Give a route as FastAPI serves it. How it is described to readers is no business of the running process.

    It serves every application of this process, because a request knows whose site it has come to: FastAPI takes a
    millisecond to look through a function, and tests start a thousand services.
    """
    return APIRoute(
        route.path,
        route.endpoint or _endpoint(route),
        methods=[route.method],
        status_code=route.status,
        dependencies=[Depends(_guard(route))],
        operation_id=route.operation,
        name=route.operation,
        response_model=None,
        openapi_extra={"x-policy": str(route.policy)},
    )


def _guard(route: Route) -> Callable[[Request], Awaitable[None]]:
    async def guard(request: Request) -> None:
        # A dependency runs before FastAPI looks at the parameters, so that who may not call learns nothing of them.
        verifier = None if route.own_credentials else commands_of(request).site.verifier
        caller = await admission.identify(request, verifier)
        behalf = admission.on_behalf(request)
        admission.admit(caller, route.policy, route.on_behalf, behalf)
        request.state.caller, request.state.on_behalf = caller, behalf

    return guard


def _endpoint(route: Route) -> Callable[..., Awaitable[Response]]:
    async def read(request_: Request, **parameters: Any) -> Response:
        reader = Reader(commands_of(request_).site, request_.state.caller)
        result = await route.function(**_given(route, request_, reader, parameters, None))
        return respond(request_, result, route.status)

    async def command(request_: Request, **parameters: Any) -> Response:
        act = await _act(route, request_, parameters)
        commands = commands_of(request_)
        performed = await commands.perform(act)
        shown = await _shown(route, commands.site, request_.state.caller, performed)
        return respond(request_, shown, performed.outcome.status)

    endpoint = command if route.is_command else read
    own = inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    taken = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in route.parameters.values()]
    endpoint.__signature__ = inspect.Signature([own, *taken], return_annotation=Response)  # type: ignore[attr-defined]
    endpoint.__name__ = route.operation
    return endpoint


async def _act(route: Route, request: Request, parameters: dict[str, Any]) -> Act:
    caller: Caller = request.state.caller
    behalf: OnBehalf | None = request.state.on_behalf
    key = idempotency.checked_key(request.headers.get(idempotency.HEADER)) if route.needs_key else None
    if_match = IfMatch.read(request.headers.get(preconditions.HEADER)) if route.changes else None
    body = await bodies.read_json(request, route.body[1], route.max_body) if route.body else None

    async def decide(command: Command) -> Any:
        result = await route.function(**_given(route, request, command, parameters, body))
        if key and not isinstance(result, Done):
            msg = f"{route.operation} may be repeated, so it has to return command.done(id)"
            raise TypeError(msg)
        return result

    return Act(
        operation=route.operation,
        caller=caller,
        line=request.url.path,
        decide=decide,
        status=route.status,
        once=_once(route, request, body, key) if key else None,
        if_match=if_match,
        on_behalf=behalf,
        traceparent=admission.traceparent(request),
    )


def _once(route: Route, request: Request, body: Body | None, key: str) -> Once:
    behalf: OnBehalf | None = request.state.on_behalf
    content = b"" if body is None else body.__pydantic_serializer__.to_json(body)
    return Once.of(
        request.state.caller.actor,
        route.operation,
        key,
        request.url.path,
        request.url.query,
        "" if behalf is None else behalf.subject_id,
        content,
    )


def _given(
    route: Route, request: Request, work: Reader | Command, parameters: dict[str, Any], body: Body | None
) -> dict[str, Any]:
    given = dict(parameters)
    if route.work_name:
        given[route.work_name] = work
    if route.request_name:
        given[route.request_name] = request
    if route.body:
        given[route.body[0]] = body
    return given


async def _shown(route: Route, site: Site, caller: Caller, performed: Performed) -> Any:
    """Show what a command did: what it returned itself, or the present state of what it was about."""
    if performed.outcome.status == HTTPStatus.NO_CONTENT:
        return None
    if performed.command is not None and not isinstance(performed.result, Done):
        return performed.result
    if isinstance(performed.result, Done) and performed.result.shown is not None:
        return performed.result.shown
    object_id, reader = performed.outcome.object_id, Reader(site, caller)
    if route.shows is None:
        return Reference(id=object_id)
    if not isinstance(route.shows, tuple):
        return await route.shows(object_id, reader)
    store, model = route.shows
    saved = performed.command.saved(store, object_id) if performed.command else None
    state = saved if saved is not None else await reader.store(store).get(object_id, reader.scope)
    answer = model.of(state, reader.scope)  # type: ignore[attr-defined]
    return await answer if inspect.isawaitable(answer) else answer
