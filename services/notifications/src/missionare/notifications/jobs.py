"""What notifications does by itself, by the name of each timer. The functions stand with their subjects."""

from __future__ import annotations

from functools import partial

from missionare.kit.outbound import Outbound
from missionare.kit.timers import Timers
from missionare.notifications.follow_up.jobs import on_task_lapse_due, on_task_reminder_due
from missionare.notifications.follow_up.store import TASK_LAPSE, TASK_REMINDER
from missionare.notifications.integration.domain import EVENTS_ARRIVED
from missionare.notifications.message.jobs import (
    on_journey_cancellation_due,
    on_journey_publication_due,
    on_message_due,
)
from missionare.notifications.message.store import MESSAGE_SENDING
from missionare.notifications.message.views import JOURNEY_CANCELLATION, JOURNEY_PUBLICATION
from missionare.notifications.outreach.jobs import on_plan_lapse_due, on_plan_refresh_due, on_plan_reminder_due
from missionare.notifications.outreach.store import PLAN_LAPSE, PLAN_REFRESH, PLAN_REMINDER, PLAN_SETTLING
from missionare.notifications.post_journey.jobs import on_journey_look_due, on_journey_qualified_due
from missionare.notifications.post_journey.store import JOURNEY_LOOK, JOURNEY_QUALIFIED
from missionare.notifications.settings import NotificationsSettings
from missionare.notifications.webhook.jobs import Sending
from missionare.notifications.webhook.store import WEBHOOK_DELIVERY, WEBHOOK_PING


def timers(settings: NotificationsSettings) -> Timers:
    """Give the table of timers; sending needs the settings of the mail server, and says how the outside is reached."""
    webhooks = Sending(Outbound(loopback=settings.webhook_loopback))
    return Timers(
        {
            MESSAGE_SENDING: partial(on_message_due, settings),
            JOURNEY_PUBLICATION: on_journey_publication_due,
            JOURNEY_CANCELLATION: on_journey_cancellation_due,
            PLAN_REFRESH: on_plan_refresh_due,
            PLAN_SETTLING: on_plan_refresh_due,
            PLAN_REMINDER: on_plan_reminder_due,
            PLAN_LAPSE: on_plan_lapse_due,
            TASK_REMINDER: on_task_reminder_due,
            TASK_LAPSE: on_task_lapse_due,
            JOURNEY_LOOK: on_journey_look_due,
            JOURNEY_QUALIFIED: on_journey_qualified_due,
            EVENTS_ARRIVED: webhooks.on_events_arrived,
            WEBHOOK_DELIVERY: webhooks.on_delivery_due,
            WEBHOOK_PING: webhooks.on_ping_due,
        }
    )
