"""Journeys, as the public and the journey lead see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from missionare.journeys.journey.domain import Journey, JourneyUnknown
from missionare.journeys.store import overseen
from missionare.kit.mongo import Filter
from missionare.kit.names import BY_NAME, NamedStore
from missionare.kit.store import Index, Scope


class Journeys(NamedStore[Journey]):
    """The journeys with their stops."""

    collection = "journeys"
    aggregate = "journey"
    model = Journey
    unknown = JourneyUnknown
    name_fields = (("title",),)
    indexes: ClassVar[Sequence[Index]] = (
        Index("published", ["published_at", "_id"]),
        Index("state", ["state", "_id"]),
        BY_NAME,
    )

    def within(self, scope: Scope) -> Filter:
        """Show a journey to everybody once it is published, and stay silent about plans."""
        return {} if overseen(scope) else {"published_at": {"$ne": None}}
