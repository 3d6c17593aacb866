"""Named crash points: where a process may be made to die, so that a test can prove that nothing is lost.

`MISSIONARE_CRASH_AT=relay.published_before_confirm:3` ends the process as `kill -9` would, at the third pass.
"""

from __future__ import annotations

import os
from collections import Counter

CRASH_POINTS = (
    "cmd.before_txn",
    "cmd.in_txn",
    "cmd.committed_before_reply",
    "relay.read_before_publish",
    "relay.published_before_confirm",
    "cons.received_before_txn",
    "cons.in_txn",
    "cons.committed_before_offset",
    "mail.accepted_before_mark",
)
KILLED = 137
"""Exit status of a process that died from SIGKILL, as a shell reports it."""

_passes: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Die here if the environment asks for it; otherwise do nothing."""
    wanted = os.environ.get("MISSIONARE_CRASH_AT")
    if not wanted:
        return
    point, _, nth = wanted.partition(":")
    if point == name:
        _passes[name] += 1
        if _passes[name] == int(nth or 1):
            os._exit(KILLED)
