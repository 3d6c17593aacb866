"""Outreach activities in the database. Only their missionary reads them."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Scope, Store
from missionare.notifications.activity.domain import ActivityUnknown, OutreachActivity
from missionare.notifications.store import own


class OutreachActivities(Store[OutreachActivity]):
    """What missionaries mean to do and have done."""

    collection = "outreach_activities"
    aggregate = "outreach_activity"
    model = OutreachActivity
    unknown = ActivityUnknown
    indexes = (
        Index("of_person", ["person_id", "_id"]),
        Index("of_journey", ["journey_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show an activity to its own missionary only: no employer, no colleague, no staff."""
        return own(scope)
