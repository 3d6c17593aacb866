"""Refusals: what a command answers when it may not happen. Pure; used by every domain.

A refusal says what is refused, why, and what to do next, once, in German and English; the same text serves
the log, the problem document and the documentation.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from missionare.kit.facts import snake_case
from missionare.kit.moments import told

Text = dict[str, str]
"""Language ("de", "en") to wording, with `{placeholders}` filled from the refusal's arguments."""


class Refusal(Exception):
    """The command was understood and is not carried out; nothing has changed."""

    status: ClassVar[int] = 409
    title: ClassVar[Text] = {"de": "Nicht möglich", "en": "Not possible"}
    text: ClassVar[Text] = {"de": "Das ist so nicht möglich.", "en": "This is not possible as asked."}
    next: ClassVar[Text] = {}
    """What the caller can do now, when the text does not say it already."""

    def __init__(self, **details: Any) -> None:
        """Keep the details that fill the text's placeholders. They must not be personal data: they are logged."""
        self.details = details
        super().__init__(self.say("en"))

    @property
    def code(self) -> str:
        """Stable name for programs, derived from the class: `OfferExpired` is `offer_expired`."""
        return snake_case(type(self).__name__)

    def say(self, language: str) -> str:
        """Give the refusal in the language asked for, German if there is no wording in it."""
        return _filled(self.text, language, self.details)

    def titled(self, language: str) -> str:
        """Give the short title in the language asked for."""
        return _filled(self.title, language, self.details)

    def advised(self, language: str) -> str | None:
        """Give the next step in the language asked for, or None where the text says it already."""
        return _filled(self.next, language, self.details) if self.next else None


class NotFound(Refusal):
    """There is no such thing, or it belongs to somebody else: the two are not told apart."""

    status = 404
    title: ClassVar[Text] = {"de": "Nicht gefunden", "en": "Not found"}
    text: ClassVar[Text] = {
        "de": "Das Gesuchte gibt es nicht, oder es ist für Sie nicht einsehbar. Prüfen Sie die Adresse.",
        "en": "This does not exist, or you may not see it. Check the address.",
    }


class Forbidden(Refusal):
    """The caller is known, and this is not for them."""

    status = 403
    title: ClassVar[Text] = {"de": "Nicht erlaubt", "en": "Not allowed"}
    text: ClassVar[Text] = {
        "de": "Dafür fehlt Ihnen die Berechtigung. Wenden Sie sich an die Regionalagentur.",
        "en": "You are not allowed to do this. Ask the agency.",
    }


class Unauthenticated(Refusal):
    """Nobody is signed in, or the token is not valid."""

    status = 401
    title: ClassVar[Text] = {"de": "Anmeldung nötig", "en": "Sign-in needed"}
    text: ClassVar[Text] = {
        "de": "Bitte melden Sie sich an und versuchen Sie es noch einmal.",
        "en": "Please sign in and try again.",
    }


class WrongState(Refusal):
    """The thing is in a state that does not allow this step."""

    title: ClassVar[Text] = {"de": "In diesem Stand nicht möglich", "en": "Not possible in this state"}
    text: ClassVar[Text] = {
        "de": "{subject}: Der Schritt von „{old}“ nach „{new}“ ist nicht vorgesehen. Laden Sie den aktuellen Stand.",
        "en": "{subject}: there is no step from '{old}' to '{new}'. Load the current state.",
    }


class Stale(Refusal):
    """The caller decided on an older version."""

    status = 412
    title: ClassVar[Text] = {"de": "Inzwischen geändert", "en": "Changed meanwhile"}
    text: ClassVar[Text] = {
        "de": "Der Stand wurde inzwischen geändert. Laden Sie ihn neu und entscheiden Sie noch einmal.",
        "en": "This has been changed meanwhile. Load it again and decide anew.",
    }


class Invalid(Refusal):
    """The input is well-formed and cannot be accepted."""

    status = 422
    title: ClassVar[Text] = {"de": "Eingabe prüfen", "en": "Check the input"}
    text: ClassVar[Text] = {
        "de": "Die Angabe „{field}“ passt nicht: {reason_de}",
        "en": "The field '{field}' does not fit: {reason_en}",
    }
    field: ClassVar[str] = ""
    """What a subclass always refuses; where this class is raised itself, its details name it."""

    @property
    def place(self) -> str:
        """Name the field that does not fit; empty where no single one is to blame."""
        return str(self.details.get("field", self.field))

    def inside(self, place: str) -> Invalid:
        """Give the same for a request in which the field stands inside another one."""
        return type(self)(**{**self.details, "field": f"{place}.{self.place}"})

    def reason(self, language: str) -> str:
        """Say why it does not fit, without naming it."""
        return str(self.details.get(f"reason_{language}") or self.say(language))


def _filled(text: Text, language: str, details: dict[str, Any]) -> str:
    template = text.get(language) or text["de"]
    return template.format_map({key: _worded(value, language) for key, value in details.items()})


def _worded(value: Any, language: str) -> str:
    if isinstance(value, datetime):
        return told(value, language)
    return str(value.get(language, value.get("de"))) if isinstance(value, dict) else str(value)
