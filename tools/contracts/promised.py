"""What an OpenAPI document promises a caller, put so that two states of it can be compared; and the comparison.

Kept in `contracts/golden-apis/`, where a promise once made stays: see `continued`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from tools.contracts.examples import Schema
from tools.contracts.facts import CONTRACTS

T = TypeVar("T")

DATA: Final = frozenset({"application/json", "text/event-stream"})
UPPER: Final = ("maxLength", "maxItems", "maximum", "exclusiveMaximum")
LOWER: Final = ("minLength", "minItems", "minimum", "exclusiveMinimum")
Types = str
"""What may stand at a place, joined by `|`."""


@dataclass
class Promise:
    """One operation as its callers know it. Places are `.field`, `.list[]`, `?query` and `Header:`."""

    operation: str
    status: str
    answers: dict[str, Types] = field(default_factory=dict)
    """Every place of a successful answer, with what may stand there."""
    takes: dict[str, Types] = field(default_factory=dict)
    """Every place of a request, with what may stand there."""
    words: dict[str, list[str]] = field(default_factory=dict)
    """The vocabulary that is taken at a place."""
    needs: list[str] = field(default_factory=list)
    """The places without which a request is refused."""
    bounds: dict[str, dict[str, float]] = field(default_factory=dict)
    """How long, how many or how large something may be."""


Promises = dict[str, Promise]
"""By method and address."""


def golden_file(service: str, *, internal: bool = False) -> Path:
    """Name the file in which a service's promises are kept: to programs outside, or to the other services."""
    return CONTRACTS / "golden-apis" / (f"{service}.internal.json" if internal else f"{service}.json")


def document_of(golden: Path) -> Path:
    """Name the document that makes the promises of a golden file."""
    service, _, kind = golden.stem.partition(".")
    return golden.parents[1] / service / (f"{kind}.openapi.json" if kind else "openapi.json")


def read(text: str) -> Promises:
    """Read a file of promises; an empty one has none."""
    return {place: Promise(**said) for place, said in json.loads(text or "{}").items()}


