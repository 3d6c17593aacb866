"""AsyncAPI 3.1: which facts a service publishes on which topic, and whose facts it reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from tools.contracts import events, facts
from tools.contracts.envelope import EXAMPLE, HEADERS
from tools.contracts.events import Opened
from tools.contracts.examples import Schema

from missionare.kit.envelope import schema_of
from missionare.kit.facts import Fact
from missionare.kit.service import Service
from missionare.kit.topics import MAX_MESSAGE_BYTES, PARTITIONS, RETENTION_MS, topic_of
from missionare.notifications.integration.api import Event
from missionare.notifications.integration.domain import Client

VERSION: Final = "3.1.0"
OWN: Final = "#/components/messages/"
BROKER: Final[Schema] = {
    "host": "kafka.missionare.example:9093",
    "protocol": "kafka-secure",
    "description": "the platform's broker; each service and each integration has a user of its own",
    "security": [{"$ref": "#/components/securitySchemes/user"}],
}
KAFKA_BINDING: Final = "0.5.0"
EVENT: Final = facts.plain(Event.model_json_schema(mode="validation"))
_ABOUT: Final = """The facts that `{service}` publishes, and those of others that it reads.

Facts are CloudEvents 1.0 in Kafka's binary mode: the value is the fact's JSON, everything else a header. They arrive at
least once and, of one aggregate, in order: `ce_previous` names the fact before, so that a gap shows. A fact carries
ids, codes, numbers and dates, never a name or a text. Whoever reads ignores what it does not know."""


def document(service: Service) -> Schema:
    """Give the document of a service. Its messages refer to the JSON Schemas beside it."""
    published = list(facts.published())
    messages = {fact.__name__: _message(fact) for fact in published if fact.service == service.name}
    read = _read(service, {fact.type: fact for fact in published})
    outside = [outlet.owner for outlet in service.outlets]
    open_events = {one.title: _open_event(one) for one in events.opened()} if outside else {}
    return {
        "asyncapi": VERSION,
        "info": {
            "title": f"Missionare: facts of {service.name}",
            "version": "1",
            "license": {"name": "Apache-2.0"},
            "description": _ABOUT.format(service=service.name),
        },
        "defaultContentType": "application/json",
        "servers": {"broker": BROKER},
        "channels": {
            **{owner: _channel(owner, _own(open_events), "What is open to readers outside") for owner in outside},
            service.name: _channel(service.name, _own(messages)),
            **{source: _channel(source, _of(source, told)) for source, told in read.items() if source != service.name},
        },
        "operations": dict(
            _operations(service.name, {owner: list(open_events) for owner in outside}, list(messages), read)
        ),
        "components": {
            "messages": {**messages, **open_events},
            "schemas": {"Envelope": HEADERS, **({"Event": EVENT} if outside else {})},
            "securitySchemes": {"user": {"type": "scramSha512", "description": "one user per service"}},
        },
    }


def _operations(
    service: str, outside: dict[str, list[str]], messages: list[str], read: dict[str, list[type[Fact]]]
) -> Iterator[tuple[str, Schema]]:
    for owner, names in outside.items():
        yield f"publish_{owner}", _operation("send", owner, names, f"{service} tells the world outside")
    yield "publish", _operation("send", service, messages, f"{service} says what happened")
    for source, told in read.items():
        names = [fact.__name__ for fact in told]
        yield f"read_{source}", _operation("receive", source, names, f"{service} acts on facts of {source}")


def _own(messages: Iterable[str]) -> dict[str, str]:
    """Name messages where this document describes them."""
    return {name: OWN + name for name in messages}


def _of(source: str, told: list[type[Fact]]) -> dict[str, str]:
    """Name the messages of another service where that service describes them."""
    return {fact.__name__: f"../{source}/asyncapi.json{OWN}{fact.__name__}" for fact in told}


def _read(service: Service, published: dict[str, type[Fact]]) -> dict[str, list[type[Fact]]]:
    """Give the facts that a service reads, by who publishes them."""
    models = {handler.model for table in service.handlers for handler in table.table.values()}
    names = sorted({f"{model.name}.v{model.version}" for model in models})
    found: dict[str, list[type[Fact]]] = {}
    for fact in (published[name] for name in names if name in published):
        found.setdefault(fact.service, []).append(fact)
    return found


def _channel(source: str, messages: dict[str, str], title: str = "") -> Schema:
    return {
        "address": topic_of(source),
        "title": title or f"What happened in {source}",
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {name: {"$ref": reference} for name, reference in messages.items()},
        "bindings": {
            "kafka": {
                "topic": topic_of(source),
                "partitions": PARTITIONS,
                "topicConfiguration": {"retention.ms": RETENTION_MS, "max.message.bytes": MAX_MESSAGE_BYTES},
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _operation(action: str, channel: str, messages: list[str], summary: str) -> Schema:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }


def _message(fact: type[Fact]) -> Schema:
    schema = facts.schema_for(fact)
    return {
        "name": fact.type,
        "title": fact.__name__,
        "summary": schema["description"],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Envelope"},
        "payload": {"$ref": f"./facts/{schema_of(fact.type).rpartition('/')[2]}"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": KAFKA_BINDING}},
        "tags": [{"name": fact.aggregate}, {"name": f"readers:{fact.shown_to.value}"}],
        "examples": list(_example(fact, schema)),
    }


def _open_event(opened: Opened) -> Schema:
    """Describe a type of what leaves the platform: a CloudEvent in its JSON format, in which no human being is."""
    kind = opened.fact.type
    data = {"$ref": f"./events/{kind}.schema.json"}
    narrowed = {"type": "object", "properties": {"type": {"const": kind}, "data": data}}
    return {
        "name": kind,
        "title": opened.title,
        "summary": opened.schema["description"],
        "contentType": "application/cloudevents+json",
        "payload": {"allOf": [{"$ref": "#/components/schemas/Event"}, narrowed]},
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": KAFKA_BINDING}},
        "tags": [{"name": opened.fact.aggregate}, {"name": f"readers:{opened.schema['x-audience']}"}],
        "examples": [{"name": "whole", "payload": opened.example(Client())}],
    }


def _example(fact: type[Fact], schema: Schema) -> Iterator[Schema]:
    value = facts.EXAMPLES.whole(schema)
    subject = value[f"{fact.aggregate}_id"]
    own = {
        "ce_source": f"/missionare/{fact.service}",
        "ce_type": fact.type,
        "ce_subject": subject,
        "ce_dataschema": schema_of(fact.type),
        "ce_partitionkey": subject,
        "ce_aggregatetype": fact.aggregate,
    }
    yield {"name": "whole", "headers": {**EXAMPLE, **own}, "payload": value}
