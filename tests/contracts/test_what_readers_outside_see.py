"""What leaves the platform is what its owner opens to readers outside, and nothing that stands for a human being."""

from __future__ import annotations

import pytest
from contracts.published import FACTS

from missionare.kit.facts import Audience
from missionare.kit.handlers import Received
from missionare.notifications.integration.domain import MARK, OPEN
from missionare.notifications.integration.handlers import InsightReleased, events

MODELS = {f"{name}.v{handler.model.version}": handler.model for name, handler in events.table.items()}
HUMAN = ("person_id", "missionary_id", "registration_id", "coach_id", "reviewer_id", "goal_id", "certificate_id")
"""Endings of fields that stand for somebody, at one remove or none."""


def test_what_leaves_is_exactly_what_its_owners_open() -> None:
    declared = {name: fact.shown_to for name, fact in FACTS.items() if fact.shown_to is not Audience.INTERNAL}

    assert declared == OPEN
    assert MODELS.keys() == declared.keys()


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.__name__)
def test_no_field_stands_for_somebody_without_being_marked(model: type[Received]) -> None:
    for name, field in model.model_fields.items():
        assert not name.endswith(HUMAN) or MARK in field.metadata, f"{model.__name__}.{name}"


def test_a_fact_that_names_its_readers_itself_is_asked_for_them() -> None:
    asked = {model for model in MODELS.values() if "audience" in model.model_fields}

    assert all(issubclass(model, InsightReleased) for model in asked)
    assert len(asked) == 2
