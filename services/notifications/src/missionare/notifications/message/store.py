"""Messages in the database: what is to be said to whom, never the address and never the words."""

from __future__ import annotations

from datetime import date, datetime
from typing import TypedDict, Unpack

from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store
from missionare.kit.work import Work
from missionare.notifications.events import ActivityKind
from missionare.notifications.message.domain import Details, Message, MessageUnknown, Template, To, key_of, queue
from missionare.notifications.store import overseen

MESSAGE_SENDING = "message_sending"
"""Name of a message's timer, kept in the database and never changed."""


class Known(TypedDict, total=False):
    """What a fact says that the words of a message depend on: the fields of `Details`."""

    journey_id: str | None
    link_subject: str | None
    until_at: datetime | None
    due_on: date | None
    kind: ActivityKind | None
    asked_for: bool


class Messages(Store[Message]):
    """One message per template, trigger and recipient."""

    collection = "messages"
    aggregate = "message"
    model = Message
    unknown = MessageUnknown
    indexes = (
        Index("once", ["key"], unique=True),
        Index("of_state", ["state", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show messages to operators, who repair what got stuck."""
        return overseen(scope)

    async def queue(
        self,
        work: Work,
        template: Template,
        *,
        person: str | None = None,
        organisation: str | None = None,
        trigger: str | None = None,
        **details: Unpack[Known],
    ) -> None:
        """Add a message and its sending to the work, unless this trigger has made one for this recipient already.

        Args:
            work: what causes the message.
            template: what it says.
            person: to whom, or None.
            organisation: to whose contact, or None.
            trigger: the cause, if it is another than the fact being handled.
            details: what the words depend on.
        """
        cause = trigger or (work.fact.id if work.fact else work.origin.correlation_id)
        to = To(person_id=person, organisation_id=organisation)
        if await self.rows.find_one({"key": key_of(template, cause, to)}, {"_id": 1}) is not None:
            work.ignored("this message is queued already")
            return
        message, facts = queue(
            id=work.new_id(), template=template, trigger=cause, to=to, details=Details(**details), now=work.now
        )
        work.save(self, message, facts)
        work.schedule(MESSAGE_SENDING, message.id, at=work.now)
