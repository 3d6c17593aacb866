"""Fail when a test was skipped for a reason that is not on the short list `tests/allowed-skips.txt`."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(*results: str) -> int:
    """Compare the skips of these runs with the list."""
    listed = (ROOT / "tests" / "allowed-skips.txt").read_text(encoding="utf-8").splitlines()
    allowed = [line for line in listed if line and not line.startswith("#")]
    skipped = [
        (f"{case.get('classname')}::{case.get('name')}", skip.get("message") or "")
        for report in results
        for case in ET.parse(report).iter("testcase")  # noqa: S314 - our own test run wrote it
        for skip in case.iter("skipped")
    ]
    unexpected = [(name, why) for name, why in skipped if not any(reason in why for reason in allowed)]
    for name, why in unexpected:
        sys.stderr.write(f"skipped, and not on the list: {name}: {why}\n")
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
