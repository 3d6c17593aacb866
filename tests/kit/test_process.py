"""What every process answers about itself, and how it starts and stops."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pymongo import MongoClient
from support.servers import free_port, run_server, stop_server
from support.waiting import wait_until

from missionare.kit import metrics
from missionare.kit.testing import Platform
from missionare.kit.tokens import SigningKeys, public_keys

pytestmark = pytest.mark.platform

THINGS = "/api/things/v1/things"


async def test_a_live_process_says_so(things: Platform) -> None:
    assert (await things.as_visitor().get("/health/live")).json() == {"status": "live"}


async def test_a_process_is_ready_until_a_part_fails_or_it_is_told_to_stop(things: Platform) -> None:
    visitor = things.as_visitor()
    assert (await visitor.get("/health/ready")).json() == {"status": "ready"}

    async def broken() -> bool:
        raise ConnectionError

    async def hanging() -> bool:
        await asyncio.sleep(60)
        return True

    things.service.health.checks |= {"broken": broken, "hanging": hanging}
    things.service.drain()
    answer = await visitor.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "failing": ["broken", "draining", "hanging"]}


async def test_requests_are_counted_by_route_and_never_by_path(things: Platform) -> None:
    await things.as_person("p1").get(f"{THINGS}/Kanarienvogel")
    await things.as_visitor().get("/Kanarienvogel")

    text = (await things.as_visitor().get("/metrics")).text

    assert 'missionare_http_requests_total{method="GET",route="/api/things/v1/things/{thing_id}",status="404"}' in text
    assert "missionare_http_seconds_bucket" in text
    assert "Kanarienvogel" not in text


def test_every_measure_says_what_it_means_and_is_used_somewhere() -> None:
    root = Path(__file__).parents[2]
    sources = [path for part in ("libs", "services") for path in (root / part).glob("**/src/**/*.py")]
    code = "".join(path.read_text() for path in sources if path != Path(metrics.__file__))

    declared = {measure.name for measure in metrics.TABLE}

    assert all(measure.what for measure in metrics.TABLE)
    assert {name for name in declared if f"metrics.{name}" not in code} == set()


async def test_the_public_keys_are_served_and_verify_what_is_signed(things: Platform) -> None:
    jwks = (await things.as_visitor().get("/.well-known/jwks.json")).json()

    assert things.service.signer is not None
    assert list(public_keys(jwks)) == [things.service.signer.keys.active.kid]
    assert "d" not in jwks["keys"][0]


async def test_the_facts_feed_gives_other_services_an_aggregates_facts(things: Platform) -> None:
    made = (await things.as_person("p1").post(THINGS, {"name": "x", "size": 1})).json()

    answer = await things.as_service("stranger").get(f"/internal/facts?aggregate=thing,{made['id']}&after=0.0")

    assert (answer.json()["head"], answer.json()["era"]) == ("1.1", 1)
    assert [fact["type"] for fact in answer.json()["facts"]] == ["things.thing_made.v1"]
    assert (await things.as_service("stranger").get("/internal/facts?after=0,0")).json()["confirmations"] == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "after=x",
        "after=1",
        "after=0,0&limit=0",
        "after=0,0&limit=1001",
        "aggregate=thing&after=0.0",
        "aggregate=thing,x&after=0,0",
        "aggregate=thing,x&after=a.b",
    ],
)
async def test_a_feed_question_that_makes_no_sense_is_refused(things: Platform, query: str) -> None:
    assert (await things.as_service("friend").get(f"/internal/facts?{query}")).status_code == 422


async def test_operators_see_the_streams(things: Platform) -> None:
    await things.as_person("p1").post(THINGS, {"name": "x", "size": 1})

    answer = await things.as_person("p2", roles=["operator"]).get("/api/things/v1/streams")

    assert (answer.json()["service"], answer.json()["facts_pending"]) == ("things", 1)
    assert answer.json()["oldest_fact_age_seconds"] > 0
    assert (await things.as_person("p1").get("/api/things/v1/streams")).status_code == 403


IMPORTS = """
from missionare.kit.main import run
from missionare.kit.settings import Settings
from support.things.service import build
"""
COMMANDS = "{'greet': greet}"
PROGRAM = f"""
{IMPORTS}
async def greet(service, arguments):
    await service.database['greetings'].insert_one({{'_id': arguments[0]}})
    print('greeted', arguments[0])
