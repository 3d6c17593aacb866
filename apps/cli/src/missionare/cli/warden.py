"""Kills process groups when the supervisor is gone: `python -I -S warden.py`, told on standard input.

The leash ends children together with the supervisor, but not what those children started, and not on macOS. The
supervisor writes `+<group>` and `-<group>`; when the pipe closes, whatever is still listed is killed.
"""

import os
import signal
import sys
from contextlib import suppress


def main() -> None:
    """Keep the list until the supervisor's end of the pipe is closed, then kill what is on it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line[0] == "+" else groups.discard)(group)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
