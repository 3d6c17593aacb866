"""Settings of journeys: those that every service has. Deadlines and thresholds are each journey's own terms."""

from __future__ import annotations

from missionare.kit.settings import Settings


class JourneysSettings(Settings):
    """What journeys reads from the environment."""
