"""Idempotency keys: a command that is sent again happens once.

The record of a command is the first insert of its transaction. So a repetition needs no reservation beforehand: a
duplicate key says that the command has happened, a write conflict that it is happening right now. Status and id are
kept, never the answer, which is shown again from the present state. Refusals and errors are not kept: what was
refused may be tried again with the same key.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Final

from pymongo.errors import DuplicateKeyError, OperationFailure

from missionare.kit.mongo import Database, Document, Session
from missionare.kit.problems import MalformedHeader
from missionare.kit.refusals import Refusal, Text
from missionare.kit.store import Index, View

HEADER: Final = "Idempotency-Key"
KEPT_SECONDS: Final = 48 * 3_600
_SYNTAX: Final = re.compile(r"[!-~]{1,128}")
_WRITE_CONFLICT: Final = 112


class IdempotencyKeyMissing(Refusal):
    """A command needs a key by which a repetition is recognised."""

    status = 400
    title: ClassVar[Text] = {"de": "Idempotency-Key fehlt", "en": "Idempotency-Key missing"}
    text: ClassVar[Text] = {
        "de": "Senden Sie die Kopfzeile Idempotency-Key mit einem neuen, zufälligen Wert je Vorgang, und bei einer "
        "Wiederholung denselben.",
        "en": "Send the header Idempotency-Key with a new random value for each command, and the same one when "
        "repeating it.",
    }


class IdempotencyKeyReused(Refusal):
    """The key belongs to another command."""

    status = 422
    title: ClassVar[Text] = {"de": "Idempotency-Key schon benutzt", "en": "Idempotency-Key already used"}
    text: ClassVar[Text] = {
        "de": "Dieser Idempotency-Key gehört zu einem Vorgang mit anderem Inhalt. Nehmen Sie einen neuen.",
        "en": "This Idempotency-Key belongs to a command with other content. Take a new one.",
    }


class InFlight(Refusal):
    """The same command is being carried out right now."""

    title: ClassVar[Text] = {"de": "Wird gerade ausgeführt", "en": "Being carried out"}
    text: ClassVar[Text] = {
        "de": "Derselbe Vorgang wird gerade ausgeführt. Senden Sie die Anfrage gleich noch einmal.",
        "en": "The same command is being carried out. Send the request again in a moment.",
    }


class Repeated(Exception):
    """The command has happened before; its record says with what outcome."""


class CommandRecords(View):
    """What became of each command, for as long as its sender may repeat it."""

    collection = "commands"
    indexes = (Index("kept", ["at"], expires_seconds=KEPT_SECONDS),)


@dataclass(frozen=True)
class Once:
    """One command as its sender named it: the same caller, route and key mean the same command."""

    identity: str
    fingerprint: str

    @classmethod
    def of(cls, actor: str, operation: str, key: str, *content: str | bytes) -> Once:
        """Name a command; `content` is all that makes it this command: path, body, on whose behalf."""
        digest = hashlib.sha256()
        for part in content:
            raw = part.encode() if isinstance(part, str) else part
            digest.update(len(raw).to_bytes(8))
            digest.update(raw)
        return cls(f"{actor}|{operation}|{key}", digest.hexdigest())

    async def earlier(self, database: Database) -> Outcome | None:
        """Give what became of this command before, or None.

        Raises:
            IdempotencyKeyReused: the key was used for other content.
        """
        record = await database[CommandRecords.collection].find_one({"_id": self.identity})
        if record is None:
            return None
        if record["fingerprint"] != self.fingerprint:
            raise IdempotencyKeyReused
        return Outcome(record["object_id"], record["status"])

    async def claim(self, database: Database, session: Session, outcome: Outcome) -> None:
        """Record the command in its own transaction.

        Raises:
            Repeated: it has happened before.
            InFlight: it is happening at this moment.
        """
        record: Document = {
            "_id": self.identity,
            "fingerprint": self.fingerprint,
            "status": outcome.status,
            "object_id": outcome.object_id,
            # The server deletes records by the machine's time, so the business clock must not date them.
            "at": datetime.now(UTC),
        }
        try:
            await database[CommandRecords.collection].insert_one(record, session=session)
        except DuplicateKeyError:
            raise Repeated from None
        except OperationFailure as error:
            if error.code == _WRITE_CONFLICT:
                raise InFlight from None
            raise


@dataclass(frozen=True)
class Outcome:
    """What a command did: the id to show and the status to answer with."""

    object_id: str
    status: int


def checked_key(value: str | None) -> str:
    """Give the key a request brings.

    Raises:
        IdempotencyKeyMissing: there is none.
        MalformedHeader: it is longer than 128 characters or has others than visible ASCII.
    """
    if not value:
        raise IdempotencyKeyMissing
    if not _SYNTAX.fullmatch(value):
        raise MalformedHeader(
            header=HEADER,
            wanted={
                "de": "1 bis 128 sichtbare ASCII-Zeichen ohne Leerzeichen",
                "en": "1 to 128 visible ASCII characters without spaces",
            },
        )
    return value
