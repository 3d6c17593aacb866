"""Every benchmark runs, on real servers: one tiny round each, whose ratios mean nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TINY = ("--scale", "0.01", "--json", "--seed", "7")


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


def result_of(*arguments: str) -> dict[str, Any]:
    run = bench(*arguments, *TINY)
    assert run.returncode == 0, run.stderr
    result: dict[str, Any] = json.loads(run.stdout)
    return result


@pytest.mark.broker
def test_the_benchmarks_of_the_core_give_their_figures_with_machine_versions_and_seed() -> None:
    result = result_of("--only", "B1,B2,B3,B4,B8")

    commands = ["B1a", "B1b", "B1a pymongo", "B1b pymongo"]
    assert [figure["key"] for figure in result["figures"]] == [*commands, "B2", "B3a", "B3b", "B4", "B8"]
    assert all(figure["platform"] > 0 and figure["floor"] > 0 for figure in result["figures"])
    assert result["seed"] == 7
    assert result["machine"]["cores"] >= 1
    assert "motor" in result["versions"]


@pytest.mark.platform
def test_the_benchmarks_of_the_whole_platform_give_their_figures() -> None:
    keys = [figure["key"] for figure in result_of("--only", "B5,B6,B9")["figures"]]

    hops = ["B5 p50", "B5 max", "B5 load p50", "B5 load max"]
    assert keys == [*hops, "B6", "B6 request", "B9", "B9 ready", "B9 memory"]


@pytest.mark.platform
def test_the_benchmarks_of_the_pages_give_their_figures() -> None:
    figures = result_of("--only", "B10,B11,B12")["figures"]

    live = ["B12 p95", "B12 max", "B12 many p95", "B12 many max"]
    assert list(dict.fromkeys(figure["key"] for figure in figures)) == ["B10", "B10 growth", "B11", *live]
    assert all(figure["platform"] > 0 and figure["floor"] > 0 for figure in figures)


@pytest.mark.broker
def test_a_benchmark_that_does_not_exist_is_named() -> None:
    run = bench("--only", "B99")

    assert run.returncode == 2
    assert "B99" in run.stderr
