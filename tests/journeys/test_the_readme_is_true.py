"""The README's diagrams, facts, timers and routes are those of the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import pytest

from missionare.journeys import app, events, jobs
from missionare.journeys.certificate.domain import ALLOWED as CERTIFICATE
from missionare.journeys.insight.domain import ALLOWED as INSIGHT
from missionare.journeys.interest.domain import ALLOWED as INTEREST
from missionare.journeys.journey.domain import ALLOWED as JOURNEY
from missionare.journeys.registration.domain import ALLOWED as REGISTRATION
from missionare.journeys.seat.domain import ALLOWED as LEDGER
from missionare.journeys.settings import JourneysSettings
from missionare.journeys.stop.domain import ALLOWED as STOP
from missionare.kit.facts import Fact
from missionare.kit.service import Service

README = (Path(app.__file__).parents[3] / "README.md").read_text(encoding="utf-8")
TABLES = {
    "Journey": JOURNEY,
    "Interest": INTEREST,
    "Stop": STOP,
    "Registration": REGISTRATION,
    "Seat ledger": LEDGER,
    "Insight": INSIGHT,
    "Certificate": CERTIFICATE,
}


def built() -> Service:
    return app.build(JourneysSettings(role="api", mongo_url="mongodb://127.0.0.1/journeys"))


def section(heading: str) -> str:
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("subject", "allowed"), TABLES.items())
def test_a_diagram_draws_the_transition_table(subject: str, allowed: Mapping[Enum, frozenset[Enum]]) -> None:
    drawing = README.partition(f"\n### {subject}\n")[2].partition("```mermaid")[2].partition("```")[0]

    drawn = set(re.findall(r"^ +(\w+) --> (\w+)$", drawing, re.MULTILINE))
    assert drawn == {(old.value, new.value) for old, following in allowed.items() for new in following}


def test_every_fact_that_is_published_is_listed() -> None:
    published = {kind.type.rpartition(".")[0] for kind in vars(events).values() if _is_fact(kind)}

    assert published == set(re.findall(r"^\| `(journeys\.\w+)`", section("Facts it publishes"), re.MULTILINE))


def test_every_fact_that_is_heard_is_listed_with_its_consumer() -> None:
    listed: dict[str, set[str]] = {}
    for consumer, facts in re.findall(r"^\| `([\w.@]+)` \| (.+?) \|", section("Facts it hears"), re.MULTILINE):
        listed.setdefault(consumer, set()).update(re.findall(r"`(\w+\.\w+)`", facts))

    assert listed == {handlers.consumer: set(handlers.table) for handlers in built().handlers}


def test_every_timer_is_listed() -> None:
    assert set(jobs.timers.table) == set(re.findall(r"^\| `(\w+)`", section("Timers"), re.MULTILINE))


def test_every_route_is_listed() -> None:
    listed = set(re.findall(r"^\| `(\w+) (/\S+)`", section("Routes"), re.MULTILINE))

    declared = [route for group in built().routes for route in group.declared]
    assert listed == {(r.method, re.sub(r"^(/api/journeys/v1|/internal)", "", r.path)) for r in declared}


def test_every_mailed_link_is_listed_with_its_acts() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", section("Mailed links"), re.MULTILINE)
    purposes = {purpose.name: purpose for links in built().links for purpose in links.purposes.values()}

    assert {name for name, _ in rows} == set(purposes)
    for name, acts in rows:
        assert set(re.findall(r"`(\w+)` \(", acts)) == set(purposes[name].actions)


def _is_fact(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact
