"""Runs side by side: each in a process of its own, so that the deliberate defect of one cannot reach another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from promises.promise import Trial
from promises.report import Outcome

from missionare.cli.children import leashed

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
Say = Callable[[str], None]


def outcomes_of(runs: Sequence[tuple[int, Trial]], *, at_once: int, say: Say) -> Iterator[Outcome]:
    """Run several trials at once and give their outcomes in the order asked for, each as soon as it can be.

    Args:
        runs: the number of a promise, and the trial of it.
        at_once: how many run at the same time.
        say: hears every line of every run, with the run's name before it.
    """
    with ThreadPoolExecutor(at_once) as pool, tempfile.TemporaryDirectory(prefix="promises-beside-") as folder:
        files = [Path(folder) / f"{number}.json" for number in range(len(runs))]
        yield from pool.map(lambda run, file: _outcome_of(*run, file, say), runs, files)


def write(outcome: Outcome, file: Path) -> None:
    """Write down a run's outcome for whoever runs several."""
    file.write_text(json.dumps(asdict(outcome)), encoding="utf-8")


def _outcome_of(number: int, trial: Trial, file: Path, say: Say) -> Outcome:
    command = [sys.executable, "-m", "promises", "--profile", trial.profile, "--seed", str(trial.seed)]
    command += ["--only", str(number), "--outcome", str(file)]
    command += ["--twin", trial.sabotage] if trial.sabotage else []
    name = f"[{number} {trial.sabotage}]" if trial.sabotage else f"[{number}]"
    with subprocess.Popen(
        leashed(command), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            say(f"{name} {line.rstrip()}")
    if not file.exists():
        return Outcome.unfinished(trial, f"its process ended with {process.returncode}")
    return Outcome.read(json.loads(file.read_text(encoding="utf-8")))
