"""Run promises, each with its twins, and write down how it went.

    make promises PROFILE=full ARGS="--only 3,9 --seed 7"

Ends with 1 if a promise is broken or a twin goes unnoticed, and leaves no process behind.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from promises import beside
from promises.promise import Profile, Promise, Trial
from promises.registry import PROMISES
from promises.report import Outcome, Record, Report

SHOWN = 20
"""How many violations of a run are shown; all are counted."""


def main() -> int:
    """Run what was asked for."""
    asked = _arguments()
    chosen = [promise for promise in PROMISES if _is_asked_for(promise, asked)]
    if not chosen:
        _say("no promise of that number is proven here")
        return 2
    if asked.outcome is not None:
        beside.write(_run(chosen[0], Trial(asked.profile, asked.seed, asked.twin)), asked.outcome)
        return 0
    report = Report.load(asked.into)
    broken = []
    for record in _proven(chosen, asked.profile, asked.seed, asked.beside):
        report.keep(record)
        report.write()
        if not record.proven:
            broken.append(str(record.number))
    _say(f"\nbroken or unproven: promise {', '.join(broken)}" if broken else f"\nall {len(chosen)} promises hold")
    return 1 if broken else 0


def _proven(promises: Sequence[Promise], profile: Profile, seed: int, at_once: int) -> Iterator[Record]:
    """Prove promises one after the other; or several runs at once, where what is measured is not time."""
    if at_once == 1:
        yield from (_prove(promise, profile, seed) for promise in promises)
        return
    runs = [(promise, trial) for promise in promises for trial in _trials(promise, profile, seed)]
    # The product as it is comes first, then the twins: what loads the machine most runs beside what rather waits.
    runs.sort(key=lambda run: run[1].sabotage is not None)
    numbered = [(promise.number, trial) for promise, trial in runs]
    outcomes = list(zip(runs, beside.outcomes_of(numbered, at_once=at_once, say=_say), strict=True))
    for promise in promises:
        held, *caught = [outcome for (whose, _), outcome in outcomes if whose is promise]
        yield Record.of(promise, held, caught)


def _prove(promise: Promise, profile: Profile, seed: int) -> Record:
    _say(f"\n== promise {promise.number}: {promise.title}")
    held, *caught = [_run(promise, trial) for trial in _trials(promise, profile, seed)]
    return Record.of(promise, held, caught)


def _trials(promise: Promise, profile: Profile, seed: int) -> list[Trial]:
    """Give the promise's runs: as the product is, and with each defect."""
    return [Trial(profile, seed, name) for name in (None, *(twin.name for twin in promise.twins_of(profile)))]


def _run(promise: Promise, trial: Trial) -> Outcome:
    twin = f", twin '{trial.sabotage}'" if trial.sabotage else ""
    _say(f"-- promise {promise.number}, {trial.profile}, seed {trial.seed}{twin}")
    try:
        outcome = Outcome.of(trial, asyncio.run(promise.run(trial)), None)
    except Exception as raised:  # noqa: BLE001 - a run that could not be finished is reported, and the next one begins
        traceback.print_exc(file=sys.stdout)
        outcome = Outcome.unfinished(trial, f"{type(raised).__name__}: {raised}")
    for violation in outcome.violations[:SHOWN]:
        _say(f"   violated: {violation}")
    _say(f"   {outcome.sentence}")
    return outcome


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make promises", description=__doc__)
    parser.add_argument("--profile", type=Profile, choices=list(Profile), default=Profile.GATE)
    parser.add_argument("--only", type=_numbers, default=frozenset(), help="numbers of promises, such as 3,9")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="repeats a schedule")
    parser.add_argument("--into", type=Path, default=Path.cwd(), help="the folder for PROMISES.md and promises.json")
    parser.add_argument("--beside", type=int, default=1, metavar="N", help="so many runs at the same time")
    parser.add_argument("--twin", help="with --outcome: run this twin instead of the product as it is")
    parser.add_argument("--outcome", type=Path, help="one run only, of one promise, whose outcome goes to this file")
    return parser.parse_args()


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(number) for number in text.split(","))


def _is_asked_for(promise: Promise, asked: argparse.Namespace) -> bool:
    if asked.only:
        return promise.number in asked.only
    return promise.in_gate or asked.profile is Profile.FULL


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
