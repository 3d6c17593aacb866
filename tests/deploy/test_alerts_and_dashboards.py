"""Alerts and dashboards ask for what the processes really measure, and every alert says what to do."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml
from deploy.kustomization import LOADER
from every_service.tree import ROOT

from missionare.kit import metrics
from missionare.kit.metrics import REGISTRY

FOLDER = ROOT / "deploy" / "observability"
RUNBOOK = ROOT / "docs" / "how-to" / "alerts.md"
BOARDS = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))
OF_THE_TARGET = frozenset({"service", "role", "instance", "job"})
OF_PROMETHEUS = {"up": OF_THE_TARGET, "ALERTS": frozenset({"alertname", "alertstate", "severity", "service"})}
"""What Prometheus makes by itself."""


def measured() -> dict[str, frozenset[str]]:
    """Give what a process exposes, by name, with its labels. Everything is declared in one module."""
    declared = {metrics.PREFIX + measure.name: frozenset(measure.labels) for measure in metrics.TABLE}
    found = dict(OF_PROMETHEUS)
    for family in REGISTRY.collect():
        labels = declared.get(family.name, frozenset()) | OF_THE_TARGET
        endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        for ending in endings:
            found[family.name + ending] = labels | ({"le"} if ending == "_bucket" else set())
    return found


def asked(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Give every measure that an expression selects, with the labels by which it does."""
    yield from _selected(promql_parser.parse(expression))


def _selected(part: Any) -> Iterator[tuple[str, set[str]]]:
    if isinstance(part, promql_parser.VectorSelector):
        yield str(part.name), {matcher.name for matcher in part.matchers.matchers}
        return
    for name in ("expr", "lhs", "rhs", "param", "vector_selector", "vs"):
        inner = getattr(part, name, None)
        if isinstance(inner, promql_parser.Expr):
            yield from _selected(inner)
    for argument in getattr(part, "args", None) or []:
        yield from _selected(argument)


def unknown(expressions: list[str]) -> list[str]:
    known = measured()
    return [
        f"{name} {sorted(labels)}"
        for expression in expressions
        for name, labels in asked(expression)
        if name not in known or not labels <= known[name]
    ]


def alerts() -> list[dict[str, Any]]:
    rules = yaml.load((FOLDER / "prometheus" / "alerts.yml").read_text(encoding="utf-8"), LOADER)
    return [rule for group in rules["groups"] for rule in group["rules"]]


def board(path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def expressions_of(board: dict[str, Any]) -> list[str]:
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


def anchors() -> set[str]:
    return {heading.lower() for heading in re.findall(r"^## (\S+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)}


def test_alerts_ask_for_what_is_measured() -> None:
    assert unknown([alert["expr"] for alert in alerts()]) == []


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_dashboards_ask_for_what_is_measured(path) -> None:
    expressions = expressions_of(board(path))

    assert len(expressions) > 5
    assert unknown(expressions) == []


@pytest.mark.parametrize(
    "expression",
    [
        "sum(rate(missionare_facts_lost_total[5m]))",
        "max(missionare_applied)",
        'missionare_waiting{condition="dead"} > 0',
        'histogram_quantile(0.9, sum by (le) (rate(missionare_hop_ms_bucket{consumer="x"}[5m])))',
    ],
)
def test_a_measure_or_label_that_is_not_there_is_found(expression: str) -> None:
    assert unknown([expression])


def test_every_measure_is_declared_in_one_module() -> None:
    """So that a process measures nothing that these tests have not seen."""
    sources = (path for folder in ("libs", "services", "apps") for path in (ROOT / folder).glob("*/src/**/*.py"))

    makers = [path.name for path in sources if "registry=" in path.read_text(encoding="utf-8")]
    assert makers == ["metrics.py"]


def test_every_alert_says_what_is_wrong_and_where_to_read_what_to_do() -> None:
    names = [alert["alert"] for alert in alerts()]

    assert len(names) == len(set(names))
    for alert in alerts():
        assert set(alert["annotations"]) == {"summary", "description", "runbook"}, alert["alert"]
        assert alert["annotations"]["runbook"] == f"docs/how-to/alerts.md#{alert['alert'].lower()}"
        assert alert["labels"]["severity"] in {"critical", "warning"}
    assert {name.lower() for name in names} == anchors()


def test_an_alert_without_a_section_is_found() -> None:
    fresh = copy.deepcopy(alerts()[0]) | {"alert": "SomethingNew"}

    assert fresh["alert"].lower() not in anchors()


def test_every_process_is_scraped_under_the_labels_that_alerts_group_by() -> None:
    (job,) = yaml.load((FOLDER / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"), LOADER)["scrape_configs"]
    services = [path.name for path in (ROOT / "services").iterdir() if (path / "pyproject.toml").exists()]
    targets = {target: entry["labels"] for entry in job["static_configs"] for target in entry["targets"]}

    assert job["job_name"] == "missionare"
    assert targets == {
        "web:8000": {"service": "web", "role": "web"},
        **{f"{one}-{role}:8000": {"service": one, "role": role} for one in services for role in ("api", "worker")},
    }


def test_dashboards_have_ids_of_their_own_and_one_source() -> None:
    boards = [board(path) for path in BOARDS]
    (source,) = yaml.load(
        (FOLDER / "grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8"), LOADER
    )["datasources"]

    assert len({one["uid"] for one in boards}) == len(boards)
    sources = {panel["datasource"]["uid"] for one in boards for panel in one["panels"] if "datasource" in panel}
    assert sources == {source["uid"]}
    assert all(panel["description"] for one in boards for panel in one["panels"] if panel["type"] != "row")
