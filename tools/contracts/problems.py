"""Problem documents: their shape, and one example of each that a number of routes can answer with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tools.contracts import refusals
from tools.contracts.examples import Schema

from missionare.kit.problems import TYPE, InvalidInput
from missionare.kit.refusals import Invalid, Refusal
from missionare.kit.routes import Route

_TEXT: Final = {"type": "string"}
SCHEMA: Final[Schema] = {
    "type": "object",
    "description": "Why something was refused (RFC 9457), without repeating anything that was sent.",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "`urn:missionare:problem:` and the code"},
        "title": {**_TEXT, "description": "in a few words, in the language asked for"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {**_TEXT, "description": "what is refused, why, and what to do next"},
        "code": {"type": "string", "pattern": "^[a-z0-9_]+$", "description": "for programs; it never changes"},
        "next": {**_TEXT, "description": "what can be done now, where the detail does not say it"},
        "errors": {
            "type": "array",
            "description": "the fields that do not fit, where it is fields that do not",
            "items": {
                "type": "object",
                "properties": {
                    "field": {**_TEXT, "description": "by its name, with dots between the steps to it"},
                    "reason": _TEXT,
                    "pointer": {**_TEXT, "description": "JSON Pointer (RFC 6901) into the body; absent for parameters"},
                },
                "required": ["field", "reason"],
            },
        },
        "correlation_id": {**_TEXT, "description": "under which the logs have the request"},
    },
    "required": ["type", "title", "status", "detail", "code", "correlation_id"],
}
CORRELATION: Final = "019b8d2b-8c00-7000-8000-000000000000"


def examples(routes: Sequence[Route]) -> dict[str, Schema]:
    """Give an example by its code. What the platform fills in stands in braces."""
    found = {refusals.code(refusal): refusal for route in routes for refusal in refusals.of(route)}
    return {code: {"summary": found[code].title["en"], "value": _example(found[code])} for code in sorted(found)}


def _example(refusal: type[Refusal]) -> dict[str, Any]:
    code = refusals.code(refusal)
    said: dict[str, Any] = {
        "type": TYPE + code,
        "title": refusal.title["en"],
        "status": refusal.status,
        "detail": refusal.text["en"],
        "code": code,
    }
    if refusal.next:
        said["next"] = refusal.next["en"]
    if refusal is InvalidInput:
        said["errors"] = [{"field": "email", "reason": "is missing", "pointer": "#/email"}]
    elif refusal is Invalid:
        said["errors"] = [{"field": "{field}", "reason": "{reason_en}", "pointer": "#/{field}"}]
    elif issubclass(refusal, Invalid):
        said["errors"] = [{"field": refusal.field, "reason": refusal.text["en"]}]
    return {**said, "correlation_id": CORRELATION}
