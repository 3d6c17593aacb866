"""Logs: one JSON object per line, with ids and codes only."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from missionare.kit import logs
from missionare.kit.logs import log
from missionare.kit.testing import Platform

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    logs.configure(level="debug", service="things")
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_json_with_time_level_service_and_correlation(lines: Lines) -> None:
    with logs.correlated("c-1"):
        log.info("fact applied", fact_id="f-1", count=3)

    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "fact applied",
        "level": "info",
        "service": "things",
        "correlation_id": "c-1",
        "fact_id": "f-1",
        "count": 3,
    }


def test_a_key_that_is_not_in_the_list_is_dropped_and_named(lines: Lines) -> None:
    log.info("something", email="ada@example.org", name="timer")

    (line,) = lines()
    assert line["dropped"] == ["email"]
    assert "ada" not in json.dumps(line)


@pytest.mark.parametrize(
    "text",
    [
        "ada.lovelace@example.org",
        "Bearer abc.def",
        "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJwMSJ9.c2ln",
        "mk_abc_0123456789",
        "mongodb://things:geheim@127.0.0.1/things",
        "/api/things/v1/links/Zm9vYmFyYmF6",
        "+49 2351 1234567",
        "02351 / 123 45 67",
    ],
)
def test_the_last_line_blanks_what_looks_like_an_address_or_a_secret(lines: Lines, text: str) -> None:
    log.info("something", reason=f"because of {text}", partitions=[text])

    (line,) = lines()
    for secret in ("ada", "abc", "eyJ", "geheim", "Zm9v", "1234567", "123 45 67"):
        assert secret not in json.dumps(line)


@pytest.mark.parametrize(
    "text",
    ["0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", "things.thing_made.v1", "2026-11-24T13:00:00Z", "1.17", "127.0.0.1:27017"],
)
def test_ids_codes_and_times_stay_readable(lines: Lines, text: str) -> None:
    log.info("something", reason=text)

    assert lines()[0]["reason"] == text


def test_an_exception_is_named_with_its_place_but_without_its_words(lines: Lines) -> None:
    def fail() -> None:
        msg = "Ada Lovelace"
        raise ValueError(msg)

    try:
        fail()
    except ValueError as error:
        log.error("failed", exc_info=error)
        log.exception("failed")

    for line in lines():
        assert line["error"] == "ValueError"
        assert line["where"][-1].endswith("fail")
        assert "Ada" not in json.dumps(line)


def test_the_words_of_the_operating_system_are_kept(lines: Lines) -> None:
    log.error("failed", exc_info=ConnectionRefusedError(111, "Connection refused"))

    assert "Connection refused" in lines()[0]["detail"]


def test_libraries_speak_in_the_same_form_and_without_their_arguments(lines: Lines) -> None:
    logging.getLogger("library").warning("mail to %s failed", "ada@example.org")
    logging.getLogger("library").info("chatter")
    logging.getLogger("uvicorn.access").warning("GET /links/token")

    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == ("mail to %s failed", "library", "warning")


def test_a_long_value_is_cut(lines: Lines) -> None:
    log.info("something", reason="x" * 10_000)

    assert len(lines()[0]["reason"]) == logs.LONGEST


async def test_a_request_leaves_one_line_without_its_path(things: Platform, lines: Lines) -> None:
    await things.as_person("p1").get("/api/things/v1/things/Kanarienvogel?limit=7")
    await things.as_visitor().get("/Kanarienvogel")
    await things.as_visitor().get("/health/live")

    known, unknown = (line for line in lines() if line["event"] == "request answered")
    assert (known["route"], known["status"], known["caller"]) == ("/api/things/v1/things/{thing_id}", 404, "person:p1")
    assert known["ms"] > 0
    assert known["correlation_id"]
    assert unknown["route"] == "(none)"
    assert "Kanarienvogel" not in json.dumps([known, unknown])


async def test_why_a_token_was_refused_is_in_the_log(things: Platform, lines: Lines) -> None:
    await things.as_visitor().get("/health/live", headers={"Authorization": "Bearer x"})

    assert [line["reason"] for line in lines() if line["event"] == "token refused"] == ["not a compact JWS"]


def test_a_library_that_repeats_itself_is_written_once_in_ten_seconds_with_its_count(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, now = logging.getLogger("a.client"), 1_000.0
    monkeypatch.setattr(logs.time, "monotonic", lambda: now)
    for _ in range(5):
        library.error("Unable to connect to %s", "a server")
    library.error("something else")
    now += 11
    library.error("Unable to connect to %s", "a server")

    told = [(line["event"], line.get("count")) for line in lines()]
    assert told == [("Unable to connect to %s", None), ("something else", None), ("Unable to connect to %s", 5)]


def test_an_exception_that_a_library_logs_is_always_written(lines: Lines) -> None:
    for _ in range(2):
        logging.getLogger("a.client").error("Task exception was never retrieved", exc_info=ValueError("x"))

    assert [line["error"] for line in lines()] == ["ValueError", "ValueError"]
