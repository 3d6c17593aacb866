"""Every service's AsyncAPI document names what it publishes and reads, and the reference parser understands it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from contracts.npm import fetched, judged
from contracts.published import FACTS, SCHEMAS, handlers
from every_service.tree import SERVICES
from tools.contracts.envelope import HEADERS
from tools.contracts.facts import CONTRACTS

from missionare.kit.envelope import from_record, headers
from missionare.kit.topics import topic_of
from missionare.notifications.integration.domain import OPEN

Value = dict[str, Any]
PARSER = "@asyncapi/parser@3.6.6"
OUTSIDE = "application/cloudevents+json"
"""What is no fact, but what the world outside is told of some."""
each_service = pytest.mark.parametrize("service", SERVICES)


@cache
def committed(service: str) -> Value:
    document: Value = json.loads((CONTRACTS / service / "asyncapi.json").read_text(encoding="utf-8"))
    return document


def followed(service: str, reference: str) -> Value:
    """Give what a reference of a service's document names, in that file or another."""
    file, _, place = reference.partition("#")
    path = (CONTRACTS / service / file).resolve() if file else CONTRACTS / service / "asyncapi.json"
    found: Value = json.loads(path.read_text(encoding="utf-8"))
    for step in filter(None, place.split("/")):
        found = found[step]
    return found


@each_service
def test_every_fact_that_a_service_publishes_is_a_message_on_its_topic(service: str) -> None:
    document = committed(service)
    channel = document["channels"][service]
    own = {fact.type for fact in FACTS.values() if fact.service == service}

    assert channel["address"] == topic_of(service)
    assert {followed(service, said["$ref"])["name"] for said in channel["messages"].values()} == own
    assert document["operations"]["publish"]["action"] == "send"
    assert len(document["operations"]["publish"]["messages"]) == len(own)


@each_service
def test_every_message_has_the_schema_of_its_fact_and_an_example_that_fits(service: str) -> None:
    for message in committed(service)["components"]["messages"].values():
        if message["contentType"] == OUTSIDE:
            continue
        schema = followed(service, message["payload"]["$ref"])
        example = message["examples"][0]

        assert schema == SCHEMAS[message["name"]]
        jsonschema_rs.validator_for(schema).validate(example["payload"])
        jsonschema_rs.validator_for(HEADERS).validate(example["headers"])
        record = [(name, text.encode()) for name, text in example["headers"].items()]
        assert from_record(json.dumps(example["payload"]).encode(), record).type == message["name"]


def test_what_leaves_the_platform_is_described_on_its_own_topic() -> None:
    document = committed("notifications")

    assert document["channels"]["integration"]["address"] == topic_of("integration")
    assert document["operations"]["publish_integration"]["action"] == "send"
    told = [followed("notifications", one["$ref"]) for one in document["channels"]["integration"]["messages"].values()]
    assert {message["name"] for message in told} == OPEN.keys()
    for message in told:
        envelope, narrowed = message["payload"]["allOf"]
        example = message["examples"][0]["payload"]
        fits(followed("notifications", envelope["$ref"])).validate(example)
        fits(followed("notifications", narrowed["properties"]["data"]["$ref"])).validate(example["data"])
        assert example["type"] == narrowed["properties"]["type"]["const"] == message["name"]
        assert "ref_" not in json.dumps(example), "nobody in particular has names for people"


def fits(schema: Value) -> Any:
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def test_the_headers_described_are_those_that_are_sent() -> None:
    texts = ("_id", "type", "subject", "aggregate", "previous", "correlation_id", "actor")
    row = {**dict.fromkeys(texts, "x.y.v1"), "sequence": 1, "era": 1, "causation_id": None, "traceparent": None}

    sent = dict(headers({**row, "time": datetime.now(UTC)}, "x"))

    assert sent.keys() == HEADERS["properties"].keys()


@each_service
def test_every_fact_that_a_service_reads_is_named_with_its_publisher(service: str) -> None:
    document = committed(service)
    told = {
        followed(service, document["channels"][source]["messages"][name]["$ref"])["name"]
        for operation in document["operations"].values()
        if operation["action"] == "receive"
        for _, _, source, _, name in [reference["$ref"].split("/") for reference in operation["messages"]]
    }
    read = {
        f"{handler.model.name}.v{handler.model.version}"
        for consumer, handler in handlers()
        if consumer.partition(".")[0] == service
    }

    assert told == read


# --- the reference parser --------------------------------------------------------------------------------------------

PARSE = """
import { Parser, fromFile } from "@asyncapi/parser";
const told = [];
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await fromFile(new Parser(), file).parse();
  told.push({ messages: document ? document.allMessages().length : null, wrong: diagnostics.map((d) => d.message) });
}
console.log(JSON.stringify(told));
"""


@pytest.fixture(scope="module")
def parser() -> Path:
    """The AsyncAPI initiative's own parser."""
    return fetched(PARSE, PARSER)


@pytest.mark.thorough
def test_the_reference_parser_finds_nothing_wrong_and_every_message(parser: Path) -> None:
    told = judged(parser, *(CONTRACTS / service / "asyncapi.json" for service in SERVICES))

    assert [said["wrong"] for said in told] == [[]] * len(SERVICES)
    for service, said in zip(SERVICES, told, strict=True):
        assert said["messages"] >= len(committed(service)["components"]["messages"])


@pytest.mark.thorough
def test_the_reference_parser_sees_a_document_that_is_none(parser: Path, tmp_path: Path) -> None:
    broken = json.loads(json.dumps(committed("members")).replace("./facts/", f"{CONTRACTS}/members/facts/"))
    broken["operations"]["publish"]["channel"]["$ref"] = "#/channels/nowhere"
    (tmp_path / "asyncapi.json").write_text(json.dumps(broken))

    assert judged(parser, tmp_path / "asyncapi.json")[0]["wrong"]
