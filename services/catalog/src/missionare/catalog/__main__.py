"""`python -m missionare.catalog`: start the service with the settings of the environment."""

from __future__ import annotations

from missionare.catalog.app import build
from missionare.catalog.settings import CatalogSettings
from missionare.kit.main import run

if __name__ == "__main__":
    run(build, CatalogSettings)
