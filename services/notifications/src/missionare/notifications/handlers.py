"""What notifications does when others publish a fact. The handlers stand with their subjects."""

from __future__ import annotations

from missionare.kit.handlers import Handlers
from missionare.notifications.message.handlers import MESSAGES
from missionare.notifications.outreach.handlers import OUTREACH

handlers = Handlers(consumer="notifications", table={**OUTREACH.table, **MESSAGES.table})
