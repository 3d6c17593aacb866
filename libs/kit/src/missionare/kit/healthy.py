"""`python -m missionare.kit.healthy [URL]`: ask the process beside this one whether it is ready; exit status 0 or 1.

For containers, every few seconds: so it imports nothing of ours and reads only the two settings it needs.
"""

from __future__ import annotations

import os
import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

ANSWER_SECONDS: Final = 4.0
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on
PATH: Final = "/health/ready"


def main(arguments: list[str]) -> int:
    """Say nothing when all is well; otherwise the answer, which names what does not work."""
    address = urlsplit(arguments[0] if arguments else _own_address())
    connection = HTTPConnection(str(address.hostname), address.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", address.path)
        answer = connection.getresponse()
        said = answer.read().decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        sys.stderr.write(f"no answer: {error}\n")
        return 1
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK:
        sys.stderr.write(f"{answer.status} {said}\n")
        return 1
    return 0


def _own_address() -> str:
    host = os.environ.get("MISSIONARE_HTTP_HOST", "127.0.0.1")
    reached = EVERYWHERE.get(host, host)
    port = os.environ.get("MISSIONARE_HTTP_PORT", "8000")
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}{PATH}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
