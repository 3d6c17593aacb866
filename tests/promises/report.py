"""What is kept of runs: `promises.json`, and `PROMISES.md` made of it for people.

One record per promise and profile, the last one that ran. Each says which version it ran on and how to repeat it.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from promises.promise import Finding, Promise, Trial

KEPT_VIOLATIONS = 5
KEPT_SCHEDULE = 400
GIGABYTE = 1024**3


@dataclass(frozen=True)
class Outcome:
    """One run, as it is written down."""

    profile: str
    seed: int
    sabotage: str | None
    operations: int
    faults: int
    seconds: float
    violated: int
    violations: tuple[str, ...]
    figures: Mapping[str, float]
    schedule: tuple[str, ...]
    error: str | None = None
    """Why it could not be finished; then it neither holds nor is caught."""

    @classmethod
    def of(cls, trial: Trial, finding: Finding, error: str | None) -> Outcome:
        """Take down what a trial found."""
        return cls(
            profile=trial.profile.value,
            seed=trial.seed,
            sabotage=trial.sabotage,
            operations=finding.operations,
            faults=finding.faults,
            seconds=round(trial.seconds, 1),
            violated=len(finding.violations),
            violations=tuple(finding.violations[:KEPT_VIOLATIONS]),
            figures=dict(finding.figures),
            schedule=tuple(trial.schedule[:KEPT_SCHEDULE]),
            error=error,
        )

    @classmethod
    def unfinished(cls, trial: Trial, error: str) -> Outcome:
        """Take down that a trial came to no end, and why."""
        return cls.of(trial, Finding(0, 0, ()), error)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Outcome:
        """Read what was written."""
        return cls(**{**kept, "violations": tuple(kept["violations"]), "schedule": tuple(kept["schedule"])})

    @property
    def good(self) -> bool:
        """Whether it ended as it must: nothing violated, or, with a defect, something."""
        return self.error is None and bool(self.violated) == (self.sabotage is not None)

    @property
    def sentence(self) -> str:
        """Say how it ended."""
        done = f"{self.operations:,} operations, {self.faults:,} faults, {self.seconds / 60:.1f} minutes"
        if self.error is not None:
            return f"NOT FINISHED ({self.error}); {done}"
        if self.sabotage is not None:
            return f"{'caught' if self.good else 'NOT CAUGHT'}: {self.violated:,} violations; {done}"
        return f"{'holds' if self.good else f'BROKEN: {self.violated:,} violations'}; {done}"


@dataclass(frozen=True)
class Record:
    """What is known of one promise: the run as it is, and the runs of its twins."""

    number: int
    title: str
    method: str
    held: Outcome
    twins: tuple[tuple[str, Outcome], ...]
    """Each with the sentence that says what is wrong in it."""
    about: Mapping[str, str]
    """Machine, versions, date."""

    @classmethod
    def of(cls, promise: Promise, held: Outcome, twins: Iterable[Outcome]) -> Record:
        """Take down a promise's runs."""
        defects = {twin.name: twin.defect for twin in promise.twins}
        told = tuple((defects[str(outcome.sabotage)], outcome) for outcome in twins)
        return cls(promise.number, promise.title, promise.method, held, told, about())

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Record:
        """Read what was written."""
        twins = tuple((defect, Outcome.read(outcome)) for defect, outcome in kept["twins"])
        return cls(**{**kept, "held": Outcome.read(kept["held"]), "twins": twins})

    @property
    def proven(self) -> bool:
        """Whether it holds and every twin was caught."""
        return self.held.good and all(outcome.good for _, outcome in self.twins)

    def lines(self) -> Iterable[str]:
        """Give its chapter of PROMISES.md."""
        yield f"## {self.number}. {self.title} ({self.held.profile})\n"
        yield f"{self.method}\n"
        yield f"- **Result**: {self.held.sentence}."
        for name, value in self.held.figures.items():
            yield f"- {name}: {value:,.10g}"
        for violation in self.held.violations:
            yield f"- Violated: `{_in_short(violation)}`"
        for defect, twin in self.twins:
            yield f"- **Twin '{twin.sabotage}'** ({defect}): {twin.sentence}."
            if twin.violations:
                yield f"  For example: `{_in_short(twin.violations[0])}`"
        repeat = f'make promises PROFILE={self.held.profile} ARGS="--only {self.number} --seed {self.held.seed}"'
        yield f"- Repeat: `{repeat}`"
        yield f"- Ran on: {', '.join(f'{name} {value}' for name, value in self.about.items())}\n"


def _in_short(violation: str) -> str:
    """Leave out the body of an answer: `promises.json` has it."""
    return violation.partition(' {"')[0]


class Report:
    """The two files in a folder."""

    def __init__(self, folder: Path, records: Mapping[tuple[int, str], Record]) -> None:
        """Begin with what is known."""
        self._folder = folder
        self._records = dict(records)

    @classmethod
    def load(cls, folder: Path) -> Report:
        """Go on with what earlier runs have written."""
        file = folder / "promises.json"
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
        records = [Record.read(record) for record in kept]
        return cls(folder, {(record.number, record.held.profile): record for record in records})

    def keep(self, record: Record) -> None:
        """Put a record in the place of the last one of its promise and profile."""
        self._records[record.number, record.held.profile] = record

    def write(self) -> None:
        """Write both files."""
        self._folder.mkdir(parents=True, exist_ok=True)
        records = [self._records[key] for key in sorted(self._records)]
        kept = json.dumps([asdict(record) for record in records], indent=1, ensure_ascii=False)
        (self._folder / "promises.json").write_text(kept + "\n", encoding="utf-8")
        (self._folder / "PROMISES.md").write_text("\n".join(_page(records)), encoding="utf-8")


def about() -> dict[str, str]:
    """Say on what is run: machine and versions, without anything that tells whose machine it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "revision": _revision(),
        "machine": f"{platform.machine()} with {os.cpu_count()} cores and {memory:.0f} GB, {platform.system()}",
        "Python": platform.python_version(),
        **{name: version(name) for name in ("faststream", "aiokafka", "motor", "pymongo")},
    }


def _revision() -> str:
    asked = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"


def _page(records: Iterable[Record]) -> Iterable[str]:
    yield _INTRODUCTION
    yield "| promise | profile | operations | faults | minutes | result | twins |"
    yield "|---|---|---|---|---|---|---|"
    for record in records:
        held = record.held
        result = "holds" if held.good else "**broken**" if held.error is None else "**not finished**"
        twins = "; ".join(f"{o.sabotage}: {'caught' if o.good else '**not caught**'}" for _, o in record.twins)
        yield (
            f"| {record.number}. {record.title} | {held.profile} | {held.operations:,} | {held.faults:,} "
            f"| {held.seconds / 60:.1f} | {result} | {twins} |"
        )
    yield ""
    for record in records:
        yield from record.lines()


_INTRODUCTION = """\
# Promises

Generated by `make promises`; not edited by hand.
What the platform promises, how that was tried, and with which outcome.

Every promise is run against the real local servers (MongoDB, a Kafka-protocol broker, the gateway, the four services as
processes of their own), with commands given from outside and faults put in while they run.
Complete sets are compared afterwards, not samples.
Every promise has **twins**: the same run with a deliberate defect, which it must find.
A promise whose twin goes unnoticed counts as unproven.

Everything needed to repeat a run is in this repository: `make promises PROFILE=full` does all of it, and each chapter
names the command and the seed of its own run; `promises.json` has the schedules.
A seed repeats the decisions (what is asked for, who is killed, at which point), not the microseconds between them.
`kill -9` shows safety when a process dies, not when the power fails.
"""
