"""`python -m missionare.notifications`."""

from __future__ import annotations

from missionare.kit.main import run
from missionare.notifications.app import build
from missionare.notifications.settings import NotificationsSettings

if __name__ == "__main__":
    run(build, NotificationsSettings)
