"""Every file under `contracts/` that the code asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tools.contracts import asyncapi, events, facts, openapi, promised, seals
from tools.contracts.facts import CONTRACTS, EXAMPLES, GOLDEN, text
from tools.wiring import ROOT, wired

from missionare.kit.service import Service


def documents() -> dict[Path, str]:
    """Give the content of each file by its place."""
    made = dict(_of_facts())
    made[ROOT / seals.NAME] = _sealed(made)
    made.update((events.FOLDER / name, text(content)) for name, content in events.files())
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
    yield folder / "asyncapi.json", text(asyncapi.document(service))
    for internal in (False, True):
        sent = events.webhook() if service.outlets and not internal else None
        described = text(openapi.document(service.name, routes, internal=internal, webhooks=sent))
        kept = promised.golden_file(service.name, internal=internal)
        before = kept.read_text(encoding="utf-8") if kept.exists() else ""
        yield promised.document_of(kept), described
        yield kept, promised.continued(before, promised.of(json.loads(described)))


def _sealed(made: dict[Path, str]) -> str:
    """Give the list of the golden samples: of those that are there, and of those that are about to be."""
    samples = {path: path.read_text(encoding="utf-8") for path in GOLDEN.glob("*/*.json")}
    samples |= {path: content for path, content in made.items() if path.is_relative_to(GOLDEN)}
    listed = ROOT / seals.NAME
    before = listed.read_text(encoding="utf-8") if listed.exists() else ""
    return seals.continued(before, {path.relative_to(CONTRACTS).as_posix(): text for path, text in samples.items()})