def written(promises: Promises) -> str:
    """Write a file of promises."""
    said = {place: asdict(promises[place]) for place in sorted(promises)}
    return json.dumps(said, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def of(document: Schema) -> Promises:
    """Read what a document promises."""
    schemas = document["components"]["schemas"]
    return {
        f"{method.upper()} {path}": _promise(operation, schemas)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def broken(before: Promises, now: Promises) -> list[str]:
    """Name every promise that is not kept, as somebody who relies on it would notice."""
    told = []
    for place, old in sorted(before.items()):
        if place not in now:
            told.append(f"{place} is gone")
            continue
        told += [f"{place}: {change}" for change in _changes(old, now[place])]
    return told


def continued(before: str, now: Promises) -> str:
    """Give the promises kept so far with what is promised anew; nothing that was promised is left out."""
    kept = read(before)
    for place, promise in now.items():
        kept[place] = _joined(kept[place], promise) if place in kept else promise
    return written(kept)


def _changes(old: Promise, new: Promise) -> Iterator[str]:
    if old.operation != new.operation:
        yield f"it was {old.operation} and is {new.operation}"
    if old.status != new.status:
        yield f"it answered {old.status} and answers {new.status}"
    for name, types in old.answers.items():
        if name not in new.answers:
            yield f"{name} is not answered any more"
        elif not _among(new.answers[name], types):
            yield f"{name} was {types} and is {new.answers[name]}"
    for name, types in old.takes.items():
        if name not in new.takes:
            yield f"{name} is not taken any more"
        elif not _among(types, new.takes[name]):
            yield f"{name} took {types} and takes {new.takes[name]}"
    for name, words in old.words.items():
        gone = sorted(set(words) - set(new.words.get(name, words)))
        yield from (f"{name} does not take the word {word} any more" for word in gone)
    yield from (f"{name} is required now" for name in new.needs if name not in old.needs)
    yield from _tighter(old, new)


def _tighter(old: Promise, new: Promise) -> Iterator[str]:
    for name in old.takes.keys() & new.takes.keys():
        was, now = old.bounds.get(name, {}), new.bounds.get(name, {})
        for bound, value in now.items():
            if bound not in was or _is_tighter(bound, value, was[bound]):
                yield f"{name}: {bound} was {was.get(bound, 'not there')} and is {value}"


def _is_tighter(bound: str, value: float, before: float) -> bool:
    return value < before if bound in UPPER else value > before


def _joined(old: Promise, new: Promise) -> Promise:
    """Keep what was promised, and take over what is promised better or anew."""

    def narrower(was: Types, now: Types) -> Types:
        return now if _among(now, was) else was

    def wider(was: Types, now: Types) -> Types:
        return now if _among(was, now) else was

    return Promise(
        operation=old.operation,
        status=old.status,
        answers=_each(old.answers, new.answers, narrower),
        takes=_each(old.takes, new.takes, wider),
        words=_each(old.words, new.words, lambda was, now: sorted({*was, *now})),
        needs=sorted(set(old.needs) & set(new.needs)),
        bounds={
            **{name: bounds for name, bounds in new.bounds.items() if name not in old.takes},
            **{name: _looser(was, new.bounds.get(name, {})) for name, was in old.bounds.items() if name in new.takes},
            **{name: was for name, was in old.bounds.items() if name not in new.takes},
        },
    )


def _each(old: Mapping[str, T], new: Mapping[str, T], join: Callable[[T, T], T]) -> dict[str, T]:
    """Join what both name, and take the rest as it is."""
    return {**new, **{name: join(was, new[name]) if name in new else was for name, was in old.items()}}


def _looser(was: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    shared = was.keys() & now.keys()
    return {bound: was[bound] if _is_tighter(bound, now[bound], was[bound]) else now[bound] for bound in shared}


def _among(some: Types, others: Types) -> bool:
    return set(some.split("|")) <= set(others.split("|"))


def _added(before: Types | None, more: Types) -> Types:
    return "|".join(sorted({*(before or more).split("|"), *more.split("|")}))


def _promise(operation: Schema, schemas: Mapping[str, Schema]) -> Promise:
    status, answer = next((code, said) for code, said in operation["responses"].items() if code < "300")
    made = Promise(operation["operationId"], status)
    for name, part in _content(answer):
        for place, shape in _places(name, part, schemas):
            made.answers[place] = _added(made.answers.get(place), _types(shape))
    for parameter in operation.get("parameters", ()):
        name = f"?{parameter['name']}" if parameter["in"] == "query" else f"{parameter['in']}:{parameter['name']}"
        _take(made, name, parameter["schema"], schemas)
        made.needs += [name] if parameter["required"] else []
    for name, part in _content(operation.get("requestBody", {})):
        _take(made, name, part, schemas)
        made.needs += _needed(name, part, schemas)
    made.needs.sort()
    return made


def _content(said: Schema) -> Iterator[tuple[str, Schema]]:
    """Give the shape of a body, by the beginning of its places: nothing for data, else its type."""
    for kind, content in said.get("content", {}).items():
        yield ("" if kind in DATA else kind), content.get("schema", {})


def _take(promise: Promise, name: str, part: Schema, schemas: Mapping[str, Schema]) -> None:
    for place, shape in _places(name, part, schemas):
        promise.takes[place] = _added(promise.takes.get(place), _types(shape))
        if "enum" in shape or "const" in shape:
            words = shape.get("enum", [shape.get("const")])
            promise.words[place] = sorted({*promise.words.get(place, ()), *map(str, words)})
        if bounds := {bound: shape[bound] for bound in (*UPPER, *LOWER) if bound in shape}:
            promise.bounds[place] = bounds


def _places(name: str, part: Schema, schemas: Mapping[str, Schema], above: tuple[str, ...] = ()) -> Iterator[Any]:
    """Give every place of a shape with what stands there; of a shape inside itself the outer one only."""
    if "$ref" in part:
        reference = part["$ref"].rpartition("/")[2]
        if reference in above:
            return
        part, above = schemas[reference], (*above, reference)
    if several := part.get("anyOf", part.get("oneOf")):
        for one in several:
            yield from _places(name, one, schemas, above)
        return
    yield name, part
    for inner, shape in part.get("properties", {}).items():
        yield from _places(f"{name}.{inner}", shape, schemas, above)
    if isinstance(part.get("additionalProperties"), dict):
        yield from _places(f"{name}.*", part["additionalProperties"], schemas, above)
    if "items" in part:
        yield from _places(f"{name}[]", part["items"], schemas, above)


def _needed(name: str, part: Schema, schemas: Mapping[str, Schema]) -> list[str]:
    return [f"{place}.{inner}" for place, shape in _places(name, part, schemas) for inner in shape.get("required", ())]


def _types(shape: Schema) -> Types:
    if "const" in shape or "enum" in shape:
        return str(shape.get("type", "string"))
    kind = shape.get("type", "anything")
    return "|".join(kind) if isinstance(kind, list) else f"{kind}:{shape['format']}" if "format" in shape else kind
