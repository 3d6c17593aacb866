"""Every file under `contracts/` that the code asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tools.contracts import asyncapi, facts, openapi, promised
from tools.contracts.facts import CONTRACTS, EXAMPLES, text
from tools.wiring import wired

from missionare.kit.service import Service


def documents() -> dict[Path, str]:
    """Give the content of each file by its place."""
    made = dict(_of_facts())
    with wired() as services:
        for service in services:
            made.update(_of_service(service))
    return made


def _of_facts() -> Iterator[tuple[Path, str]]:
    for fact in facts.published():
        schema = facts.schema_for(fact)
        path = facts.file_of(fact.type)
        yield path, text(schema)
        yield path.with_name(path.name.replace(".schema.", ".example.")), text(EXAMPLES.whole(schema))
        yield from facts.new_golden(fact.type, schema).items()


def _of_service(service: Service) -> Iterator[tuple[Path, str]]:
    folder, routes = CONTRACTS / service.name, service.declared_routes()
    public = openapi.document(service.name, routes)
    yield folder / "openapi.json", text(public)
    yield folder / "internal.openapi.json", text(openapi.document(service.name, routes, internal=True))
    yield folder / "asyncapi.json", text(asyncapi.document(service))
    kept = promised.golden_file(service.name)
    before = kept.read_text(encoding="utf-8") if kept.exists() else ""
    yield kept, promised.continued(before, promised.of(json.loads(text(public))))
