"""Named crash points: where a process may be made to die, so that a test can prove that nothing is lost.

`MISSIONARE_CRASH_AT=relay.published_before_confirm:3` ends the process as `kill -9` would, at the third pass.
`MISSIONARE_CRASH_FILE` names a file with the same words, looked for at every pass and taken away before the end, so
that a process dies once and its successor lives. Settings refuse both where data is kept.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

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
    "hook.posted_before_mark",
)
KILLED = 137
"""Exit status of a process that died from SIGKILL, as a shell reports it."""

_passes: Counter[str] = Counter()


def crash_point(name: str) -> None:
    """Die here if the environment asks for it; otherwise do nothing."""
    wanted = os.environ.get("MISSIONARE_CRASH_AT") or _from_file()
    if not wanted:
        return
    point, _, nth = wanted.partition(":")
    if point != name:
        return
    _passes[name] += 1
    if _passes[name] >= int(nth or 1):
        _die()


def _from_file() -> str:
    path = os.environ.get("MISSIONARE_CRASH_FILE")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def _die() -> None:
    path = os.environ.get("MISSIONARE_CRASH_FILE")
    if path:
        Path(path).unlink(missing_ok=True)
    os._exit(KILLED)
