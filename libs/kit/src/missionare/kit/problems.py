"""Problem documents (RFC 9457): the one form in which a service says no.

Every answer that is not a success says what, why and what next, in German or English, with a stable `code`, and
without repeating anything the caller sent.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from missionare.kit import logs
from missionare.kit.callers import Language, preferred_language
from missionare.kit.mongo import UNREACHABLE
from missionare.kit.peers import PeerUnavailable
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:missionare:problem:"
RETRY_SECONDS = 1
MAX_ERRORS = 50
"""How many wrong fields are named; a hostile body could have a hundred thousand."""

_READS = frozenset({"GET", "HEAD"})
"""What these refuse stands in the address or a header."""

_NAME = re.compile(r"[A-Za-z0-9_.-]{0,100}\Z")
_PARAMETERS = frozenset({"query", "path", "header"})


class MalformedBody(Refusal):
    """The body is not JSON."""

    status = 400
    title: ClassVar[Text] = {"de": "Anfrage nicht lesbar", "en": "Request not readable"}
    text: ClassVar[Text] = {
        "de": "Der Inhalt der Anfrage ist kein gültiges JSON in UTF-8. Prüfen Sie Klammern, Kommas und Kodierung.",
        "en": "The body is not valid JSON in UTF-8. Check brackets, commas and encoding.",
    }


class MalformedHeader(Refusal):
    """A header cannot be read."""

    status = 400
    title: ClassVar[Text] = {"de": "Kopfzeile nicht lesbar", "en": "Header not readable"}
    text: ClassVar[Text] = {
        "de": "Die Kopfzeile {header} ist nicht lesbar. Erwartet wird: {wanted}",
        "en": "The header {header} cannot be read. Wanted: {wanted}",
    }


class BodyTooLarge(Refusal):
    """The body is larger than this route takes."""

    status = 413
    title: ClassVar[Text] = {"de": "Anfrage zu groß", "en": "Request too large"}
    text: ClassVar[Text] = {
        "de": "Hier werden höchstens {limit} Bytes angenommen. Senden Sie weniger auf einmal.",
        "en": "At most {limit} bytes are accepted here. Send less at once.",
    }


class UnsupportedMediaType(Refusal):
    """The body has a type that this route does not take."""

    status = 415
    title: ClassVar[Text] = {"de": "Format nicht unterstützt", "en": "Format not supported"}
    text: ClassVar[Text] = {
        "de": "Hier wird {wanted} erwartet. Setzen Sie die Kopfzeile Content-Type.",
        "en": "{wanted} is expected here. Set the header Content-Type.",
    }


class RouteUnknown(NotFound):
    """There is nothing at this address."""

    text: ClassVar[Text] = {
        "de": "Unter dieser Adresse gibt es nichts. Prüfen Sie die Adresse.",
        "en": "There is nothing at this address. Check the address.",
    }


class MethodNotAllowed(Refusal):
    """The address exists and takes other methods."""

    status = 405
    title: ClassVar[Text] = {"de": "Methode nicht erlaubt", "en": "Method not allowed"}
    text: ClassVar[Text] = {
        "de": "Diese Adresse kennt die Methode nicht. Erlaubt sind die in der Kopfzeile Allow.",
        "en": "This address does not take the method. Those in the header Allow are taken.",
    }


_A_DATE: Text = {"de": "muss ein Datum sein, etwa 2026-01-31", "en": "must be a date such as 2026-01-31"}
_A_MOMENT: Text = {
    "de": "muss ein Zeitpunkt mit Zone sein, etwa 2026-01-31T14:00:00Z",
    "en": "must be a time with its zone, such as 2026-01-31T14:00:00Z",
}
REASONS: Mapping[str, Text] = {
    "missing": {"de": "fehlt", "en": "is missing"},
    "extra_forbidden": {"de": "ist hier unbekannt", "en": "is unknown here"},
    "string_type": {"de": "muss ein Text sein", "en": "must be a text"},
    "string_too_short": {
        "de": "braucht mindestens {min_length} Zeichen",
        "en": "needs at least {min_length} characters",
    },
    "string_too_long": {
        "de": "darf höchstens {max_length} Zeichen haben",
        "en": "may have at most {max_length} characters",
    },
    "too_short": {"de": "braucht mindestens {min_length} Einträge", "en": "needs at least {min_length} entries"},
    "too_long": {"de": "darf höchstens {max_length} Einträge haben", "en": "may have at most {max_length} entries"},
    "int_type": {"de": "muss eine ganze Zahl sein", "en": "must be a whole number"},
    "int_parsing": {"de": "muss eine ganze Zahl sein", "en": "must be a whole number"},
    "beyond_64_bits": {"de": "ist als Zahl zu groß oder zu klein", "en": "is too large or too small a number"},
    "bool_type": {"de": "muss true oder false sein", "en": "must be true or false"},
    "greater_than": {"de": "muss größer als {gt} sein", "en": "must be greater than {gt}"},
    "greater_than_equal": {"de": "muss mindestens {ge} sein", "en": "must be at least {ge}"},
    "less_than": {"de": "muss kleiner als {lt} sein", "en": "must be less than {lt}"},
    "less_than_equal": {"de": "darf höchstens {le} sein", "en": "may be at most {le}"},
    "enum": {"de": "muss eines von {expected} sein", "en": "must be one of {expected}"},
    "literal_error": {"de": "muss {expected} sein", "en": "must be {expected}"},
    "date_type": _A_DATE,
    "date_parsing": _A_DATE,
    "date_from_datetime_parsing": _A_DATE,
    "datetime_type": _A_MOMENT,
    "datetime_parsing": _A_MOMENT,
    "datetime_from_date_parsing": _A_MOMENT,
    "timezone_aware": {"de": "braucht eine Zeitzone", "en": "needs a time zone"},
}
"""Kinds of pydantic's errors in our words; the placeholders are limits from our own models."""
_ANY_REASON: Text = {"de": "passt nicht ({kind})", "en": "does not fit ({kind})"}


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field: its place, the kind of error and the limits that were missed."""

    field: str
    kind: str
    limits: Mapping[str, Any]
    pointer: str | None = None
    """Where it stands in the body (see `pointer_to`); None where it is in the address or a header."""

    @classmethod
    def of(cls, problem: Any) -> FieldError:
        """Read one of pydantic's errors, leaving out the input."""
        place = [str(part) for part in problem["loc"]]
        inside = not place or place[0] not in _PARAMETERS
        place = place[1:] if place and place[0] in {"body", *_PARAMETERS} else place
        # An unknown field's name is the caller's input: repeated only while it looks like a name.
        told = [part if _NAME.match(part) else "?" for part in place]
        return cls(".".join(told), problem["type"], problem.get("ctx", {}), pointer_to(told) if inside else None)

    def worded(self, language: Language) -> dict[str, str]:
        """Give the error in the caller's language."""
        reason = REASONS.get(self.kind, _ANY_REASON)[language]
        limits = {**self.limits, "kind": self.kind}
        if language == "de" and "expected" in limits:
            limits["expected"] = limits["expected"].replace("' or '", "' oder '")  # pydantic speaks English only
        return _error(self.field, reason.format(**limits), self.pointer)


