"""API keys: their form, what they may do, and how long."""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text, Unauthenticated
from missionare.members.person.domain import Role
from missionare.members.role.domain import SecondPersonNeeded

PREFIX = "mk"
LONGEST = timedelta(days=366)
LIVE_PER_LABEL = 2
"""Two, so that one can be changed for the next without a gap."""

_FORM = re.compile(r"mk_([0-9a-f]{32})_([A-Za-z0-9_-]{43})_([0-9a-f]{8})")


class KeyState(StrEnum):
    """Whether a key opens anything."""

    REQUESTED = "requested"
    LIVE = "live"
    REVOKED = "revoked"


ALLOWED: Transitions[KeyState] = {
    KeyState.REQUESTED: frozenset({KeyState.LIVE, KeyState.REVOKED}),
    KeyState.LIVE: frozenset({KeyState.REVOKED}),
    KeyState.REVOKED: frozenset(),
}


class ApiKey(Aggregate):
    """One key. The secret is shown once; its SHA-256 is kept."""

    label: str
    """What the agency calls it, for example the name of a program."""
    secret_hash: str
    roles: frozenset[Role]
    person_id: str | None = None
    """The person it acts for; then it never may do more than they."""
    organisation_id: str | None = None
    """The organisation whose programs use it."""
    slot: int
    """First or second live key of its holder and label."""
    requested_by: str
    expires_at: datetime
    state: KeyState = KeyState.LIVE
    used_at: datetime | None = None

    @property
    def holder(self) -> str:
        """Whom it belongs to."""
        return self.person_id or self.organisation_id or ""

    def opens(self, now: datetime) -> bool:
        """Whether it is accepted now."""
        return self.state is KeyState.LIVE and now < self.expires_at


@dataclass(frozen=True)
class Presented:
    """A key as somebody shows it, well-formed and without a typing error."""

    key_id: str
    secret_hash: str


class KeyUnknown(NotFound):
    """There is no such key."""

    text: ClassVar[Text] = {
        "de": "Diesen Zugangsschlüssel gibt es nicht. Prüfen Sie die Kennung.",
        "en": "This API key does not exist. Check the id.",
    }


class InvalidKey(Unauthenticated):
    """The key that was shown opens nothing."""

    title: ClassVar[Text] = {"de": "Zugangsschlüssel ungültig", "en": "API key not valid"}
    text: ClassVar[Text] = {
        "de": "Dieser Zugangsschlüssel ist unbekannt, noch nicht bestätigt, abgelaufen oder widerrufen. Prüfen Sie, "
        "ob er vollständig ist, oder bitten Sie die Regionalagentur um einen neuen.",
        "en": "This API key is unknown, not confirmed yet, expired or revoked. Check that it is complete, or ask "
        "the agency for a new one.",
    }


class TooManyKeys(Refusal):
    """There is one key in use and one to take its place, not more."""

    title: ClassVar[Text] = {"de": "Schon zwei Schlüssel", "en": "Two keys already"}
    text: ClassVar[Text] = {
        "de": "Unter dieser Bezeichnung gelten schon zwei Schlüssel. Widerrufen Sie einen, bevor Sie einen neuen "
        "ausstellen.",
        "en": "Two keys with this label are valid already. Revoke one before you issue another.",
    }


def written(key_id: str, secret: str) -> str:
    """Write a key as its owner gets it; the checksum catches typing errors before the database is asked."""
    body = f"{PREFIX}_{key_id.replace('-', '')}_{secret}"
    return f"{body}_{zlib.crc32(body.encode()):08x}"


def read(text: str) -> Presented | None:
    """Read a key as it is shown, or None where it cannot be one."""
    found = _FORM.fullmatch(text)
    if found is None or f"{zlib.crc32(text.rpartition('_')[0].encode()):08x}" != found[3]:
        return None
    digits = found[1]
    key_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return Presented(key_id, hashed(found[2]))


def hashed(secret: str) -> str:
    """Give what is stored of a secret. It is random and long, so a plain hash suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(
    *,
    key_id: str,
    secret: str,
    label: str,
    roles: frozenset[Role],
    person_id: str | None,
    organisation_id: str | None,
    taken_slots: frozenset[int],
    requested_by: str,
    expires_at: datetime,
    operators: int,
    now: datetime,
) -> ApiKey:
    """Make a key. From the second operator on it opens nothing before another one has confirmed it.

    Raises:
        Invalid: it would expire in the past, or later than a year from now.
        TooManyKeys: two with this label are live.
    """
    if not now < expires_at <= now + LONGEST:
        raise Invalid(
            field="expires_at",
            reason_de="Das Ende liegt in der Zukunft, höchstens ein Jahr entfernt.",
            reason_en="the end is in the future, at most a year away.",
        )
    free = [slot for slot in range(1, LIVE_PER_LABEL + 1) if slot not in taken_slots]
    if not free:
        raise TooManyKeys
    return ApiKey(
        id=key_id,
        label=label,
        secret_hash=hashed(secret),
        roles=roles,
        person_id=person_id,
        organisation_id=organisation_id,
        slot=free[0],
        requested_by=requested_by,
        expires_at=expires_at,
        state=KeyState.REQUESTED if operators > 1 else KeyState.LIVE,
    )


def confirm(key: ApiKey, *, decided_by: str) -> ApiKey:
    """Let a second operator agree to a key."""
    check_move(ALLOWED, "API key", key.state, KeyState.LIVE)
    if decided_by == key.requested_by:
        raise SecondPersonNeeded
    return key.changed(state=KeyState.LIVE)


def revoke(key: ApiKey) -> ApiKey:
    """End a key, from this moment on."""
    check_move(ALLOWED, "API key", key.state, KeyState.REVOKED)
    return key.changed(state=KeyState.REVOKED)
