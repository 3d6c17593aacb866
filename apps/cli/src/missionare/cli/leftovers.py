"""Processes of an earlier supervisor that was killed. The kernel ends them with it; elsewhere this does."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Any

import psutil

WAIT_SECONDS = 5.0


def end_leftovers(state: Any) -> None:
    """Kill what an earlier state names and is still there, and wait until it is gone."""
    entries = (state or {}).get("processes", {}).values()
    alive = [process for entry in entries if (process := _same_process(entry)) is not None]
    for process in alive:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=WAIT_SECONDS)


def _same_process(entry: dict[str, Any]) -> psutil.Process | None:
    """Give the process of an entry, unless its number belongs to another one by now."""
    with suppress(psutil.Error, TypeError):
        process = psutil.Process(entry["pid"])
        if process.create_time() == entry["created"]:
            return process
    return None
