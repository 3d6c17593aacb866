"""`missionare up` as it is, but for its services: each is also watched, and may carry the deliberate defect of a twin.

Every process counts as steady at once, so that the pauses before restarts do not grow while a test kills it on and on.
`PROMISES_JOURNAL_MS` sets how long the database may keep what nobody waits for out of its journal.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

from missionare.cli import app, keeper, up
from missionare.cli.platform import Platform
from missionare.cli.servers import mongod

SERVICE = str(Path(__file__).with_name("service.py"))


class WatchedPlatform(Platform):
    """The platform with a watched process in the place of each service."""

    def service(self, name, *, uses):
        process = super().service(name, uses=uses)

        def environment():
            ours = {key: value for key, value in os.environ.items() if key.startswith("PROMISES_")}
            return {**process.environment(), **ours}

        return replace(process, command=[sys.executable, SERVICE, name], environment=environment)


if __name__ == "__main__":
    keeper.STEADY_SECONDS = 0.0
    mongod.JOURNAL_MS = os.environ.get("PROMISES_JOURNAL_MS", mongod.JOURNAL_MS)
    run = up.run
    up.run = lambda options, *, json_state: run(options, json_state=json_state, make=WatchedPlatform)
    app.main()
