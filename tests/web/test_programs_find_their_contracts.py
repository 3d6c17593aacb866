"""The documentation for programs: every address and fact has a page, and every file is given as it is committed."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from every_service.tree import ROOT, SERVICES
from web.region import Browser, Streets, pages

from missionare.web.reference import contracts, shapes

CONTRACTS = ROOT / "contracts"


@pytest.fixture
def browser() -> Browser:
    return Browser(pages(Streets()))


async def test_the_overview_leads_to_every_service(browser: Browser) -> None:
    page = await browser.look("/docs")

    assert page.status == 200
    assert sorted(contracts.SERVICES) == SERVICES
    for service in SERVICES:
        assert f"/docs/api/{service}" in page.links.values()
        assert f"/docs/facts/{service}" in page.links.values()


@pytest.mark.parametrize("service", SERVICES)
async def test_every_address_is_listed_and_leads_to_its_page(browser: Browser, service: str) -> None:
    listed = await browser.look(f"/docs/api/{service}")
    document = json.loads((CONTRACTS / service / "openapi.json").read_text())
    told = [said for ways in document["paths"].values() for said in ways.values()]

    assert {f"/docs/api/{service}/{said['operationId']}" for said in told} <= set(listed.links.values())
    for said in told:
        page = await browser.look(f"/docs/api/{service}/{said['operationId']}")
        assert page.status == 200
        assert page.title == said["summary"].replace("`", "")
        assert "unauthenticated" in page


@pytest.mark.parametrize("service", SERVICES)
async def test_every_fact_is_listed_and_leads_to_its_page(browser: Browser, service: str) -> None:
    listed = await browser.look(f"/docs/facts/{service}")
    schemas = sorted((CONTRACTS / service / "facts").glob("*.schema.json"))

    for path in schemas:
        address = f"/docs/facts/{service}/{path.name.removesuffix('.schema.json')}"
        assert address in listed.links.values()
        page = await browser.look(address)
        assert page.status == 200
        assert all(f"<code>{name}</code>" in page.text for name in json.loads(path.read_text())["properties"])
    assert len(schemas) >= 10


async def test_a_page_names_who_may_what_is_needed_and_how_it_is_refused(browser: Browser) -> None:
    page = await browser.look("/docs/api/members/edit_goal")

    for said in ("signed in", "Idempotency-Key", "If-Match", "sign_of_success", "goal_not_editable", "stale"):
        assert said in page


async def test_it_is_said_who_acts_on_a_fact_and_who_may_ever_see_it(browser: Browser) -> None:
    page = await browser.look("/en/docs/facts/journeys/journey_completed.v1")

    assert "journeys, catalog, notifications" in page
    assert page.answer.headers["content-language"] == "en"


async def test_files_are_given_as_committed_with_what_they_refer_to_beside_them(browser: Browser) -> None:
    answer = await browser.client.get("/docs/contracts/members/asyncapi.json")
    reference = re.search(r'"\./(facts/[^"]+)"', answer.text)
    assert reference

    beside = await browser.client.get(f"/docs/contracts/members/{reference[1]}")

    assert answer.content == (CONTRACTS / "members/asyncapi.json").read_bytes()
    assert beside.status_code == 200
    assert beside.headers["content-type"] == "application/json"
    jsonschema_rs.meta.validate(beside.json())


@pytest.mark.parametrize(
    "address",
    [
        "/docs/api/nobody",
        "/docs/api/members/nothing",
        "/docs/facts/nobody",
        "/docs/facts/members/nothing.v1",
        "/docs/contracts/nobody/openapi.json",
        "/docs/contracts/../app.py",
        "/docs/contracts/%2e%2e/app.py",
        "/docs/contracts//etc/passwd",
        "/docs/contracts/README.md",
    ],
)
async def test_what_is_not_there_is_told_so(browser: Browser, address: str) -> None:
    assert (await browser.look(address)).status == 404


def test_shapes_are_said_in_words() -> None:
    known = {"Part": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}, "required": []}}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}, "maxItems": 3},
            "when": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
            "kind": {"enum": ["a", "b"]},
            "size": {"type": "integer", "minimum": 1},
        },
        "required": ["kind"],
    }

    told = {row.name: (row.kind, row.words, row.needed) for row in shapes.rows(schema, known)}

    assert told == {
        "parts": ("list of object, at most 3", (), False),
        "parts[].name": ("string, at most 9", (), False),
        "when": ("date or null", (), False),
        "kind": ("one of", ("a", "b"), True),
        "size": ("integer, from 1", (), False),
    }


@pytest.mark.thorough
def test_the_wheel_carries_the_contracts(tmp_path: Path) -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT / "apps/web", check=True, capture_output=True)

    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    for service in SERVICES:
        assert f"missionare/web/contracts/{service}/openapi.json" in names
