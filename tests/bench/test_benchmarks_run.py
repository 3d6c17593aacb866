"""Every benchmark runs, on real servers: one tiny round each, whose ratios mean nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.broker

ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_each_core_benchmark_gives_its_figures_with_floor_machine_and_seed() -> None:
    run = bench("--only", "B1,B2,B3", "--scale", "0.01", "--json", "--seed", "7")

    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert [figure["key"] for figure in result["figures"]] == ["B1a", "B1b", "B2", "B3a", "B3b"]
    assert all(figure["platform"] > 0 and figure["floor"] > 0 for figure in result["figures"])
    assert result["seed"] == 7
    assert result["machine"]["cores"] >= 1
    assert "motor" in result["versions"]


def test_a_benchmark_that_does_not_exist_is_named() -> None:
    run = bench("--only", "B99")

    assert run.returncode == 2
    assert "B99" in run.stderr
