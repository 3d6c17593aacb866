"""What a run gave: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cluster.faults import AIM_SECONDS, Seen
from cluster.scaling import Speed
from promises.report import about

SHOWN = 20
"""How many violations are printed; all are counted."""


@dataclass
class Report:
    """One run, as far as it came."""

    seed: int
    seen: list[Seen] = field(default_factory=list)
    speeds: Sequence[Speed] = ()
    violations: Sequence[str] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    error: str | None = None
    """Why it could not be finished."""

    @property
    def good(self) -> bool:
        """Whether nothing was lost, doubled or out of order, and every caller was answered within the aim."""
        return self.error is None and not self.violations and all(seen.good for seen in self.seen)

    def json(self) -> dict[str, Any]:
        """Give everything, for programs."""
        return {
            "good": self.good,
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "aim_seconds": AIM_SECONDS,
            "error": self.error,
            "violated": len(self.violations),
            "violations": list(self.violations[:SHOWN]),
            "faults": [{**_rounded(asdict(seen)), "good": seen.good} for seen in self.seen],
            "scaling": [_rounded(asdict(speed)) for speed in self.speeds],
            "figures": dict(self.figures),
            "about": about(),
        }

    def lines(self) -> Iterator[str]:
        """Give everything, for people."""
        yield "| fault | longest stall | commands under way | sent again | unanswered | whole again after |"
        yield "|---|---|---|---|---|---|"
        for seen in self.seen:
            missed = "" if seen.good else f" (over the aim of {AIM_SECONDS:.0f} s)"
            yield (
                f"| {seen.fault} | {seen.longest_seconds:.1f} s{missed} | {seen.commands} | {seen.again} "
                f"| {seen.unanswered} | {seen.whole_seconds:.1f} s |"
            )
        yield ""
        if self.speeds:
            yield from self._scaling()
        for name, value in self.figures.items():
            yield f"- {name}: {value:,.10g}"
        yield from (f"- violated: {violation}" for violation in self.violations[:SHOWN])
        yield f"- ran on: {', '.join(f'{name} {value}' for name, value in about().items())}"
        yield f'- repeat: make test-cluster ARGS="--seed {self.seed}"'
        yield ""
        yield self.sentence

    def _scaling(self) -> Iterator[str]:
        first = self.speeds[0]
        yield "| workers of each service | commands/s | records/s | records in a round |"
        yield "|---|---|---|---|"
        for speed in self.speeds:
            commands = speed.commands_per_second / first.commands_per_second
            records = speed.records_per_second / first.records_per_second
            yield (
                f"| {speed.workers} | {speed.commands_per_second:,.0f} ({commands:.2f} x) "
                f"| {speed.records_per_second:,.0f} ({records:.2f} x) | {speed.records:,} |"
            )
        yield ""

    @property
    def sentence(self) -> str:
        """Say how it ended."""
        longest = max((seen.longest_seconds for seen in self.seen), default=0.0)
        did = f"{len(self.seen)} faults seen, longest stall {longest:.1f} s, {self.seconds / 60:.1f} minutes"
        if self.error is not None:
            return f"NOT FINISHED ({self.error}); {did}"
        if self.violations:
            return f"BROKEN: {len(self.violations):,} violations; {did}"
        if not self.good:
            return f"nothing lost, nothing doubled, order kept, but SOMEBODY WAITED TOO LONG; {did}"
        return f"nothing lost, nothing doubled, order kept; {did}"


def _rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()}
