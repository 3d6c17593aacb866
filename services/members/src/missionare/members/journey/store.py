"""Journeys, by the id that their owner gave them."""

from __future__ import annotations

from typing import Final

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Scope, Store
from missionare.members.journey.domain import Run, RunUnknown

JOURNEY_TURN: Final = "journey_turn"
"""Name of the job that follows whatever changes for the places of a journey."""


class Runs(Store[Run]):
    """What is known of each journey."""

    collection = "runs"
    aggregate = "run"
    model = Run
    unknown = RunUnknown

    def within(self, scope: Scope) -> Filter:
        """Show them to nobody: journeys are shown by their own service."""
        return {} if scope.unbound else NOTHING
