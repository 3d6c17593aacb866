"""Sessions, and how often somebody has tried to begin one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo import DeleteMany
from pymongo.errors import DuplicateKeyError

from missionare.kit.links import LinkTokens
from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Scope, Store, View
from missionare.kit.work import Work
from missionare.members.person.domain import Person, email_key
from missionare.members.session.domain import TRIES_KEPT, Session, SessionUnknown, hashed, pause_after

SIGN_IN: Final = "sign_in"
"""Purpose of the link that begins a session."""
SIGN_IN_MAIL: Final = "sign_in_mail"
"""Name of the job that mails a sign-in link."""


def machine_time() -> datetime:
    """Give the machine's time. Moving a demonstration's clock signs nobody out and lets no key expire."""
    return datetime.now(UTC)


class Sessions(Store[Session]):
    """Who is signed in. A row is deleted when the session ends, so that ending it acts with the next request."""

    collection = "sessions"
    aggregate = "session"
    model = Session
    unknown = SessionUnknown
    indexes = (
        Index("secret", ["secret_hash"], unique=True),
        Index("person", ["person_id"]),
        Index("ended", ["ends_at"], expires_seconds=0),
    )
    backed_up = False

    async def restored(self) -> None:
        """Let no link begin a session that was mailed before a restore: it may have been used since."""
        await self.database[LinkTokens.collection].delete_many({"purpose": SIGN_IN})

    def within(self, scope: Scope) -> Filter:
        """Show them to nobody: a session is found by its secret."""
        return {} if scope.unbound else NOTHING

    async def opened_by(self, secret: str) -> Session | None:
        """Give the session whose cookie this is."""
        return await self.first({"secret_hash": hashed(secret)}, Scope.system("the cookie is the proof"))

    async def note_use(self, session: Session, at: datetime) -> None:
        """Keep when a session was used last; of several requests at once any may win."""
        await self.rows.update_one({"_id": session.id}, {"$max": {"seen_at": at}})

    @classmethod
    def end(cls, work: Work, secret: str) -> None:
        """End the session whose cookie this is; one that has ended is fine."""
        work.write(cls.collection, DeleteMany({"secret_hash": hashed(secret)}))

    @classmethod
    def end_all_of(cls, work: Work, person_id: str) -> None:
        """End every session of a person."""
        work.write(cls.collection, DeleteMany({"person_id": person_id}))


class Tries(View):
    """How often an address was tried lately, known or not. It is kept as a hash, and for a day."""

    collection = "sign_in_tries"
    indexes = (Index("kept", ["last_at"], expires_seconds=int(TRIES_KEPT.total_seconds())),)
    backed_up = False

    async def begin(self, kind: str, email: str, now: datetime) -> timedelta | None:
        """Count one more try and give None, or give how long to wait before the next one.

        Counting comes first and at once, outside any transaction: a refused command must not forget its try, and
        of many tries at the same moment only one goes through.
        """
        row_id = _row_id(kind, email)
        row = await self.rows.find_one({"_id": row_id})
        count = int(row["count"]) if row else 0
        wait = row["last_at"] + pause_after(count) - now if row else timedelta()
        if wait > timedelta():
            return wait
        counted = {"count": count + 1, "last_at": now}
        try:
            if row is None:
                await self.rows.insert_one({"_id": row_id, **counted})
                return None
            result = await self.rows.update_one({"_id": row_id, "count": count}, {"$set": counted})
        except DuplicateKeyError:
            return timedelta(seconds=1)
        return None if result.matched_count else timedelta(seconds=1)

    async def forget(self, kind: str, email: str) -> None:
        """Begin to count anew: the right password was given."""
        await self.rows.delete_one({"_id": _row_id(kind, email)})


async def mail_link(work: Work, email: str, person: Person | None, language: str | None = None) -> None:
    """Have a sign-in link mailed to a person's address, or, for nobody (None), do as much work without a mail.

    Too many requests for one address are counted and not answered by mail: nobody's mailbox is flooded.
    """
    if await work.store(Tries).begin("link", email, machine_time()) is not None:
        work.ignored("so many links were asked for that this one has to wait")
        return
    to = {"person_id": person.id if person else None, "language": language}
    work.schedule(SIGN_IN_MAIL, work.new_id(), at=work.now, payload=to)


def _row_id(kind: str, email: str) -> str:
    return f"{kind}:{hashlib.sha256(email_key(email).encode()).hexdigest()}"
