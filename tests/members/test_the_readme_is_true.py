"""The README's diagrams, facts, routes and settings are those of the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import pytest

from missionare.kit.facts import Fact
from missionare.kit.service import Service
from missionare.kit.settings import Settings
from missionare.members import app, events, handlers
from missionare.members.affiliation.domain import ALLOWED as AFFILIATION
from missionare.members.consent.domain import ALLOWED as CONSENT
from missionare.members.enquiry.domain import ALLOWED as ENQUIRY
from missionare.members.goal.domain import ALLOWED as GOAL
from missionare.members.invitation.domain import ALLOWED as INVITATION
from missionare.members.journey.domain import ALLOWED as RUN
from missionare.members.key.domain import ALLOWED as KEY
from missionare.members.missionary.domain import ALLOWED as MISSIONARY
from missionare.members.organisation.domain import ALLOWED as ORGANISATION
from missionare.members.person.domain import ALLOWED as PERSON
from missionare.members.role.domain import ALLOWED as ROLE_CHANGE
from missionare.members.settings import MembersSettings

README = (Path(app.__file__).parents[3] / "README.md").read_text(encoding="utf-8")
OF_EVERY_SERVICE = ("/api/members/v1/streams", "/api/members/v1/dead-letter")
"""Kit's own routes, described where all services' are."""
DRAWN = [
    set(re.findall(r"^ +(\w+) --> (\w+)$", drawing, re.MULTILINE))
    for drawing in re.findall(r"```mermaid\n(.*?)```", README, re.DOTALL)
]


def service() -> Service:
    return app.build(MembersSettings(role="api", mongo_url="mongodb://127.0.0.1/members"))


@pytest.mark.parametrize(
    "allowed",
    [ORGANISATION, PERSON, AFFILIATION, GOAL, MISSIONARY, INVITATION, ROLE_CHANGE, KEY, RUN, ENQUIRY, CONSENT],
    ids=lambda allowed: type(next(iter(allowed))).__name__,
)
def test_every_transition_table_is_drawn(allowed: Mapping[Enum, frozenset[Enum]]) -> None:
    assert {(old.value, new.value) for old, following in allowed.items() for new in following} in DRAWN


def test_every_fact_that_is_published_is_listed() -> None:
    published = {
        kind.type.rpartition(".")[0]
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact
    }
    assert published == set(re.findall(r"`(members\.\w+)`", README))


def test_every_fact_that_is_heard_is_listed() -> None:
    assert set(handlers.handlers.table) == set(re.findall(r"`((?:journeys|notifications)\.\w+)`", README))


def test_every_job_is_listed() -> None:
    assert set(service().timers.table) == set(re.findall(r"^\| `(\w+)` \(", README, re.MULTILINE))


def test_every_route_is_listed() -> None:
    listed = {
        (method, f"/api/members/v1{path}") for method, path in re.findall(r"^\| `(\w+) (/\S+)`", README, re.MULTILINE)
    }
    declared = {(route.method, route.path) for route in service().declared_routes()}
    public = {(method, path) for method, path in declared if path.startswith("/api/")}
    of_every_service = {(method, path) for method, path in public if path.startswith(OF_EVERY_SERVICE)}
    assert of_every_service
    assert listed == public - of_every_service


def test_every_setting_is_listed() -> None:
    own = {f"MISSIONARE_{name.upper()}" for name in set(MembersSettings.model_fields) - set(Settings.model_fields)}
    table = README.partition("## Settings")[2].partition("The signing key")[0]
    assert own == set(re.findall(r"`(MISSIONARE_\w+)`", table))
