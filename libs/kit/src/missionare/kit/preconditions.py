"""Preconditions: a change names the version it was decided on (RFC 9110, section 13.1.1; RFC 6585, section 3)."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from missionare.kit.problems import MalformedHeader
from missionare.kit.refusals import Refusal, Stale, Text

HEADER: Final = "If-Match"
_ENTITY_TAG: Final = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*')


class PreconditionMissing(Refusal):
    """A change needs the version it was decided on."""

    status = 428
    title: ClassVar[Text] = {"de": "If-Match fehlt", "en": "If-Match missing"}
    text: ClassVar[Text] = {
        "de": "Lesen Sie den aktuellen Stand und senden Sie dessen ETag in der Kopfzeile If-Match.",
        "en": "Read the current state and send its ETag in the header If-Match.",
    }


class IfMatch:
    """The versions a caller is willing to change."""

    def __init__(self, tags: frozenset[str]) -> None:
        """Take the opaque parts of strong entity tags."""
        self._tags = tags

    @classmethod
    def read(cls, header: str | None) -> IfMatch:
        """Read the header.

        Raises:
            PreconditionMissing: there is none, or it is `*`, which names no version.
            MalformedHeader: it is not a list of entity tags.
        """
        if header is None or header.strip() in {"", "*"}:
            raise PreconditionMissing
        found = [_ENTITY_TAG.fullmatch(part) for part in header.split(",")]
        if not all(found):
            raise MalformedHeader(
                header=HEADER,
                wanted={"de": 'ein ETag wie gelesen, etwa "3"', "en": 'an ETag as it was read, such as "3"'},
            )
        # If-Match compares strongly: a weak tag matches nothing.
        return cls(frozenset(tag[2] for tag in found if tag and not tag[1]))

    def check(self, version: int) -> None:
        """Let the current version pass.

        Raises:
            Stale: the caller decided on another.
        """
        if str(version) not in self._tags:
            raise Stale


def etag_of(version: str | None) -> str | None:
    """Give the entity tag for a version that a form carries as plain digits; None where it carries none."""
    return None if version is None else f'"{version}"'
