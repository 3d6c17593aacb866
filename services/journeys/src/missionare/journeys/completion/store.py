"""Settlements: how far each passage through a journey's registrations has come."""

from __future__ import annotations

from missionare.journeys.completion import domain
from missionare.journeys.completion.domain import Occasion, Settlement
from missionare.journeys.journey.domain import Journey
from missionare.journeys.store import overseen
from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Scope, Store
from missionare.kit.work import Work

SETTLEMENT = "settlement"


class Settlements(Store[Settlement]):
    """One per journey, occasion and revision."""

    collection = "settlements"
    aggregate = "settlement"
    model = Settlement

    def within(self, scope: Scope) -> Filter:
        """Show them to the journey lead."""
        return {} if overseen(scope) else NOTHING

    def begin(self, work: Work, journey: Journey, occasion: Occasion) -> None:
        """Begin a passage as soon as this work is committed."""
        settlement = domain.begin(journey, occasion)
        work.save(self, settlement)
        work.schedule(SETTLEMENT, settlement.id, at=work.now)
