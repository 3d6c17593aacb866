"""`python -m missionare.web`: serve the pages until told to stop."""

from __future__ import annotations

import sys

import uvloop

from missionare.kit import logs
from missionare.kit.main import listening_socket, serve, server_for
from missionare.kit.service import CannotStart
from missionare.kit.settings import BrokenSettings, read
from missionare.web.app import Readiness, build
from missionare.web.settings import WebSettings


def main() -> int:
    """Serve; exit status 2 for broken settings, 1 for anything else that keeps the process from starting."""
    try:
        settings = read(WebSettings)
        listener = listening_socket(settings)
    except BrokenSettings as error:
        return _refuse(2, *error.problems)
    except CannotStart as error:
        return _refuse(1, str(error))
    logs.configure(level=settings.log_level, service="web")
    readiness = Readiness()
    uvloop.run(serve(server_for(build(settings, readiness), settings), listener, draining=readiness.drain))
    return 0


def _refuse(status: int, *messages: str) -> int:
    sys.stderr.write("".join(f"{message}\n" for message in messages))
    return status


if __name__ == "__main__":
    sys.exit(main())