run(build, Settings, {COMMANDS})
"""


@pytest.fixture
def environment(mongo_url: str, tmp_path: Path) -> dict[str, str]:
    SigningKeys.generate().save(tmp_path / "key.pem")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "MISSIONARE_ROLE": "api",
        "MISSIONARE_MONGO_URL": mongo_url,
        "MISSIONARE_HTTP_PORT": str(free_port()),
        "MISSIONARE_SIGNING_KEY_FILE": str(tmp_path / "key.pem"),
        "MISSIONARE_ISSUER": "things",
    }


def start(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def process(environment: dict[str, str], tmp_path: Path) -> Iterator[Any]:
    command = [sys.executable, "-c", PROGRAM]
    process = run_server(command, env=environment, log=tmp_path / "log")
    yield process
    stop_server(process)


def test_a_process_serves_until_it_is_told_to_stop_and_ends_in_order(
    process: Any, environment: dict[str, str], tmp_path: Path
) -> None:
    address = f"http://127.0.0.1:{environment['MISSIONARE_HTTP_PORT']}"

    def ready() -> bool:
        try:
            return httpx2.get(f"{address}/health/ready", trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    wait_until(ready, "the process being ready")
    assert httpx2.get(f"{address}{THINGS}", trust_env=False).json()["code"] == "unauthenticated"
    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=20) == 0
    log = (tmp_path / "log").read_text()
    assert "service stopped" in log
    assert "Traceback" not in log


def test_broken_settings_end_the_start_with_one_line_each(environment: dict[str, str]) -> None:
    del environment["MISSIONARE_MONGO_URL"]
    environment["MISSIONARE_PUBLIC_URL"] = "http://missionare.example"

    result = start(environment)

    assert result.returncode == 2
    assert result.stdout == ""
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == [
        "MISSIONARE_PUBLIC_URL",
        "MISSIONARE_MONGO_URL",
    ]


def test_a_broken_key_file_ends_the_start_with_one_line(environment: dict[str, str]) -> None:
    environment["MISSIONARE_SIGNING_KEY_FILE"] = "/nowhere/key.pem"

    result = start(environment)

    assert result.returncode == 2
    assert result.stderr.startswith("MISSIONARE_SIGNING_KEY_FILE: /nowhere/key.pem cannot be read")
    assert len(result.stderr.splitlines()) == 1


def test_an_issuer_whose_keys_nobody_knows_ends_the_start_with_one_line(environment: dict[str, str]) -> None:
    environment["MISSIONARE_ISSUER"] = "issuer"

    result = start(environment)

    assert result.returncode == 2
    assert result.stderr == "MISSIONARE_PEERS: does not name issuer; wanted: the address of the issuer of tokens\n"


def test_a_port_in_use_ends_the_start_with_one_line(environment: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(environment["MISSIONARE_HTTP_PORT"])))
        other.listen()

        result = start(environment)

    assert result.returncode == 1
    assert result.stderr.startswith("MISSIONARE_HTTP_PORT: 127.0.0.1:")
    assert len(result.stderr.splitlines()) == 1


def test_an_unreachable_database_ends_the_start_with_one_line(environment: dict[str, str]) -> None:
    environment["MISSIONARE_MONGO_URL"] = f"mongodb://things:geheim@127.0.0.1:{free_port()}/things?replicaSet=x"

    result = start(environment)

    assert result.returncode == 1
    assert result.stderr.startswith("MISSIONARE_MONGO_URL: the database things does not answer")
    assert "geheim" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_database_that_refuses_ends_the_start_with_one_line(environment: dict[str, str]) -> None:
    environment["MISSIONARE_MONGO_URL"] = environment["MISSIONARE_MONGO_URL"].replace("//", "//things:geheim@")

    result = start(environment)

    assert result.returncode == 1
    assert result.stderr.startswith("MISSIONARE_MONGO_URL: the database things refuses us")
    assert "geheim" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_database_with_an_index_of_another_form_ends_the_start_with_one_line(environment: dict[str, str]) -> None:
    with MongoClient(environment["MISSIONARE_MONGO_URL"]) as client:
        links = client.get_default_database()["links"]
        links.drop_indexes()
        links.create_index("subject", name="purpose")

        result = start(environment)

        links.drop_indexes()
    assert result.returncode == 1
    assert result.stderr.startswith("the database things was made by another version of this service: ")
    assert "purpose" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_command_of_the_process_runs_without_serving(environment: dict[str, str]) -> None:
    result = start(environment, "greet", "ada")

    assert (result.returncode, result.stdout) == (0, "greeted ada\n")


def test_an_unknown_command_names_those_there_are(environment: dict[str, str]) -> None:
    result = start(environment, "dance")

    assert (result.returncode, result.stderr) == (
        2,
        "unknown command; there are: serve, backup, greet, rebuild, reconcile, restore\n",
    )
