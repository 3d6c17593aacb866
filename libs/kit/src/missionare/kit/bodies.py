"""Bodies: what a command says, read within a limit and parsed strictly."""

from __future__ import annotations

from email.message import Message
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from missionare.kit.problems import BodyTooLarge, InvalidInput, MalformedBody, UnsupportedMediaType

MAX_BODY_BYTES: Final = 1_048_576
MAX_FORM_FIELDS: Final = 100
MAX_TEXT: Final = 20_000
"""Characters of one text, unless the field itself allows fewer."""
_INT64: Final = range(-(2**63), 2**63)
_JSON_ERROR: Final = "json_invalid"

B = TypeVar("B", bound="Body")


class Body(BaseModel):
    """Base of what a command's body says: nothing unknown, nothing converted, nothing changed later.

    Types are strict in JSON's own terms: `"2026-01-31"` is a date, `"5"` is not a number. Strictness is also what
    keeps an operator of the database from arriving where a text is expected.
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        str_max_length=MAX_TEXT,
        hide_input_in_errors=True,
    )

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        if type(value) is int and value not in _INT64:
            raise PydanticCustomError("beyond_64_bits", "a number is beyond 64 bits")
        return value


async def read(request: Request, limit: int = MAX_BODY_BYTES) -> bytes:
    """Read the body, counting what really arrives: a length may be missing or wrong.

    Raises:
        BodyTooLarge: as soon as more than `limit` bytes are announced or have come.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLarge(limit=limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
    return bytes(body)


async def read_json(request: Request, model: type[B], limit: int = MAX_BODY_BYTES) -> B:
    """Read a JSON body into its model.

    Raises:
        UnsupportedMediaType: it is not announced as JSON.
        BodyTooLarge: it is too long.
        MalformedBody: it is not JSON.
        InvalidInput: it is JSON of another shape; the wrong fields are named.
    """
    _expect(request, "application/json")
    raw = await read(request, limit)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        if any(problem["type"] == _JSON_ERROR for problem in problems):
            raise MalformedBody from None
        raise InvalidInput.of(problems) from None


async def read_form(request: Request, limit: int = MAX_BODY_BYTES) -> dict[str, str]:
    """Read the fields of an HTML form; every line end becomes a single newline.

    Raises:
        UnsupportedMediaType: it is no plain HTML form.
        BodyTooLarge: it is too long.
        MalformedBody: it is not UTF-8, repeats a field or has too many.
    """
    _expect(request, "application/x-www-form-urlencoded")
    raw = await read(request, limit)
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise MalformedBody from None
    fields = {name: value.replace("\r\n", "\n").replace("\r", "\n") for name, value in pairs}
    if len(fields) != len(pairs):
        raise MalformedBody
    return fields


def _expect(request: Request, wanted: str) -> None:
    header = Message()
    header["content-type"] = request.headers.get("content-type", "application/octet-stream")
    if header.get_content_type() != wanted:
        raise UnsupportedMediaType(wanted=wanted)
