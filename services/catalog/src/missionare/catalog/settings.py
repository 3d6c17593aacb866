"""Settings of catalog: those that every service has."""

from __future__ import annotations

from missionare.kit.settings import Settings


class CatalogSettings(Settings):
    """What catalog reads from the environment."""
