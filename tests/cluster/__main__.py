"""Three brokers, three databases, two of every process, and every one of them killed under load.

    make test-cluster ARGS="--only broker,pause --seed 7 --json"

Ends with 1 if anything is lost, doubled or out of order, or a caller waits longer than the aim. Where Apache Kafka
cannot run it says why and ends with 0. It leaves no process behind, however it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from cluster import scaling
from cluster.cluster import WORKERS, Cluster, Note, running_cluster
from cluster.faults import GROUPS, inject
from cluster.lag import behind
from cluster.report import Report
from promises.conclusion import conclude
from promises.load import Load
from promises.promise import Profile, Trial
from promises.stories import STORIES
from support.brokers import provide_or_skip

SCALING = "scaling"
LOGS = Path(".data") / "test-cluster"
"""Where the logs stay of a run that was not good."""
CLIENTS = 8
THINKING_SECONDS = 0.8
"""A load that a third of the machine can carry: what is measured is the fault, not the queue behind it."""
TIMEOUT_SECONDS = 4.0
"""How long a caller waits for an answer before it sends the same command again, under the same key."""


def main() -> int:
    """Run what was asked for."""
    asked = _arguments()
    shown, sys.stdout = sys.stdout, sys.stderr  # whatever is said on the way is not the result
    try:
        provide_or_skip()
    except pytest.skip.Exception as skipped:
        shown.write(f"{json.dumps({'skipped': str(skipped)}) if asked.json else f'skipped: {skipped}'}\n")
        return 0
    report = asyncio.run(_until_told(Report(asked.seed), asked.only))
    shown.write("".join(f"{line}\n" for line in ([json.dumps(report.json())] if asked.json else report.lines())))
    return 0 if report.good else 1


async def _until_told(report: Report, groups: Sequence[str]) -> Report:
    """Run, and write down how far it came where it ends early: by an error, or because somebody says so."""
    running = asyncio.current_task()
    assert running is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    began = time.monotonic()
    trial = Trial(Profile.FULL, report.seed)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as root,
            _logs_kept_unless(lambda: report.good, Path(root)),
        ):
            async with running_cluster(Path(root), trial.note) as cluster:
                await _run(cluster, trial, report, groups)
    except asyncio.CancelledError:
        report.error = "somebody ended it"
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - what was found until then is reported
        traceback.print_exc()
        report.error = f"{type(error).__name__}: {error}"
    report.seconds = time.monotonic() - began
    return report


async def _run(cluster: Cluster, trial: Trial, report: Report, groups: Sequence[str]) -> None:
    note: Note = trial.note
    note("ready")
    loads: list[Load] = []
    if SCALING in groups:
        report.speeds, loads = await scaling.measure(cluster, trial.seed, note)
        await cluster.employ(WORKERS)
    load = Load(
        cluster.world, STORIES, seed=trial.seed, clients=CLIENTS, thinking=THINKING_SECONDS, timeout=TIMEOUT_SECONDS
    )
    async with load.running():
        async for seen in inject(cluster, load, groups, random.Random(trial.seed), note):
            report.seen.append(seen)
    note("comparing")
    load.things += [thing for earlier in loads for thing in earlier.things]
    load.acknowledged += sum(earlier.acknowledged for earlier in loads)
    finding = await conclude(cluster, trial, load)
    report.violations = [*finding.violations, *await behind(cluster), *cluster.fallen]
    report.figures = {"commands acknowledged": finding.operations, "faults": finding.faults, **finding.figures}


@contextmanager
def _logs_kept_unless(good: Callable[[], bool], root: Path) -> Iterator[None]:
    """Copy what every process has said to where it stays, when the run has something to explain."""
    shutil.rmtree(LOGS, ignore_errors=True)
    ended_well = False
    try:
        yield
        ended_well = good()
    finally:
        if not ended_well:
            for log in root.rglob("*.log"):
                place = LOGS / "-".join(log.relative_to(root).parts)
                LOGS.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(log, place)
            sys.stderr.write(f"the logs are in {LOGS}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make test-cluster", description=__doc__)
    everything = (*GROUPS, SCALING)
    parser.add_argument("--only", type=_groups, default=everything, help=f"some of {','.join(everything)}")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="repeats the decisions")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


def _groups(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    if unknown := set(chosen) - {*GROUPS, SCALING}:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(sorted(unknown))}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
