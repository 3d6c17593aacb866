"""Fail when a test of the tree ran in none of CI's runs, which share the tests among them so that none runs twice."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOWN = 20


def main(*results: str) -> int:
    """Compare what ran, or was skipped with a reason, with everything that can be collected."""
    missing = sorted(set(collected(ROOT)) - set(ran(map(Path, results))))
    for name in missing[:SHOWN]:
        sys.stderr.write(f"ran in none of {', '.join(results)}: {name}\n")
    if len(missing) > SHOWN:
        sys.stderr.write(f"... and {len(missing) - SHOWN} more\n")
    return 1 if missing else 0


def collected(root: Path) -> Iterator[str]:
    """Name every test below a folder, whatever its markers are, as its report in JUnit's format names it.

    Raises:
        CalledProcessError: a test file cannot be read.
    """
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", ""]
    said = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True, check=True).stdout
    return (_as_reported(line) for line in said.splitlines() if "::" in line)


def ran(results: Iterable[Path]) -> Iterator[str]:
    """Name every test in these reports."""
    for report in results:
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own test run wrote it
            yield f"{case.get('classname')}::{case.get('name')}"


def _as_reported(test: str) -> str:
    """`tests/kit/test_a.py::Class::test_b[1]` is `tests.kit.test_a.Class::test_b[1]` there."""
    plain, bracket, parameters = test.partition("[")
    file, *classes, name = plain.split("::")
    module = file.removesuffix(".py").replace("/", ".")
    return f"{'.'.join([module, *classes])}::{name}{bracket}{parameters}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
