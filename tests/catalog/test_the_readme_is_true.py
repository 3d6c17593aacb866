"""The README's diagrams, facts and routes are those of the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import pytest

from missionare.catalog import app, events, handlers, jobs
from missionare.catalog.edition.domain import ALLOWED as EDITION
from missionare.catalog.entry.domain import ALLOWED as ENTRY
from missionare.catalog.review.domain import ALLOWED as REVIEW
from missionare.catalog.settings import CatalogSettings
from missionare.catalog.suggestion.domain import ALLOWED as SUGGESTION
from missionare.kit.facts import Fact

README = (Path(app.__file__).parents[3] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("subject", "allowed"),
    [("Suggestion", SUGGESTION), ("Entry", ENTRY), ("Review", REVIEW), ("Edition", EDITION)],
)
def test_a_diagram_draws_the_transition_table(subject: str, allowed: Mapping[Enum, frozenset[Enum]]) -> None:
    drawing = README.partition(f"\n{subject}")[2].partition("```mermaid")[2].partition("```")[0]

    drawn = set(re.findall(r"^ +(\w+) --> (\w+)$", drawing, re.MULTILINE))
    assert drawn == {(old.value, new.value) for old, following in allowed.items() for new in following}


def test_every_fact_that_is_published_is_listed() -> None:
    published = {kind.type.rpartition(".")[0] for kind in vars(events).values() if _is_fact(kind)}

    assert published == set(re.findall(r"`(catalog\.\w+)`", README))


def test_every_fact_that_is_heard_is_listed() -> None:
    assert set(handlers.handlers.table) == set(re.findall(r"`((?:journeys|members)\.\w+)`", README))


def test_every_job_is_listed() -> None:
    assert set(jobs.timers.table) == set(re.findall(r"^\| `(\w+)` \(", README, re.MULTILINE))


def test_every_route_is_listed() -> None:
    service = app.build(CatalogSettings(role="api", mongo_url="mongodb://127.0.0.1/catalog"))

    listed = {
        (method, f"/api/catalog/v1{path}") for method, path in re.findall(r"^\| `(\w+) (/\S+)`", README, re.MULTILINE)
    }
    assert listed == {
        (route.method, route.path)
        for group in service.routes
        for route in group.declared
        if route.path.startswith("/api/")
    }


def _is_fact(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact
