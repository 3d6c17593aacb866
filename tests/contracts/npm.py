"""Tools that judge our documents and are not ours: fetched once from npm, and kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "missionare"
FETCHED_WITHIN = 180.0


def fetched(script: str, *packages: str) -> Path:
    """Give a script beside the packages that it imports; without Node.js or npm the test is skipped and says so."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip(f"{packages[0]} cannot be had: there is no Node.js with npm")
    folder = KEPT / packages[0].replace("/", "-")
    complete = folder / "complete"
    if not complete.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Without scripts: what is fetched does nothing before it is asked.
        command = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", *packages]
        try:
            ran = subprocess.run(command, cwd=folder, capture_output=True, timeout=FETCHED_WITHIN, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip(f"{packages[0]} cannot be had: npm does not answer")
        if ran.returncode:
            pytest.skip(f"{packages[0]} cannot be had: npm does not answer")
        complete.touch()
    (folder / "judge.mjs").write_text(script, encoding="utf-8")
    return folder / "judge.mjs"


def judged(script: Path, *files: Path) -> list[dict[str, Any]]:
    """Give what a script says of each file."""
    ran = subprocess.run(["node", script, *files], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    told: list[dict[str, Any]] = json.loads(ran.stdout)
    return told
