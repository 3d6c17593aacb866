"""A service as it is, with one consumer more that keeps a tally, and with the defect that PROMISES_SABOTAGE names.

A crash point may also be a place to pause at: a file beside the crash file says so.
"""

import importlib
import os
import signal
import sys
from pathlib import Path

from missionare.kit import crash
from missionare.kit.main import run
from missionare.kit.settings import Settings

TESTS = str(Path(__file__).parents[2])
PAUSE = ".pause"


def main():
    sys.path[0] = TESTS  # instead of the folder of this file
    from promises.processes import sabotage, tally

    name = sys.argv.pop(1)
    app = importlib.import_module(f"missionare.{name}.app")
    settings = importlib.import_module(f"missionare.{name}.settings")
    (kind,) = (
        found
        for found in vars(settings).values()
        if isinstance(found, type) and issubclass(found, Settings) and found.__module__ == settings.__name__
    )
    defect = os.environ.get("PROMISES_SABOTAGE")
    if defect:
        sabotage.DEFECTS[defect]()
    crash._die = _die_or_pause(crash._die)
    run(lambda read: tally.watched(app.build(read)), kind)


def _die_or_pause(die):
    """Give what happens at a crash point that was asked for: the end, or a pause until somebody lets it go on."""

    def reached():
        file = Path(os.environ.get("MISSIONARE_CRASH_FILE", "none"))
        pause = file.with_suffix(PAUSE)
        if not pause.exists():
            die()
        try:
            file.unlink()
        except FileNotFoundError:
            return  # the other worker of this service came here first
        pause.unlink()
        os.kill(os.getpid(), signal.SIGSTOP)

    return reached


if __name__ == "__main__":
    main()
