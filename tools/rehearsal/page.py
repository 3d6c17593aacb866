"""The operators' page, docs/how-to/docker.md: its commands, typed as they stand in a copy of this checkout."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx2
from tools.rehearsal.composed import ROOT
from tools.rehearsal.programs import Failed, run

PAGE: Final = Path("docs/how-to/docker.md")
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND_SECONDS: Final = 1_800
PUBLIC: Final = ("/", "/api/catalog/v1/entries", "/api/journeys/v1/journeys")


def follow(copy: Path, gateway: str, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Type the commands, and look at the pages as soon as they say that everything runs.

    Raises:
        Failed: a command does not work as it is written, or the pages are not there.
    """
    copy_checkout(copy)
    for command in commands():
        run("bash", "-c", command, within=COMMAND_SECONDS, environment=environment, cwd=copy)
        say(f"typed: {command}")
        if " up " in command:
            _look(gateway)


def commands() -> Iterator[str]:
    """Give the page's commands, one line each."""
    for block in BLOCK.findall((ROOT / PAGE).read_text(encoding="utf-8")):
        yield from (" ".join(line.split()) for line in block.replace("\\\n", " ").splitlines() if line.strip())


def copy_checkout(target: Path) -> None:
    """Copy what a clone would have, as it is now."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        source, place = ROOT / name, target / name
        if source.is_symlink() or source.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place, follow_symlinks=False)


def _look(gateway: str) -> None:
    for path in PUBLIC:
        answer = httpx2.get(f"{gateway}{path}", timeout=20)
        if answer.status_code != HTTPStatus.OK:
            raise Failed(f"{path} was answered {answer.status_code}")
