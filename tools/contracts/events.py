"""What leaves the platform, type by type: the JSON Schema of an event's `data`, and a whole event as an example."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tools.contracts import facts
from tools.contracts.envelope import EXAMPLE
from tools.contracts.examples import Schema, Value

from missionare.kit.facts import Fact
from missionare.kit.handlers import Received
from missionare.notifications.integration.api import described_at
from missionare.notifications.integration.domain import MARK, OPEN, Client, OpenEvent, Secret, written
from missionare.notifications.integration.handlers import events

FOLDER: Final = facts.CONTRACTS / "notifications" / "events"
REFERENCE: Final[Schema] = {
    "type": "string",
    "pattern": "^ref_[a-z2-7]{26}$",
    "description": "somebody, by the name that your organisation alone has for them; nobody else is told any",
}


@dataclass(frozen=True)
class Opened:
    """A type of event, with the fact that it tells of."""

    fact: type[Fact]
    model: type[Received]

    @property
    def title(self) -> str:
        """Name it in documents."""
        return f"Open{self.fact.__name__}"

    @property
    def people(self) -> tuple[str, ...]:
        """Name the fields that stand for human beings."""
        return tuple(name for name, field in self.model.model_fields.items() if MARK in field.metadata)

    @property
    def schema(self) -> Schema:
        """Give the JSON Schema of its data: of the fact's fields those that leave."""
        whole = facts.schema_for(self.fact)
        told = {name: whole["properties"][name] for name in sorted(self.model.model_fields)}
        return {
            "$schema": facts.DIALECT,
            "$id": described_at(self.fact.type),
            "title": self.title,
            "description": whole["description"],
            "type": "object",
            "properties": {name: REFERENCE if name in self.people else part for name, part in told.items()},
            "required": [name for name in told if name in whole["required"] and name not in self.people],
            "x-type": self.fact.type,
            "x-audience": OPEN[self.fact.type].value,
        }

    def example(self, client: Client) -> Value:
        """Give an event as somebody sees it."""
        said = facts.EXAMPLES.whole(facts.schema_for(self.fact))
        event = OpenEvent(
            id=EXAMPLE["ce_id"],
            type=self.fact.type,
            source=self.fact.service,
            aggregate=self.fact.aggregate,
            subject=said[f"{self.fact.aggregate}_id"],
            time=datetime.fromisoformat(EXAMPLE["ce_time"]),
            audience=OPEN[self.fact.type],
            data={name: said[name] for name in self.model.model_fields},
            people=self.people,
        )
        return written(event, client.refer(Secret(b"an example")))


def opened() -> Iterator[Opened]:
    """Give every type of event that leaves the platform."""
    published = {fact.type: fact for fact in facts.published()}
    models = {f"{name}.v{handler.model.version}": handler.model for name, handler in events.table.items()}
    return (Opened(published[name], models[name]) for name in sorted(OPEN))


def webhook() -> Schema:
    """Describe what is sent to the address of a webhook, and what its answers mean (Standard Webhooks 1.0)."""
    text = {"type": "string"}
    described = {
        "webhook-id": "of the event; the same again when it is sent again",
        "webhook-timestamp": "when it was sent, in seconds since 1970",
        "webhook-signature": "`v1,` and an HMAC-SHA-256 in Base64 of id, time and body; two after a change",
    }
    example = next(opened()).example(Client.integration("an organisation"))
    content = {"schema": {"$ref": "#/components/schemas/Event"}, "example": example}
    sent = {
        "operationId": "take_event",
        "summary": "Take an event that your organisation asked for.",
        "description": "Sent to the address of a webhook, in order, until it is taken; `register_webhook` begins it.",
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": told, "schema": text}
            for name, told in described.items()
        ],
        "requestBody": {"required": True, "content": {"application/cloudevents+json": content}},
        "responses": {
            "2XX": {"description": "taken: the next one follows"},
            "410": {"description": "nothing is sent to this address any more"},
            "default": {"description": "not taken: it comes again, later each time, for three days"},
        },
        "security": [],
        "tags": ["webhooks"],
    }
    return {"event": {"post": sent}}


def files() -> Iterator[tuple[str, Value]]:
    """Give the content of each file by its name."""
    for one in opened():
        yield f"{one.fact.type}.schema.json", one.schema
        yield f"{one.fact.type}.example.json", one.example(Client.integration("an organisation"))
