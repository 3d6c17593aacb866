"""A field that is refused is named as the request names it, so that a program finds the place."""

from __future__ import annotations

from typing import Any

import pytest
from every_service.services import every_route, named
from tools.contracts import refusals

from missionare.kit.routes import Route

ROW_BY_ROW = {"import_entries", "import_rows"}
"""They refuse nothing because of one row, but tell of each what is wrong with it."""
CLASSED_BEFORE = {"merge_suggestion"}
"""What it changes was checked when it was drafted."""
JUDGING = [
    route for route in every_route() if route.endpoint is None and route.operation not in ROW_BY_ROW | CLASSED_BEFORE
]


def known(route: Route) -> set[str]:
    """Give every field of a request, those inside of others by their way."""
    schema = route.body[1].model_json_schema() if route.body else {}
    return {*route.parameters, *below(schema, schema.get("$defs", {}))}


def below(schema: dict[str, Any], parts: dict[str, Any]) -> set[str]:
    found = set()
    for name, part in schema.get("properties", {}).items():
        inner = [part, *part.get("anyOf", ())]
        shapes = [parts[one["$ref"].rpartition("/")[2]] for one in inner if "$ref" in one]
        found |= {name, *(f"{name}.{below_it}" for shape in shapes for below_it in below(shape, parts))}
    return found


@pytest.mark.parametrize("route", JUDGING, ids=named)
def test_a_field_that_is_refused_is_one_of_the_request(route: Route) -> None:
    places = known(route)

    # Inside of another field it is `Invalid.inside` that says so; `tests/members/` has the only one there is.
    assert refusals.fields(route) <= places | {place.rpartition(".")[2] for place in places}


def test_fields_are_found_where_they_are_refused() -> None:
    routes = {route.operation: route for route in JUDGING}

    assert {"from_day", "after_event"} <= refusals.fields(routes["replay_webhook"])
    assert refusals.fields(routes["register_webhook"]) == {"url", "types"}
