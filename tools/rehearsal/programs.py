"""Running other programs: quietly, with what they said where they fail."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

LAST_LINES: Final = 40
POLL_SECONDS: Final = 0.5


class Failed(Exception):
    """A step of the rehearsal did not work; the message holds what was said."""


class Skipped(Exception):
    """This machine cannot rehearse; the message says why."""


def run(
    *command: object, within: float = 600, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run a program and give what it printed.

    Raises:
        Failed: it ended with another status than 0, or not in time.
    """
    words = [str(word) for word in command]
    told = {**os.environ, **(environment or {})}
    try:
        done = subprocess.run(words, env=told, cwd=cwd, capture_output=True, text=True, check=False, timeout=within)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{' '.join(words)}: not done after {within:.0f} s") from error
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-LAST_LINES:])
        raise Failed(f"{' '.join(words)}: status {done.returncode}\n{said}")
    return done.stdout


def works(*command: object, within: float = 60) -> bool:
    """Whether a program ends well."""
    try:
        run(*command, within=within)
    except (Failed, OSError):
        return False
    return True


def wait_until(condition: Callable[[], bool], what: str, within: float) -> None:
    """Look again and again.

    Raises:
        Failed: it did not come about in time.
    """
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {within:.0f} s")
        time.sleep(POLL_SECONDS)


def cache() -> Path:
    """The folder in which what takes long to make is kept from one rehearsal to the next."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "missionare"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def alone(lines: Sequence[str]) -> set[str]:
    """Give the lines that say something."""
    return {line.strip() for line in lines if line.strip()}
