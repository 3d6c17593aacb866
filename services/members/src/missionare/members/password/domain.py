"""Passwords: what is accepted as one. They are optional; the mailed link always works."""

from __future__ import annotations

from typing import ClassVar

from missionare.kit.refusals import Invalid, Refusal, Text

SHORTEST = 12
LONGEST = 128

_TOO_COMMON = frozenset(
    {
        "123456789012",
        "1234567890123",
        "abcdefghijkl",
        "anmeldung123",
        "hallohallo12",
        "passwort1234",
        "passwort12345",
        "password1234",
        "password12345",
        "qwertyuiop12",
        "qwertzuiop12",
        "willkommen12",
        "willkommen123",
    }
)


class PasswordTooWeak(Invalid):
    """The password could be guessed."""

    field: ClassVar[str] = "password"
    title: ClassVar[Text] = {"de": "Passwort zu schwach", "en": "Password too weak"}
    text: ClassVar[Text] = {
        "de": "Das Passwort {why}. Nehmen Sie zum Beispiel vier zufällige Wörter.",
        "en": "The password {why}. Take four random words, for example.",
    }


class PasswordWrong(Refusal):
    """Who changes a password knows the present one."""

    status = 403
    title: ClassVar[Text] = {"de": "Bisheriges Passwort falsch", "en": "Present password wrong"}
    text: ClassVar[Text] = {
        "de": "Das bisherige Passwort stimmt nicht. Haben Sie es vergessen, wenden Sie sich an die Regionalagentur.",
        "en": "The present password is wrong. If you have forgotten it, ask the agency.",
    }


def check_strength(password: str, *, known: frozenset[str]) -> None:
    """Let a password pass that is long enough and has nothing to do with its owner.

    Args:
        password: any characters; none are demanded and none forbidden.
        known: words that a stranger would try first: names, address.

    Raises:
        PasswordTooWeak: saying why.
    """
    lowered = password.casefold()
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordTooWeak(
            why={
                "de": f"braucht {SHORTEST} bis {LONGEST} Zeichen",
                "en": f"needs {SHORTEST} to {LONGEST} characters",
            }
        )
    if lowered in _TOO_COMMON or len(set(lowered)) <= SHORTEST // 3:
        raise PasswordTooWeak(why={"de": "ist zu leicht zu erraten", "en": "is too easy to guess"})
    if any(len(word) > 3 and word.casefold() in lowered for word in known):  # noqa: PLR2004 - short words are everywhere
        raise PasswordTooWeak(
            why={"de": "enthält Ihren Namen oder Ihre Adresse", "en": "contains your name or address"}
        )
