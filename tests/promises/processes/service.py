"""A service as it is, with one consumer more that keeps a tally, and with the defect that PROMISES_SABOTAGE names.

With PROMISES_PAUSE a process stands still at the crash point it is told of, instead of dying there.
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


def main():
    sys.path[0] = TESTS  # instead of the folder of this file
    from promises.processes import sabotage, tally, tomorrow

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
    if "PROMISES_PAUSE" in os.environ:
        crash._die = _pause
    run(lambda read: tomorrow.reading(tally.watched(app.build(read))), kind)


def _pause():
    """Stand still until somebody lets this process go on; of several workers, the first that comes here."""
    try:
        Path(os.environ["MISSIONARE_CRASH_FILE"]).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGSTOP)


if __name__ == "__main__":
    main()
