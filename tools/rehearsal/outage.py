"""The outage: containers are killed while somebody works; afterwards everything is there, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

from tools.rehearsal.composed import Project
from tools.rehearsal.programs import Failed, wait_until

from missionare.cli.demo.outside import Outsider
from missionare.cli.demo.world import CATALOG, JOURNEYS, MEMBERS, NOTIFICATIONS
from missionare.cli.options import SERVICES

LISTS: Final = (
    f"{MEMBERS}/people",
    f"{MEMBERS}/organisations",
    f"{JOURNEYS}/journeys",
    f"{CATALOG}/suggestions",
    f"{NOTIFICATIONS}/messages",
)
KILLED_FIRST: Final = ("kafka", "journeys-worker")
KILLED_THEN: Final = ("mongo", "members-api", "gateway")
SETTLE_SECONDS: Final = 120.0
DRAFT: Final = {
    "title": "Während der Broker steht",
    "summary": "Angelegt, als niemand zuhörte.",
    "starts_at": "2099-05-07T08:00:00+02:00",
    "ends_at": "2099-05-07T17:00:00+02:00",
    "capacity": 5,
}


def suffer(project: Project, gateway: str, key: str, say: Callable[[str], None]) -> None:
    """Kill, work on, start again, and compare.

    Raises:
        Failed: something is missing, set aside, or still on its way.
    """
    with closing(Outsider(gateway, key=key)) as agency:
        before = _everything(agency)
        project("kill", "--signal", "KILL", *KILLED_FIRST)
        journey = str(agency.post(f"{JOURNEYS}/journeys", DRAFT)["id"])
        agency.act(f"{JOURNEYS}/journeys/{journey}", "announcement", {"topics": ["people"]})
        pending = int(_streams(agency, "journeys")["facts_pending"])
        say(f"killed {', '.join(KILLED_FIRST)}: a journey was announced all the same, {pending} fact(s) wait")
        if not pending:
            raise Failed("no fact waits, although nobody can take it to the broker")
        project("kill", "--signal", "KILL", *KILLED_THEN)
        project("up", "--detach", "--no-build", "--wait", "--wait-timeout", "240")
        say(f"killed {', '.join(KILLED_THEN)} as well; all are healthy again")
        wait_until(lambda: _at_rest(agency), "all facts arriving", SETTLE_SECONDS)
        _compare(before, _everything(agency), journey)
        kept = ", ".join(f"{len(ids)} {path.rpartition('/')[2]}" for path, ids in before.items())
        say(f"nothing is lost: {kept}, and the new journey; no fact waits, lags or is set aside")


def _everything(agency: Outsider) -> dict[str, set[str]]:
    return {path: {str(item["id"]) for item in agency.everything(path, limit=100)} for path in LISTS}


def _compare(before: dict[str, set[str]], after: dict[str, set[str]], journey: str) -> None:
    lost = {path: ids - after[path] for path, ids in before.items() if ids - after[path]}
    if lost:
        raise Failed(f"lost: {lost}")
    if after[f"{JOURNEYS}/journeys"] - before[f"{JOURNEYS}/journeys"] != {journey}:
        raise Failed("the journey that was announced in the outage is not there once")


def _at_rest(agency: Outsider) -> bool:
    states = [_streams(agency, service) for service in SERVICES]
    waiting = sum(sum(consumer["waiting"].values()) for state in states for consumer in state["consumers"])
    behind = sum(int(group["lag"]) for state in states for group in state["groups"])
    return not (waiting or behind or sum(int(state["facts_pending"]) for state in states))


def _streams(agency: Outsider, service: str) -> dict[str, Any]:
    answer: dict[str, Any] = agency.get(f"/api/{service}/v1/streams").data
    return answer
