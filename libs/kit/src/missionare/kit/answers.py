"""Answers: what a route says back, and the headers that go with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict

from missionare.kit.store import MAX_PAGE, Page, Scope

PRIVATE: Final = "no-store"
"""Answers depend on who asks, so no cache on the way may keep them."""

T = TypeVar("T")
Shown = TypeVar("Shown", bound="Answer")

Cursor = Annotated[str | None, Query(max_length=128, description="the `next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="entries on one page")]


class Answer(BaseModel):
    """Base of what a route shows. A model with a `version` gets an `ETag`, by which it can be changed later.

    Where commands show an aggregate, a class method `of(aggregate, scope)` makes the answer; it may be async.
    """

    model_config = ConfigDict(frozen=True)


class Reference(Answer):
    """What a command answers that has nothing to show but the id of what it did."""

    id: str


class Paged(Answer, Generic[T]):
    """One page of a list. `next_cursor` is null on the last page."""

    items: list[T]
    next_cursor: str | None = None

    @classmethod
    def of(cls, page: Page[Any], model: Any, scope: Scope) -> Self:
        """Show each item of a store's page with `model.of(item, scope)`."""
        return cls(items=[model.of(item, scope) for item in page.items], next_cursor=page.next_cursor)


@dataclass(frozen=True)
class Cookie:
    """A cookie to set, out of reach of scripts; an empty value with `max_age=0` removes it."""

    name: str
    value: str
    max_age: int | None = None
    """Seconds; None lasts until the browser closes."""
    secure: bool = True
    path: str = "/"
    same_site: Literal["lax", "strict"] = "lax"

    def put(self, response: Response) -> None:
        """Add the cookie to a response."""
        response.set_cookie(
            self.name,
            self.value,
            max_age=self.max_age,
            path=self.path,
            secure=self.secure,
            httponly=True,
            samesite=self.same_site,
        )


@dataclass(frozen=True)
class Reply:
    """An answer with a status, headers or cookies of its own."""

    answer: Answer | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Sequence[Cookie] = ()


Show = Callable[[str, Any], Awaitable[Answer]]
"""An async function of an id and a Reader that shows what a command did."""


def etag(version: int) -> str:
    """Give the strong validator of a version (RFC 9110, section 8.8.3)."""
    return f'"{version}"'


def respond(request: Request, result: Answer | Reply | Response | None, status: int) -> Response:
    """Give the HTTP response for what a route returned."""
    if isinstance(result, Response):
        return result
    reply = result if isinstance(result, Reply) else Reply(result, status)
    response = Response(status_code=reply.status, headers={"Cache-Control": PRIVATE, **reply.headers})
    if reply.answer is not None:
        _fill(request, response, reply.answer)
    for cookie in reply.cookies:
        cookie.put(response)
    return response


def _fill(request: Request, response: Response, answer: Answer) -> None:
    response.body = answer.__pydantic_serializer__.to_json(answer)
    response.headers["content-type"] = "application/json"
    response.headers["content-length"] = str(len(response.body))
    version = getattr(answer, "version", None)
    if isinstance(version, int):
        response.headers["etag"] = etag(version)
    if isinstance(answer, Paged) and answer.next_cursor is not None:
        following = request.url.include_query_params(cursor=answer.next_cursor)
        response.headers["link"] = f'<{following.path}?{following.query}>; rel="next"'
