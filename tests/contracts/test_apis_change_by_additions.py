"""A change of a route that a caller would notice is seen, whatever it is, and an addition is none."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from fastapi import Query
from pydantic import Field
from tools.contracts import openapi, promised
from tools.contracts.promised import Promises, broken, continued, read

from missionare.kit.routes import Answer, Body, Command, Done, Paged, Policy, Reader, Routes

Document = dict[str, Any]


class BoxView(Answer):
    id: str
    version: int
    label: str
    colour: Literal["red", "blue"]
    parts: tuple[str, ...]


class BoxDraft(Body):
    label: Annotated[str, Field(min_length=2, max_length=20)]
    colour: Literal["red", "blue"]
    weight: Annotated[int, Field(ge=1, le=9)] = 1
    note: str | None = None


def documented() -> Document:
    """Describe a service with three routes."""
    routes = Routes("boxes")

    @routes.get("/boxes", policy=Policy.public(), answers=Paged[BoxView])
    async def list_boxes(_reader: Reader, label: Annotated[str, Query(max_length=40)] = "") -> Paged[BoxView]:
        """List the boxes."""
        raise NotImplementedError(label)

    async def show(box_id: str, _reader: Reader) -> BoxView:
        raise NotImplementedError(box_id)

    @routes.post("/boxes", policy=Policy.signed_in(), shows=show, status=201)
    async def open_box(body: BoxDraft, command: Command) -> Done:
        """Open a box."""
        raise NotImplementedError(body, command)

    @routes.put("/boxes/{box_id}", policy=Policy.signed_in(), shows=show, changes=True)
    async def change_box(box_id: str, body: BoxDraft, command: Command) -> Done:
        """Change a box."""
        raise NotImplementedError(box_id, body, command)

    return openapi.document("boxes", routes.declared)


WHOLE = documented()
DRAFT = WHOLE["components"]["schemas"]["BoxDraft"]


def after(change: Callable[[Document], Any]) -> Promises:
    """Give what is promised after a change."""
    document = copy.deepcopy(WHOLE)
    change(document)
    return promised.of(document)


def view(document: Document) -> Document:
    part: Document = document["components"]["schemas"]["BoxView"]
    return part


def draft(document: Document) -> Document:
    part: Document = document["components"]["schemas"]["BoxDraft"]
    return part


def operation(document: Document, method: str = "post") -> Document:
    paths = document["paths"]
    part: Document = paths["/api/boxes/v1/boxes/{box_id}" if method == "put" else "/api/boxes/v1/boxes"][method]
    return part


BREAKING: dict[str, tuple[Callable[[Document], Any], str]] = {
    "an operation": (lambda d: d["paths"]["/api/boxes/v1/boxes"].pop("get"), "GET /api/boxes/v1/boxes is gone"),
    "an address": (
        lambda d: d["paths"].update({"/api/boxes/v1/crates": d["paths"].pop("/api/boxes/v1/boxes")}),
        "GET /api/boxes/v1/boxes is gone",
    ),
    "an operation's name": (lambda d: operation(d).update(operationId="x"), "it was open_box and is x"),
    "a status": (
        lambda d: operation(d)["responses"].update({"202": operation(d)["responses"].pop("201")}),
        "it answered 201 and answers 202",
    ),
    "an answer's field": (lambda d: view(d)["properties"].pop("label"), ".items[].label is not answered any more"),
    "an answer's type": (
        lambda d: view(d)["properties"].update(version={"type": "string"}),
        ".items[].version was integer and is string",
    ),
    "an answer that may be null": (
        lambda d: view(d)["properties"].update(label={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ".items[].label was string and is null|string",
    ),
    "a field that is taken": (lambda d: draft(d)["properties"].pop("note"), ".note is not taken any more"),
    "a type that is taken": (
        lambda d: draft(d)["properties"].update(note={"type": "string"}),
        ".note took null|string and takes string",
    ),
    "a word that is taken": (
        lambda d: draft(d)["properties"]["colour"].update(enum=["red"]),
        ".colour does not take the word blue any more",
    ),
    "a field that is needed": (lambda d: draft(d)["required"].append("weight"), ".weight is required now"),
    "a parameter that is needed": (
        lambda d: operation(d, "get")["parameters"][0].update(required=True),
        "?label is required now",
    ),
    "a parameter that is gone": (lambda d: operation(d, "get")["parameters"].clear(), "?label is not taken any more"),
    "a header that is needed": (
        lambda d: operation(d)["parameters"].append(
            {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}
        ),
        "header:If-Match is required now",
    ),
    "a shorter text": (
        lambda d: draft(d)["properties"]["label"].update(maxLength=19),
        ".label: maxLength was 20 and is 19",
    ),
    "a longer text": (
        lambda d: draft(d)["properties"]["label"].update(minLength=3),
        ".label: minLength was 2 and is 3",
    ),
    "a limit that was not there": (
        lambda d: draft(d)["properties"]["label"].update(minItems=1),
        ".label: minItems was not there and is 1",
    ),
    "a smaller number": (
        lambda d: draft(d)["properties"]["weight"].update(maximum=8),
        ".weight: maximum was 9 and is 8",
    ),
}
ADDITIONS: dict[str, Callable[[Document], Any]] = {
    "an operation": lambda d: d["paths"].update({"/api/boxes/v1/x": {"get": operation(d, "get")}}),
    "an answer's field": lambda d: view(d)["properties"].update(size={"type": "integer"}),
    "a word that is answered": lambda d: view(d)["properties"]["colour"]["enum"].append("green"),
    "a field that may be left out": lambda d: draft(d)["properties"].update(size={"type": "integer"}),
    "a word that is taken": lambda d: draft(d)["properties"]["colour"]["enum"].append("green"),
    "a field that is needed no more": lambda d: draft(d)["required"].remove("colour"),
    "a parameter that may be left out": lambda d: operation(d)["parameters"].append(
        {"name": "x", "in": "query", "required": False, "schema": {"type": "string"}}
    ),
    "a looser limit": lambda d: draft(d)["properties"]["label"].update(maxLength=21, minLength=1),
    "no limit": lambda d: draft(d)["properties"]["weight"].pop("maximum"),
    "better words": lambda d: operation(d).update(summary="Better.", description="Better words."),
    "another refusal": lambda d: operation(d)["responses"].update({"410": {"description": "gone"}}),
}


@pytest.mark.parametrize(("change", "said"), BREAKING.values(), ids=BREAKING)
def test_what_a_caller_would_notice_is_named(change: Callable[[Document], Any], said: str) -> None:
    told = broken(promised.of(WHOLE), after(change))

    assert any(line.endswith(said) for line in told), told


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_is_no_break(change: Callable[[Document], Any]) -> None:
    assert broken(promised.of(WHOLE), after(change)) == []


@pytest.mark.parametrize(("change", "said"), BREAKING.values(), ids=BREAKING)
def test_a_break_stays_seen_however_often_the_golden_contract_is_written(
    change: Callable[[Document], Any], said: str
) -> None:
    golden = continued("", promised.of(WHOLE))

    for _ in range(2):
        golden = continued(golden, after(change))

    assert any(line.endswith(said) for line in broken(read(golden), after(change)))


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_is_promised_from_then_on(change: Callable[[Document], Any]) -> None:
    golden = read(continued(continued("", promised.of(WHOLE)), after(change)))

    assert broken(golden, after(change)) == []
    assert golden == after(change)
