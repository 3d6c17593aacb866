"""Every consumer of every service reads every sample of the facts it consumes, the oldest and the newest."""

from __future__ import annotations

from typing import ClassVar

import pytest
from contracts.published import FACTS, SCHEMAS, Value, enveloped, handlers, samples

from missionare.kit.handlers import Received, Upcast, version_of
from missionare.members.events import GoalAgreed as Published

CONSUMED = [(consumer, handler.model) for consumer, handler in handlers()]
NAMES = [f"{consumer} reads {model.__name__}" for consumer, model in CONSUMED]
each = pytest.mark.parametrize("model", [model for _, model in CONSUMED], ids=NAMES)


def versions(model: type[Received]) -> list[str]:
    """Name the types that were published of the fact a model reads, oldest first."""
    return sorted((name for name in SCHEMAS if name.rpartition(".")[0] == model.name), key=version_of)


def unread(model: type[Received], fact_type: str) -> list[str]:
    """Name the samples of a type that a model does not read, each with what it makes of it."""
    told = []
    for name, value in samples(fact_type).items():
        try:
            model.read(enveloped(fact_type, value))
        except Exception as error:  # noqa: BLE001 - whatever it raises, it parks the fact
            told.append(f"{fact_type} {name}: {error}")
    return told


def misread(model: type[Received], value: Value) -> dict[str, object]:
    """Give what a model of the same version makes of a value where that is not what was said."""
    made = model.model_validate(value).model_dump(mode="json")
    return {name: read for name, read in made.items() if read != value.get(name, read)}


def test_there_is_a_model_for_everything_the_services_consume() -> None:
    consumers = {consumer for consumer, _ in CONSUMED}

    assert {"members", "journeys", "catalog", "notifications"} <= consumers
    assert len(CONSUMED) > len(consumers)


@each
def test_what_is_consumed_is_published_by_its_owner_of_that_aggregate(model: type[Received]) -> None:
    newest = versions(model)[-1]

    assert newest in FACTS, f"{model.source} does not publish {newest} any more"
    assert FACTS[newest].service == model.source
    assert FACTS[newest].aggregate == model.aggregate
    assert model.version >= version_of(newest), "consumers are rolled out before a new version is published"


@each
def test_every_sample_of_every_version_is_read(model: type[Received]) -> None:
    assert [told for fact_type in versions(model) for told in unread(model, fact_type)] == []


@each
def test_what_is_read_is_what_was_said(model: type[Received]) -> None:
    newest = f"{model.name}.v{model.version}"
    for value in samples(newest).values():
        assert misread(model, value) == {}


@each
def test_nothing_is_read_that_nobody_says(model: type[Received]) -> None:
    said = SCHEMAS[f"{model.name}.v{model.version}"]["properties"].keys()

    assert model.model_fields.keys() <= said, "a field with a default that no fact fills invents a fact"


# --- sabotage: the same questions find a model that asks too much ----------------------------------------------------

GOAL_AGREED = Published.type


class GoalAgreed(Received, source="members", aggregate="goal"):
    goal_id: str


class WithOneMore(GoalAgreed, source="members", aggregate="goal"):
    priority: int


class NeverNull(GoalAgreed, source="members", aggregate="goal"):
    organisation_id: str


class FewerWords(GoalAgreed, source="members", aggregate="goal"):
    topics: tuple[str, ...]

    @classmethod
    def read(cls, envelope: object) -> Received:
        fact = super().read(envelope)  # type: ignore[arg-type]
        if "cooperation" in fact.topics:  # type: ignore[attr-defined]
            raise ValueError("no such topic")
        return fact


class Shortened(GoalAgreed, source="members", aggregate="goal"):
    target_on: str

    def model_dump(self, **_options: object) -> dict[str, object]:  # type: ignore[override]
        return {"target_on": self.target_on[:4]}


def test_a_required_field_more_is_seen() -> None:
    assert unread(GoalAgreed, GOAL_AGREED) == []
    assert len(unread(WithOneMore, GOAL_AGREED)) == len(samples(GOAL_AGREED))


def test_a_field_that_is_taken_for_never_empty_is_seen() -> None:
    assert [told.partition(":")[0] for told in unread(NeverNull, GOAL_AGREED)] == [f"{GOAL_AGREED} sparse-1"]


def test_a_word_that_a_reader_does_not_know_is_seen() -> None:
    assert len(unread(FewerWords, GOAL_AGREED)) == 1


def test_a_value_that_is_read_otherwise_than_it_was_said_is_seen() -> None:
    assert misread(Shortened, samples(GOAL_AGREED)["example"]) == {"target_on": "2026"}


# --- a version more --------------------------------------------------------------------------------------------------


class GoalOfTwo(Received, source="members", aggregate="goal", version=2):
    goal_id: str
    priority: int

    upcasts: ClassVar[dict[int, Upcast]] = {1: lambda said: {**said, "priority": 0}}


class GoalWithoutAWay(Received, source="members", aggregate="goal", version=2):
    goal_id: str
    priority: int


def test_yesterday_s_samples_are_read_by_tomorrow_s_model_where_there_is_a_way_up() -> None:
    assert unread(GoalOfTwo, GOAL_AGREED) == []
    assert len(unread(GoalWithoutAWay, GOAL_AGREED)) == len(samples(GOAL_AGREED))
