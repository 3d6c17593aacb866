"""Wiring: everything notifications consists of."""

from __future__ import annotations

from missionare.kit.service import Service
from missionare.notifications import events, jobs
from missionare.notifications.activity import api as activity
from missionare.notifications.activity.store import OutreachActivities
from missionare.notifications.agenda import api as agenda
from missionare.notifications.follow_up import api as follow_up
from missionare.notifications.follow_up.store import FollowUpTasks
from missionare.notifications.handlers import handlers
from missionare.notifications.integration import api as integration
from missionare.notifications.integration.handlers import events as open_events
from missionare.notifications.integration.views import TOPIC, Arrivals, Heads, OpenEvents, Outbox, Secrets, Withdrawn
from missionare.notifications.message import api as message
from missionare.notifications.message.store import Messages
from missionare.notifications.message.views import Interested, Journeys, Travellers, Visits
from missionare.notifications.outreach import api as outreach
from missionare.notifications.outreach.store import OutreachPlans
from missionare.notifications.outreach.views import Functions, PublishedQuestions
from missionare.notifications.post_journey import api as post_journey
from missionare.notifications.post_journey.store import PostJourneys
from missionare.notifications.settings import NotificationsSettings
from missionare.notifications.webhook import api as webhook
from missionare.notifications.webhook.store import Attempts, Progresses, Webhooks


def build(settings: NotificationsSettings) -> Service:
    """Wire the service; nothing is opened yet."""
    return Service(
        name="notifications",
        settings=settings,
        facts=events,
        stores=(OutreachPlans, OutreachActivities, FollowUpTasks, PostJourneys, Messages, Webhooks),
        views=(
            PublishedQuestions,
            Functions,
            Journeys,
            Travellers,
            Interested,
            Visits,
            OpenEvents,
            Heads,
            Arrivals,
            Withdrawn,
            Outbox,
            Secrets,
            Progresses,
            Attempts,
        ),
        routes=(
            outreach.routes,
            activity.routes,
            follow_up.routes,
            post_journey.routes,
            message.routes,
            agenda.routes,
            integration.routes,
            webhook.routes,
        ),
        handlers=(handlers, open_events),
        timers=jobs.timers(settings),
        outlets=(TOPIC,),
    )
