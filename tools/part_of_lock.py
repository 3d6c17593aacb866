"""Print the part of `requirements.lock` that some packages of ours need, with its hashes.

    python tools/part_of_lock.py libs/kit services/members 'apps/cli[mailbox]'

An image installs exactly this, so it holds what was locked and nothing else: no test tools, no bundled servers. The
lock itself says who asks for what (its `# via` lines); only what our own packages ask for is read from them.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ENTRY = re.compile(
    r"^(?P<name>[a-z0-9-]+)==[^\n]*\n(?:[ ]{4}--hash[^\n]*\n)+(?P<via>(?:[ ]{4}#[^\n]*\n)*)", re.MULTILINE
)
ASKED = re.compile(r"^(?P<folder>[\w/]+)(?:\[(?P<extra>\w+)\])?$")
NAME = re.compile(r"^[A-Za-z0-9._-]+")
OURS = "missionare-"


class NotLocked(Exception):
    """Something that is asked for is not in the lock: `make lock` renews it."""


@dataclass(frozen=True)
class Entry:
    """One package of the lock."""

    name: str
    text: str
    """Its lines, hashes included."""
    asked_by: frozenset[str]


def main(packages: list[str]) -> int:
    """Print the part for these packages."""
    sys.stdout.write(part(packages))
    return 0


def part(packages: list[str]) -> str:
    """Give the lines of everything that these packages need.

    Args:
        packages: folders with a `pyproject.toml`, each with an extra in brackets if it is wanted.

    Raises:
        NotLocked: the lock lacks something.
    """
    entries = {entry.name: entry for entry in locked()}
    wanted = {name for package in packages for name in asked_for(package)}
    if missing := sorted(wanted - entries.keys()):
        raise NotLocked(", ".join(missing))
    while grown := {name for name, entry in entries.items() if entry.asked_by & wanted} - wanted:
        wanted |= grown
    return "".join(entries[name].text for name in sorted(wanted))


def locked() -> Iterator[Entry]:
    """Read the lock."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for found in ENTRY.finditer(text):
        # Of ours a line names the project's file: who asks there is read from it, extras apart.
        asking = re.findall(r"#\s+(?:via )?([a-z0-9-]+)(?:\[[^\]]*\])?$", found["via"], re.MULTILINE)
        yield Entry(found["name"], found[0], frozenset(name for name in asking if not name.startswith(OURS)))


def asked_for(package: str) -> Iterator[str]:
    """Name what a package of ours asks for by itself."""
    asked = ASKED.match(package)
    if asked is None:
        raise NotLocked(package)
    project: dict[str, Any] = tomllib.loads((ROOT / asked["folder"] / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {})
    for requirement in (*project["dependencies"], *(extras[asked["extra"]] if asked["extra"] else ())):
        name = NAME.match(requirement)
        if name and not name[0].startswith(OURS):
            yield name[0].lower().replace("_", "-").replace(".", "-")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