class InvalidInput(Refusal):
    """Fields are missing, unknown or of the wrong type."""

    status = 422
    title: ClassVar[Text] = {"de": "Eingabe prüfen", "en": "Check the input"}
    text: ClassVar[Text] = {
        "de": "Mindestens eine Angabe fehlt, ist unbekannt oder passt nicht. Berichtigen Sie die genannten Felder.",
        "en": "At least one field is missing, unknown or does not fit. Correct the fields named.",
    }

    def __init__(self, errors: Sequence[FieldError] = ()) -> None:
        """Keep the fields with what is wrong with them; never their values."""
        super().__init__()
        self.errors = tuple(errors)

    @classmethod
    def of(cls, problems: Sequence[Any]) -> InvalidInput:
        """Name the fields of pydantic's errors."""
        # Of a list, pydantic counts only the entries that fit: what is wrong with the others is said already.
        wrong_inside = {tuple(problem["loc"][:depth]) for problem in problems for depth in range(len(problem["loc"]))}
        told = [each for each in problems if each["type"] != "too_short" or tuple(each["loc"]) not in wrong_inside]
        return cls([FieldError.of(problem) for problem in told[:MAX_ERRORS]])


class Unavailable(Refusal):
    """Something that is needed is away at the moment."""

    status = 503
    title: ClassVar[Text] = {"de": "Vorübergehend nicht möglich", "en": "Temporarily not possible"}
    text: ClassVar[Text] = {
        "de": "Ein benötigter Dienst antwortet gerade nicht. Versuchen Sie es in einer Minute mit demselben "
        "Idempotency-Key noch einmal; nichts geschieht doppelt.",
        "en": "A service that is needed does not answer. Try again in a minute with the same Idempotency-Key; "
        "nothing happens twice.",
    }


