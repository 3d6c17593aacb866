"""Pages: the plain HTML that a mailed link opens. No script, nothing loaded from elsewhere, usable by everybody."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Final, Literal

from fastapi import Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel

from missionare.kit.answers import Cookie
from missionare.kit.callers import Language
from missionare.kit.ids import uuid7
from missionare.kit.refusals import Refusal

KEY_FIELD: Final = "idempotency_key"
VERSION_FIELD: Final = "if_match"
_OPTIONAL: Final[Mapping[Language, str]] = {"de": "freiwillig", "en": "optional"}

_STYLE: Final = (files("missionare.kit") / "templates" / "link.css").read_text(encoding="utf-8")
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

HEADERS: Final = {
    "Cache-Control": "no-store",
    # With `no-referrer` browsers send `Origin: null` on the POST, which could not be told from a stranger's.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
}

_TEMPLATES: Final = Environment(
    loader=PackageLoader("missionare.kit"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    kind: Literal["text", "textarea", "email", "date", "number", "checkbox", "select"] = "text"
    value: str = ""
    required: bool = True
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    """For `select`: value and label."""
    longest: int = 2_000
    """Characters; the function that gets the form must check again."""
    autocomplete: str = ""
    """The purpose of the field (WCAG 2.2, 1.3.5), such as `email` or `name`."""


@dataclass(frozen=True)
class Form:
    """A form that posts to an action of the same link."""

    action: str
    button: str
    fields: Sequence[Field] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    """The version of what the form changes; needed where the action is declared with `changes=True`."""
    heading: str = ""


@dataclass(frozen=True)
class Page:
    """What a link shows: text first, then what can be done."""

    title: str
    paragraphs: Sequence[str] = ()
    forms: Sequence[Form] = ()
    details: Sequence[tuple[str, str]] = ()
    """Names with values, shown as a list."""
    links: Sequence[tuple[str, str]] = ()
    """Where one may go on: label with address."""
    status: int = 200
    cookies: Sequence[Cookie] = ()
    redirect: str | None = None
    """Where to go instead of showing a page (303), such as after signing in."""
    told: BaseModel | None = None
    """The same for programs, such as another page: what a client gets that accepts JSON and no HTML."""


def refusal_page(refusal: Refusal, language: Language, forms: Sequence[Form] = ()) -> Page:
    """Say no as a page: what, why and what next."""
    said = [refusal.say(language), refusal.advised(language)]
    return Page(refusal.titled(language), [text for text in said if text], forms, status=refusal.status)


def render(page: Page, language: Language, base: str) -> Response:
    """Give the HTTP response for a page; `base` is the address its forms post below."""
    if page.redirect is not None:
        response = Response(status_code=303, headers={"Location": page.redirect, "Cache-Control": "no-store"})
    else:
        html = _TEMPLATES.get_template("link.html").render(
            page=page,
            language=language,
            base=base,
            style=Markup(_STYLE),  # noqa: S704 - our own file, and its hash stands in the policy
            hidden=_hidden,
            optional=_OPTIONAL[language],
        )
        headers = {**HEADERS, "Content-Language": language}
        response = Response(html, page.status, headers, media_type="text/html; charset=utf-8")
    for cookie in page.cookies:
        cookie.put(response)
    return response


def _hidden(form: Form) -> dict[str, str]:
    version = {} if form.version is None else {VERSION_FIELD: str(form.version)}
    return {**form.hidden, KEY_FIELD: uuid7(), **version}
