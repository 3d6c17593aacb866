"""The route of the agency's agenda: what waits in notifications, counted."""

from __future__ import annotations

from missionare.kit.agenda import Question, agenda_routes
from missionare.notifications.api import OPERATORS
from missionare.notifications.message.domain import MessageState
from missionare.notifications.message.store import Messages

routes = agenda_routes(
    "notifications",
    OPERATORS,
    [Question("messages_not_sent", Messages, {"state": MessageState.FAILED.value}, "queued_at")],
)