class Contended(Unavailable):
    """Too many commands changed the same thing at once."""

    text: ClassVar[Text] = {
        "de": "Gerade ändern viele gleichzeitig dasselbe. Senden Sie die Anfrage mit demselben Idempotency-Key "
        "gleich noch einmal.",
        "en": "Many are changing the same thing at once. Send the request again with the same Idempotency-Key.",
    }


class Unexpected(Refusal):
    """A defect of ours; the correlation id finds it in the logs."""

    status = 500
    title: ClassVar[Text] = {"de": "Unerwarteter Fehler", "en": "Unexpected error"}
    text: ClassVar[Text] = {
        "de": "Das hätte nicht geschehen dürfen. Nennen Sie der Regionalagentur die Vorgangsnummer aus diesem "
        "Fehler (correlation_id).",
        "en": "This should not have happened. Give the agency the correlation_id of this error.",
    }


AWAY = (*UNREACHABLE, PeerUnavailable)
"""What is raised while something that is needed does not answer."""

_BY_STATUS: Mapping[int, type[Refusal]] = {400: MalformedBody, 404: RouteUnknown, 405: MethodNotAllowed}
"""Our words for what the router itself refuses."""


def pointer_to(place: Sequence[str]) -> str:
    """Give the JSON Pointer (RFC 6901) of a place in the body, as the fragment that RFC 9457 shows.

    Of a place whose name is not repeated, it is the one around it.
    """
    known = itertools.takewhile(lambda part: part != "?", place)
    return "#" + "".join(f"/{part}" for part in known)


def document(refusal: Refusal, language: Language, *, of_body: bool = False) -> dict[str, Any]:
    """Put a refusal into the members of a problem document.

    Args:
        refusal: what is said.
        language: in which.
        of_body: whether a single field that is refused stands in the body.
    """
    members: dict[str, Any] = {
        "type": TYPE + refusal.code,
        "title": refusal.titled(language),
        "status": refusal.status,
        "detail": refusal.say(language),
        "code": refusal.code,
    }
    if (advice := refusal.advised(language)) is not None:
        members["next"] = advice
    if errors := _errors(refusal, language, of_body=of_body):
        members["errors"] = errors
    members["correlation_id"] = logs.correlation_id.get()
    return members


def answer(refusal: Refusal, language: Language, *, of_body: bool = False) -> Response:
    """Give the HTTP response for a refusal; see `document`."""
    return JSONResponse(
        document(refusal, language, of_body=of_body),
        status_code=refusal.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, "Cache-Control": "no-store", **_headers(refusal)},
    )


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    for error in AWAY:
        app.add_exception_handler(error, _refused)


def refusal_for(error: Exception) -> Refusal:
    """Say what the caller is told about an exception. What has no words is unexpected: our defect."""
    match error:
        case Refusal():
            return error
        case RequestValidationError():
            return InvalidInput.of(error.errors())
        case HTTPException(status_code=status) if status in _BY_STATUS:
            return _BY_STATUS[status]()
        case _:
            return Unavailable() if isinstance(error, AWAY) else Unexpected()


async def _refused(request: Request, error: Exception) -> Response:
    refusal = refusal_for(error)
    if refusal.status >= Unexpected.status:
        logs.log.warning("request could not be served", code=refusal.code, exc_info=error)
    language = preferred_language(request.headers.get("accept-language"))
    response = answer(refusal, language, of_body=request.method not in _READS)
    response.headers.update(getattr(error, "headers", None) or {})
    return response


def _errors(refusal: Refusal, language: Language, *, of_body: bool) -> list[dict[str, str]]:
    """Name the fields that do not fit, the same way whoever found them."""
    if isinstance(refusal, InvalidInput):
        return [error.worded(language) for error in refusal.errors]
    if isinstance(refusal, Invalid) and refusal.place:
        pointer = pointer_to(refusal.place.split(".")) if of_body else None
        return [_error(refusal.place, refusal.reason(language), pointer)]
    return []


def _error(field: str, reason: str, pointer: str | None) -> dict[str, str]:
    return {"field": field, "reason": reason, **({} if pointer is None else {"pointer": pointer})}


def _headers(refusal: Refusal) -> dict[str, str]:
    match refusal.status:
        case 401:
            return {"WWW-Authenticate": "Bearer"}
        case 503 | 429:
            return {"Retry-After": str(RETRY_SECONDS)}
    return {}
