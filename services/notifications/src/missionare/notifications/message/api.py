"""Messages over HTTP, for operators: what was sent when, what failed and is sent again. No address, person or words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Query

from missionare.kit.routes import Answer, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope
from missionare.notifications.api import OPERATORS
from missionare.notifications.message import domain
from missionare.notifications.message.domain import Message, MessageState, Template
from missionare.notifications.message.store import MESSAGE_SENDING, Messages

routes = Routes("notifications")

OfState = Annotated[MessageState | None, Query(description="only messages in this state")]
OfTemplate = Annotated[Template | None, Query(description="only messages of this template")]


class MessageView(Answer):
    """A message as operators see it."""

    id: str
    version: int
    template: Template
    state: MessageState
    queued_at: datetime
    sending_at: datetime | None
    closed_at: datetime | None
    reason: str | None

    @classmethod
    def of(cls, message: Message, _scope: Scope) -> Self:
        """Show a message."""
        return cls.model_validate(message, from_attributes=True)


@routes.get("/messages", policy=OPERATORS, answers=Paged[MessageView])
async def list_messages(
    reader: Reader, state: OfState = None, template: OfTemplate = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[MessageView]:
    """List messages, the newest first."""
    where: dict[str, Any] = {}
    if state is not None:
        where["state"] = state.value
    if template is not None:
        where["template"] = template.value
    page = await reader.store(Messages).page(where, reader.scope, cursor=cursor, limit=limit, newest_first=True)
    return Paged[MessageView].of(page, MessageView, reader.scope)


@routes.get("/messages/{message_id}", policy=OPERATORS, answers=MessageView)
async def read_message(message_id: str, reader: Reader) -> MessageView:
    """Read one message."""
    return MessageView.of(await reader.store(Messages).get(message_id, reader.scope), reader.scope)


@routes.post("/messages/{message_id}/retry", policy=OPERATORS, shows=(Messages, MessageView), changes=True)
async def retry_message(message_id: str, command: Command) -> Done:
    """Send a failed message again, to the address that there is by then."""
    messages = command.store(Messages)
    message = await messages.get(message_id, command.scope)
    command.match(message)
    command.save(messages, domain.retry(message))
    command.schedule(MESSAGE_SENDING, message.id, at=command.now)
    return command.done(message.id)
