"""`python -m missionare.journeys`: start the service with the settings of the environment."""

from __future__ import annotations

from missionare.journeys.app import build
from missionare.journeys.settings import JourneysSettings
from missionare.kit.main import run

if __name__ == "__main__":
    run(build, JourneysSettings)
