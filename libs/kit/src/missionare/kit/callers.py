"""Callers: who is asking, in what role, and on whose behalf."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

Language = Literal["de", "en"]
"""The languages the platform speaks; German is the source and the default."""


class Kind(StrEnum):
    """How a caller is known."""

    VISITOR = "visitor"
    PERSON = "person"
    KEY = "key"
    SERVICE = "service"
    LINK = "link"


class Channel(StrEnum):
    """How somebody reached the staff who now act for them."""

    TELEPHONE = "telephone"
    PAPER = "paper"
    COUNTER = "counter"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent the request, as proved by a token or a mailed link; never by a header that merely says so."""

    kind: Kind
    id: str
    person_id: str | None = None
    roles: frozenset[str] = frozenset()
    organisation_id: str | None = None
    language: Language = "de"
    until: datetime | None = field(default=None, compare=False)
    """When the token ends that proves it; an answer that goes on must end then."""

    @classmethod
    def visitor(cls, language: Language = "de") -> Caller:
        """Somebody who has shown nothing."""
        return cls(kind=Kind.VISITOR, id="visitor", language=language)

    @property
    def actor(self) -> str:
        """How facts and the audit log name this caller: `person:<id>`."""
        return f"{self.kind.value}:{self.id}"

    @property
    def signed_in(self) -> bool:
        """Whether this is a person, or a key that stands for one or for an organisation."""
        return self.kind in {Kind.PERSON, Kind.KEY}

    def has(self, *roles: str) -> bool:
        """Whether the caller holds at least one of these roles."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """For whom a member of staff acts, how that person asked for it, and why. Kept in the audit log."""

    subject_id: str
    channel: Channel
    why: str


def preferred_language(accept_language: str | None) -> Language:
    """Choose between German and English from an `Accept-Language` header (RFC 9110, section 12.5.4).

    German wins where both are wanted equally, where neither is wanted and where the header is unreadable.
    """
    wanted: dict[str, float] = {}
    for part in (accept_language or "")[:500].split(","):
        tag, _, quality = part.strip().partition(";")
        language = tag.split("-")[0].lower()
        wanted[language] = max(wanted.get(language, 0.0), _quality(quality))
    return "en" if wanted.get("en", 0.0) > wanted.get("de", 0.0) else "de"


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
