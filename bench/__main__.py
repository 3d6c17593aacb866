"""`python -m bench`: run benchmarks and print what they gave."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from bench import (
    b1_command,
    b2_relay,
    b3_kernel,
    b4_written_by_hand,
    b5_hops,
    b6_completion,
    b8_rebuild,
    b9_start,
    b10_pages,
    b11_lists,
    b12_live,
    memory,
    report,
)
from bench.measure import Bench, Figure, Size
from missionare.kit import logs

ROOT: Final = Path(__file__).parent.parent / ".data"

Run = Callable[[Bench], Awaitable[list[Figure]]]
BENCHMARKS: Final[dict[str, Run]] = {
    "B1": b1_command.run,
    "B2": b2_relay.run,
    "B3a": b3_kernel.run_together,
    "B3b": b3_kernel.run_alone,
    "B3 memory": memory.run,
    "B4": b4_written_by_hand.run,
    "B5": b5_hops.run,
    "B6": b6_completion.run,
    "B8": b8_rebuild.run,
    "B9": b9_start.run,
    "B10": b10_pages.run,
    "B11": b11_lists.run,
    "B12": b12_live.run,
}
"""In the order of the table; each module says what is measured against what."""


def main(
    only: Annotated[str, typer.Option(help="benchmarks to run, such as B2,B3 (B3 stands for B3a and B3b)")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="three smaller rounds, each benchmark under a minute")] = False,
    json: Annotated[bool, typer.Option("--json", help="print JSON instead of a table")] = False,
    seed: Annotated[int, typer.Option(help="of the data; the same seed gives the same")] = 1,
    scale: Annotated[float, typer.Option(help="below 1: one tiny round, to see that the benchmarks run")] = 1.0,
) -> None:
    """Measure the platform against floors that do the same durable work without it, in the same run."""
    chosen = _chosen(only)
    logs.configure(level="error", output=sys.stderr, service="bench")
    figures: list[Figure] = []
    for name in chosen:
        _say(f"{name} ...")
        figures += uvloop.run(_run(name, Size(quick=quick, scale=scale, seed=seed)))
    report.show(figures, seed=seed, quick=quick, as_json=json)


async def _run(name: str, size: Size) -> list[Figure]:
    return await BENCHMARKS[name](Bench(size, ROOT, lambda text: _say(f"{name}: {text}")))


def _chosen(only: str) -> list[str]:
    if not only:
        return list(BENCHMARKS)
    wanted = [part.strip() for part in only.split(",")]
    chosen = [name for name in BENCHMARKS if any(name in {part, f"{part}a", f"{part}b"} for part in wanted)]
    unknown = [part for part in wanted if not any(name in {part, f"{part}a", f"{part}b"} for name in BENCHMARKS)]
    if unknown:
        raise typer.BadParameter(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    return chosen


def _say(text: str) -> None:
    """Tell how far it is on standard error: standard output is for the result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    typer.run(main)
