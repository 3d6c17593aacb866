"""`missionare status`: what runs, and where each service's facts stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx2
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from missionare.cli import credentials
from missionare.cli.board import Phase
from missionare.cli.language import language
from missionare.cli.options import SERVICES
from missionare.cli.running import Running

STREAMS_SECONDS: Final = 5.0
STUCK_SECONDS: Final = 60.0
"""Pending, behind or overdue for this long: shown in red."""
COLOURS: Final = {Phase.READY: "green", Phase.FAILING: "red", Phase.STOPPED: "red"}

PROCESS_HEADINGS: Final = {
    "de": ("Prozess", "Zustand", "läuft seit", "Neustarts", "Prozessnummer"),
    "en": ("process", "state", "up for", "restarts", "pid"),
}
STREAM_HEADINGS: Final = {
    "de": (
        "Dienst",
        "offen",
        "ältester",
        "Rückstand",
        "seit",
        "gehalten",
        "Klärfälle",
        "repariert",
        "Abzweige",
        "überfällig",
    ),
    "en": ("service", "pending", "oldest", "lag", "for", "held", "parked", "repaired", "forks", "timers"),
}
NO_KEY: Final = {
    "de": "Für Rückstand und geparkte Fakten fehlt ein API-Schlüssel (MISSIONARE_API_KEY).",
    "en": "Lag and parked facts need an API key (MISSIONARE_API_KEY).",
}


def collect(data: Path) -> dict[str, Any]:
    """Give everything known about a running platform.

    Raises:
        NotRunning: there is none.
    """
    running = Running.load(data)
    key = credentials.find(running.folder)
    return {**running.state, "streams": _all_streams(running.url, key) if key else None}


def show(status: dict[str, Any]) -> None:
    """Print tables for people."""
    console = Console()
    console.print(f"{status['urls']['public']}  {status['phase']}")
    console.print(_processes(status["processes"]))
    if status["streams"] is None:
        console.print(NO_KEY[language.get()])
    else:
        console.print(_streams(status["streams"]))


def _all_streams(url: str, key: str) -> dict[str, Any]:
    with httpx2.Client(
        base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=STREAMS_SECONDS, trust_env=False
    ) as gateway:
        return {service: _numbers(gateway, service) for service in SERVICES}


def _numbers(gateway: httpx2.Client, service: str) -> dict[str, Any]:
    """Sum a service's streams up; where it does not answer, say why instead."""
    try:
        response = gateway.get(f"/api/{service}/v1/streams")
    except httpx2.TransportError as error:
        return {"error": type(error).__name__}
    if not response.is_success:
        return {"error": str(response.status_code)}
    streams = response.json()
    partitions = [part for group in streams["groups"] for part in group["partitions"]]
    waiting = [consumer["waiting"] for consumer in streams["consumers"]]
    return {
        "pending": streams["facts_pending"],
        "oldest_seconds": streams["oldest_fact_age_seconds"],
        "lag": sum(group["lag"] for group in streams["groups"]),
        "lag_seconds": max((part["age_seconds"] for part in partitions), default=0),
        "timers_due": streams["timers_due"],
        "oldest_timer_seconds": streams["oldest_timer_age_seconds"],
        "held": sum(states.get("held", 0) for states in waiting),
        "parked": sum(count for states in waiting for state, count in states.items() if state != "held"),
        "repaired": sum(consumer["repaired"] for consumer in streams["consumers"]),
        "forks": sum(consumer["forks"] for consumer in streams["consumers"]),
    }


def _processes(entries: dict[str, Any]) -> Table:
    table = _table(PROCESS_HEADINGS[language.get()])
    for name, entry in entries.items():
        phase = entry["phase"]
        table.add_row(
            name,
            f"[{COLOURS.get(phase, 'yellow')}]{phase}[/]",
            _since(entry["ready_at"]),
            str(entry["restarts"]),
            str(entry["pid"] or "-"),
        )
    return table


def _streams(streams: dict[str, Any]) -> Table:
    table = _table(STREAM_HEADINGS[language.get()])
    for service, numbers in streams.items():
        if "error" in numbers:
            table.add_row(service, f"[red]{numbers['error']}[/]")
        else:
            oldest = _age(numbers["oldest_seconds"]) if numbers["pending"] else "-"
            behind = _age(numbers["lag_seconds"]) if numbers["lag"] else "-"
            rest = (str(numbers[name]) for name in ("held", "parked", "repaired", "forks"))
            overdue = _age(numbers["oldest_timer_seconds"]) if numbers["timers_due"] else "-"
            table.add_row(service, str(numbers["pending"]), oldest, str(numbers["lag"]), behind, *rest, overdue)
    return table


def _age(seconds: float) -> str:
    """Write an age; one of a minute or more means that something is stuck."""
    return f"[red]{seconds:.0f} s[/]" if seconds >= STUCK_SECONDS else f"{seconds:.0f} s"


def _table(headings: Sequence[str]) -> Table:
    return Table(*headings, box=SIMPLE_HEAD, pad_edge=False)


def _since(moment: str | None) -> str:
    if moment is None:
        return "-"
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds())
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
