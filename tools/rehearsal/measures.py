"""Prometheus beside the running platform: it reaches every process of ours, and its rules are rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from tools.rehearsal.composed import Project
from tools.rehearsal.programs import wait_until

PROCESSES: Final = 9
"""Four services as api and as worker, and web."""
SCRAPED_SECONDS: Final = 60.0


def look(project: Project, say: Callable[[str], None]) -> None:
    """Start Prometheus and wait until it has heard from everybody.

    Raises:
        Failed: somebody is silent, or a rule does not work.
    """
    project("up", "--detach", "--no-build", "--wait", "prometheus")
    wait_until(lambda: _up(project) == PROCESSES, f"Prometheus hearing from {PROCESSES} processes", SCRAPED_SECONDS)
    wait_until(lambda: all(rule["health"] == "ok" for rule in _rules(project)), "rules that work", SCRAPED_SECONDS)
    firing = sorted({rule["name"] for rule in _rules(project) if rule.get("state") == "firing"})
    say(f"Prometheus hears from {PROCESSES} processes; {len(_rules(project))} rules work, firing: {firing or 'none'}")


def _up(project: Project) -> int:
    return sum(1 for series in _asked(project, f"query?query={quote('up == 1')}")["result"] if series)


def _rules(project: Project) -> list[dict[str, Any]]:
    return [rule for group in _asked(project, "rules")["groups"] for rule in group["rules"]]


def _asked(project: Project, question: str) -> dict[str, Any]:
    said = project("exec", "-T", "prometheus", "wget", "-q", "-O", "-", f"http://127.0.0.1:9090/api/v1/{question}")
    answer: dict[str, Any] = json.loads(said)["data"]
    return answer
