"""Problem documents: every no says what, why and what next, and repeats nothing that was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import httpx2
import pytest
from pymongo.errors import AutoReconnect

from missionare.kit.callers import preferred_language
from missionare.kit.problems import FieldError, InvalidInput, document
from missionare.kit.refusals import Invalid, Text
from missionare.kit.testing import Platform

THINGS = "/api/things/v1/things"
DRAFT = {"name": "Säge", "size": 3}
CANARY = "Kanarienvogel"


async def post(things: Platform, content: Any, **headers: str) -> httpx2.Response:
    caller = things.as_person("p1")
    sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await caller.send("POST", THINGS, content=content, headers=sent)


async def test_a_problem_says_what_why_and_what_next_in_german_by_default(things: Platform) -> None:
    answer = await things.as_person("p1").get(f"{THINGS}/{CANARY}")

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "de"
    problem = answer.json()
    assert problem["type"] == "urn:missionare:problem:thing_unknown"
    assert (problem["status"], problem["code"], problem["title"]) == (404, "thing_unknown", "Nicht gefunden")
    assert problem["detail"].startswith("Das Gesuchte gibt es nicht")
    assert problem["correlation_id"] == answer.headers["x-correlation-id"]
    assert CANARY not in answer.text


async def test_a_problem_speaks_english_to_who_prefers_it(things: Platform) -> None:
    answer = await things.as_person("p1", Accept_Language="fr, en;q=0.8, de;q=0.3").get(f"{THINGS}/x")

    assert answer.headers["content-language"] == "en"
    assert answer.json()["title"] == "Not found"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "de"),
        ("", "de"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("de,en", "de"),
        ("en;q=0.5,de;q=0.4", "en"),
        ("fr", "de"),
        ("en;q=x", "de"),
        ("EN", "en"),
        ("," * 10_000, "de"),
    ],
)
def test_the_language_follows_the_callers_preference(header: str | None, language: str) -> None:
    assert preferred_language(header) == language


@pytest.mark.parametrize(
    "content",
    [b"{", b"[1,", b'{"name": "\xff"}', b'{"name": "\\ud800", "size": 1}', b"", b"{}}", b"[" * 5_000],
)
async def test_a_body_that_is_no_json_is_told_so(things: Platform, content: bytes) -> None:
    answer = await post(things, content)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": ...}, [{"field": "name", "reason": "fehlt"}]),
        ({"colour": "red"}, None),
        ({"due_on": "2026-01-31"}, None),
        ({"due_on": "31.1.2026"}, [{"field": "due_on", "reason": "muss ein Datum sein, etwa 2026-01-31"}]),
        ({"colour": "green"}, [{"field": "colour", "reason": "muss eines von 'red' oder 'blue' sein"}]),
        ({"name": 7}, [{"field": "name", "reason": "muss ein Text sein"}]),
        ({"name": {"$ne": ""}}, [{"field": "name", "reason": "muss ein Text sein"}]),
        ({"name": "x" * 41}, [{"field": "name", "reason": "darf höchstens 40 Zeichen haben"}]),
        ({"size": "3"}, [{"field": "size", "reason": "muss eine ganze Zahl sein"}]),
        ({"size": 3.0}, [{"field": "size", "reason": "muss eine ganze Zahl sein"}]),
        ({"size": True}, [{"field": "size", "reason": "muss eine ganze Zahl sein"}]),
        ({"size": -1}, [{"field": "size", "reason": "muss mindestens 0 sein"}]),
        ({"size": 2**63}, [{"field": "size", "reason": "ist als Zahl zu groß oder zu klein"}]),
        ({"state": "approved"}, [{"field": "state", "reason": "ist hier unbekannt"}]),
        ({f"<{CANARY}>": 1}, [{"field": "?", "reason": "ist hier unbekannt"}]),
    ],
)
async def test_wrong_fields_are_named_with_a_reason(
    things: Platform, changes: dict[str, Any], errors: list[dict[str, str]] | None
) -> None:
    body = {name: value for name, value in {**DRAFT, **changes}.items() if value is not ...}

    answer = await things.as_person("p1").post(THINGS, body)

    if errors is None:
        assert answer.status_code == 201, answer.text
        return
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    pointed = [{**error, "pointer": "#" if error["field"] == "?" else f"#/{error['field']}"} for error in errors]
    assert answer.json()["errors"] == pointed
    assert CANARY not in answer.text
    assert await things.service.database["things"].count_documents({}) == 0


async def test_what_was_sent_is_never_repeated(things: Platform) -> None:
    answers = [
        await post(things, f'{{"name": "{CANARY}", "size": "{CANARY}"}}'.encode()),
        await post(things, CANARY.encode()),
        await things.as_person("p1").get(f"{THINGS}?limit={CANARY}"),
        await things.as_person("p1").get(f"/api/things/v1/{CANARY}"),
        await post(things, b"{}", Idempotency_Key=f"{CANARY} {CANARY}"),
    ]

    assert [answer.status_code for answer in answers] == [422, 400, 422, 404, 400]
    assert not any(CANARY in answer.text for answer in answers)


async def test_a_hostile_number_of_wrong_fields_gets_a_short_answer(things: Platform) -> None:
    body = {**DRAFT, **{f"f{n}": 1 for n in range(5_000)}}

    answer = await things.as_person("p1").post(THINGS, body)

    assert (answer.status_code, len(answer.json()["errors"])) == (422, 50)


def test_the_way_to_an_unknown_field_is_named_as_far_as_it_is_ours() -> None:
    error = FieldError.of({"loc": ("body", "rows", 0, f"${CANARY}"), "type": "extra_forbidden"})

    assert error.worded("en") == {"field": "rows.0.?", "reason": "is unknown here", "pointer": "#/rows/0"}


def test_a_parameter_is_no_place_in_the_body() -> None:
    error = FieldError.of({"loc": ("query", "limit"), "type": "int_parsing"})

    assert error.worded("en") == {"field": "limit", "reason": "must be a whole number"}


class ColourUnknown(Invalid):
    field = "paint.colour"
    text: ClassVar[Text] = {"de": "Diese Farbe gibt es nicht.", "en": "There is no such colour."}


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (Invalid(field="size", reason_de="ist ungerade", reason_en="is odd"), {"field": "size", "reason": "is odd"}),
        (ColourUnknown(), {"field": "paint.colour", "reason": "There is no such colour."}),
    ],
)
def test_what_the_domain_refuses_names_its_field_as_what_does_not_have_its_type(
    refusal: Invalid, error: dict[str, str]
) -> None:
    pointer = "#/" + error["field"].replace(".", "/")

    assert document(refusal, "en", of_body=True)["errors"] == [{**error, "pointer": pointer}]
    assert document(refusal, "en")["errors"] == [error]


def test_a_refusal_that_blames_a_field_inside_another_leads_there() -> None:
    told = document(Invalid(field="email", reason_de="nein", reason_en="no").inside("contact"), "de", of_body=True)

    assert told["errors"] == [{"field": "contact.email", "reason": "nein", "pointer": "#/contact/email"}]
    assert "contact.email" in told["detail"]


def test_a_list_whose_entries_are_wrong_is_not_called_too_short_as_well() -> None:
    of_an_entry = {"loc": ("words", 0), "type": "string_type"}
    of_the_list = {"loc": ("words",), "type": "too_short", "ctx": {"min_length": 1}}

    assert [error.field for error in InvalidInput.of([of_an_entry, of_the_list]).errors] == ["words.0"]
    assert [error.field for error in InvalidInput.of([of_the_list]).errors] == ["words"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", "json", "", None])
async def test_another_content_type_is_refused(things: Platform, content_type: str | None) -> None:
    caller = things.as_person("p1")
    headers = {} if content_type is None else {"Content-Type": content_type}

    answer = await caller.send("POST", THINGS, content=b"{}", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_json_may_name_its_charset(things: Platform) -> None:
    answer = await post(things, b'{"name": "x", "size": 1}', Content_Type="application/json; charset=utf-8")

    assert answer.status_code == 201


async def test_an_announced_body_over_the_limit_is_refused(things: Platform) -> None:
    answer = await post(things, b'{"name": "' + b"x" * 1_100_000 + b'"}')

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert "1048576" in answer.json()["detail"]


async def test_a_chunked_body_over_the_limit_is_refused_while_it_comes(things: Platform) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 100_000
            yield b"x" * 100_000

    answer = await post(things, endless())

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_who_may_not_call_learns_nothing_about_the_input(things: Platform) -> None:
    visitor = things.as_visitor()

    for answer in (
        await visitor.get(f"{THINGS}?limit=many"),
        await visitor.post(THINGS, {"size": "x"}),
        await visitor.post(THINGS, {"size": "x"}, key=""),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization", ["Bearer", "Bearer ", "Basic dXNlcjpw", "Bearer x.y.z", "token", "Bearer a b"]
)
async def test_a_bad_token_is_refused_even_where_everybody_may_call(things: Platform, authorization: str) -> None:
    answer = await things.as_visitor().get("/health/live", headers={"Authorization": authorization})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_an_unknown_address_and_a_wrong_method_are_problems_too(things: Platform) -> None:
    caller = things.as_person("p1")

    unknown = await caller.get("/api/things/v1/nothing")
    method = await caller.send("DELETE", THINGS)

    assert (unknown.status_code, unknown.json()["code"]) == (404, "route_unknown")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in method.headers["allow"]


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", f"{THINGS}/"])
async def test_nothing_answers_that_was_not_declared(things: Platform, path: str) -> None:
    assert (await things.as_person("p1").get(path)).status_code == 404


async def test_a_defect_of_ours_tells_the_correlation_id_and_nothing_else(things: Platform) -> None:
    answer = await things.as_person(CANARY).get("/api/things/v1/broken")

    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert answer.json()["correlation_id"] == answer.headers["x-correlation-id"]
    assert CANARY not in answer.text


async def test_while_the_database_is_away_callers_are_told_to_come_again(
    things: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: object, **_options: object) -> None:
        raise AutoReconnect("no primary")

    monkeypatch.setattr(things.service.database, "transaction", away)

    answer = await things.as_person("p1").post(THINGS, DRAFT)

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_every_answer_carries_headers_that_keep_browsers_and_caches_out(things: Platform) -> None:
    for answer in (await things.as_person("p1").get(THINGS), await things.as_visitor().get(THINGS)):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


async def test_a_correlation_id_is_passed_on_only_if_it_is_one(things: Platform) -> None:
    identifier = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"

    kept = await things.as_visitor().get("/health/live", headers={"X-Correlation-ID": identifier})
    replaced = await things.as_visitor().get("/health/live", headers={"X-Correlation-ID": CANARY})

    assert kept.headers["x-correlation-id"] == identifier
    assert replaced.headers["x-correlation-id"] != CANARY
