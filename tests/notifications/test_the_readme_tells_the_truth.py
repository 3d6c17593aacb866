"""The README's tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from missionare.kit.aggregates import Transitions
from missionare.kit.facts import Fact
from missionare.notifications import events
from missionare.notifications.activity.domain import ACTIVITY_MOVES
from missionare.notifications.app import build
from missionare.notifications.follow_up.domain import TASK_MOVES
from missionare.notifications.message.domain import MESSAGE_MOVES, Failed, Suppressed, Template
from missionare.notifications.message.jobs import _templates
from missionare.notifications.outreach.domain import PLAN_MOVES
from missionare.notifications.post_journey.domain import PROCESS_MOVES
from missionare.notifications.settings import NotificationsSettings
from missionare.notifications.webhook.domain import WEBHOOK_MOVES

README = (Path(__file__).parents[2] / "services/notifications/README.md").read_text(encoding="utf-8")
SERVICE = build(NotificationsSettings(mongo_url="mongodb://127.0.0.1/notifications", kafka_bootstrap_servers="b:1"))


def section(title: str) -> str:
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def test_every_fact_is_told():
    published = {
        kind.type.rpartition(".")[0]
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, Fact) and kind is not Fact
    }
    assert set(re.findall(r"`(notifications\.\w+)`", section("Facts out"))) == published
    assert set(re.findall(r"`(\w+\.\w+)`", section("Facts in"))) == set(SERVICE.handlers[0].table)


def test_every_timer_is_told():
    assert set(re.findall(r"^\| `(\w+)` \(", section("Facts in"), re.MULTILINE)) == set(SERVICE.timers.table)


def test_every_route_is_told():
    told = set(re.findall(r"`((?:GET|POST|DELETE) /[^`]*)`", section("Routes").split("Asked of other")[0]))
    declared = {
        f"{route.method} {route.path.removeprefix('/api/notifications/v1')}"
        for routes in SERVICE.routes
        for route in routes.declared
    }
    assert told == declared


@pytest.mark.parametrize("moves", [PLAN_MOVES, ACTIVITY_MOVES, TASK_MOVES, MESSAGE_MOVES, PROCESS_MOVES, WEBHOOK_MOVES])
def test_every_table_of_moves_is_drawn(moves: Transitions):
    drawn = {
        frozenset(re.findall(r"(\w+) --> (\w+)", picture)) for picture in section("States").split("stateDiagram-v2")
    }
    assert frozenset((old.value, new.value) for old, following in moves.items() for new in following) in drawn


def test_every_mail_is_told_with_its_subject():
    environment = _templates()
    for template in Template:
        name = f"de/{template.value}.txt.jinja2"
        source = environment.loader.get_source(environment, name)[0]  # type: ignore[union-attr]
        subject = re.findall(r"block subject %}(.*?){%", source)[0]
        assert subject in section("Facts in"), subject


def test_every_reason_and_setting_is_told():
    for reason in (*Suppressed, *Failed):
        assert f"`{reason.value}`" in README
    own = set(NotificationsSettings.model_fields) - set(NotificationsSettings.__mro__[1].model_fields)
    for setting in own:
        assert f"`MISSIONARE_{setting.upper()}`" in section("Settings")
