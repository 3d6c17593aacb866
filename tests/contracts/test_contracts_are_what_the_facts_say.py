"""The files under `contracts/` say what the code says, and are what they claim: JSON Schema, and values that fit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum

import jsonschema_rs
import pytest
from contracts.published import FACTS, SCHEMAS, samples
from every_service.tree import ROOT
from tools.contracts import facts
from tools.contracts.examples import spellings
from tools.contracts.facts import EXAMPLES
from tools.contracts.files import documents

from missionare.kit.envelope import headers
from missionare.kit.facts import Code, Fact, Id

FRESH = "run `make contracts` and look at the difference"


def test_every_file_is_there_and_says_what_the_classes_say() -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, text in documents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]

    assert stale == [], FRESH


def test_no_fact_that_is_declared_is_forgotten() -> None:
    declared = {kind.type for kind in Fact.__subclasses__() if kind.__module__.startswith("missionare.")}

    assert declared == FACTS.keys()


@pytest.mark.parametrize("fact_type", SCHEMAS)
def test_a_schema_is_a_schema_and_every_sample_of_its_fact_fits_it(fact_type: str) -> None:
    schema = SCHEMAS[fact_type]
    jsonschema_rs.meta.validate(schema)
    fits = jsonschema_rs.validator_for(schema, validate_formats=True)

    for name, value in samples(fact_type).items():
        fits.validate(value)
        assert value.keys() <= schema["properties"].keys(), f"{name} says what is not in the schema any more"


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_what_is_sent_is_what_the_example_shows(fact: type[Fact]) -> None:
    shown = EXAMPLES.whole(SCHEMAS[fact.type])

    assert json.loads(fact.model_validate_json(json.dumps(shown)).model_dump_json()) == shown


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_the_envelope_names_the_schema_by_the_name_it_has_itself(fact: type[Fact]) -> None:
    row = dict.fromkeys(("_id", "subject", "aggregate", "sequence", "previous", "era", "correlation_id"), "1")
    row |= {"type": fact.type, "time": datetime.now(UTC), "causation_id": None, "actor": "", "traceparent": None}

    named = dict(headers(row, fact.service))["ce_dataschema"].decode()

    assert named == SCHEMAS[fact.type]["$id"]
    assert json.loads((ROOT / named.removeprefix("/missionare/")).read_text(encoding="utf-8"))["x-type"] == fact.type


def test_every_golden_sample_belongs_to_a_fact_with_a_schema() -> None:
    assert {path.name for path in facts.GOLDEN.iterdir()} == SCHEMAS.keys()


# --- the samples say enough to find a fault --------------------------------------------------------------------------


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class ThingMeasured(Fact, aggregate="thing"):
    """A thing was measured."""

    thing_id: Id
    size: Size
    sizes: tuple[Size, ...]
    parts: tuple[Id, ...]
    by: Id | None
    unit: Code
    parcel: Code = "none"


def test_samples_leave_out_what_may_be_left_out_and_use_every_word() -> None:
    schema = facts.schema_for(ThingMeasured)

    assert EXAMPLES.whole(schema).keys() == schema["properties"].keys()
    assert len(EXAMPLES.whole(schema)["parts"]) == 2
    assert EXAMPLES.sparse(schema).keys() == schema["properties"].keys() - {"parcel"}
    assert (EXAMPLES.sparse(schema)["by"], EXAMPLES.sparse(schema)["parts"]) == (None, [])
    assert {value["size"] for value in spellings(EXAMPLES, schema)} == {"small", "large"}
    assert {word for value in spellings(EXAMPLES, schema) for word in value["sizes"]} == {"small", "large"}


def test_an_id_is_the_same_wherever_it_occurs_and_of_the_kind_we_make() -> None:
    examples = [EXAMPLES.whole(schema) for schema in SCHEMAS.values()]
    journeys = {value["journey_id"] for value in examples if value.get("journey_id")}

    assert len(journeys) == 1
    assert journeys.pop()[14] == "7"
