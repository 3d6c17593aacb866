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
from pathlib import Path

from promises.promise import Finding, Profile, Promise, Trial
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
    report = Report.load(asked.into)
    broken = []
    for promise in chosen:
        record = _prove(promise, asked.profile, asked.seed)
        report.keep(record)
        report.write()
        if not record.proven:
            broken.append(str(promise.number))
    _say(f"\nbroken or unproven: promise {', '.join(broken)}" if broken else f"\nall {len(chosen)} promises hold")
    return 1 if broken else 0


def _prove(promise: Promise, profile: Profile, seed: int) -> Record:
    _say(f"\n== promise {promise.number}: {promise.title}")
    held = _run(promise, Trial(profile, seed))
    caught = [_run(promise, Trial(profile, seed, twin.name)) for twin in promise.twins_of(profile)]
    return Record.of(promise, held, caught)


def _run(promise: Promise, trial: Trial) -> Outcome:
    twin = f", twin '{trial.sabotage}'" if trial.sabotage else ""
    _say(f"-- promise {promise.number}, {trial.profile}, seed {trial.seed}{twin}")
    try:
        finding, error = asyncio.run(promise.run(trial)), None
    except Exception as raised:  # noqa: BLE001 - a run that could not be finished is reported, and the next one begins
        traceback.print_exc()
        finding, error = Finding(0, 0, ()), f"{type(raised).__name__}: {raised}"
    outcome = Outcome.of(trial, finding, error)
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
