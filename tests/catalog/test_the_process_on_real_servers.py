"""`python -m missionare.catalog` as it runs everywhere: real database, real broker, real neighbours over HTTP."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from catalog.neighbours import journeys, members, publish, serving
from catalog.region import API, said
from support.brokers import ON_A_TEST_BROKER
from support.servers import free_port, run_server, stop_server
from support.waiting import eventually

from missionare.kit import topics
from missionare.kit.envelope import Envelope
from missionare.kit.ids import uuid7
from missionare.kit.service import Service
from missionare.kit.settings import Settings
from missionare.kit.tokens import SigningKeys

pytestmark = pytest.mark.broker

SERVICES = ("catalog", "journeys", "members")


class Real:
    """Catalog as a process of its own, and its neighbours."""

    def __init__(self, url: str, neighbours: dict[str, Service], texts: dict[str, str]) -> None:
        self.url, self.neighbours, self.texts = url, neighbours, texts

    async def ask(self, who: str, role: str, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send a request with a token that members has signed."""
        signer = self.neighbours["members"].signer
        assert signer is not None
        token = signer.mint("catalog", who, kind="person", roles=[role])
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid7(), **options.pop("headers", {})}
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False) as client:
            return await client.request(method, path, headers=headers, **options)

    async def ready(self) -> bool:
        """Whether the process says that it is."""
        try:
            return (await self.ask("nobody", "editor", "GET", "/health/ready")).status_code == 200
        except httpx2.HTTPError:
            return False

    async def suggestions(self) -> list[dict[str, Any]]:
        """List suggestions as an editor."""
        return list((await self.ask("anna", "editor", "GET", f"{API}/suggestions")).json()["items"])


def fact(name: str, aggregate: str, **data: Any) -> Envelope:
    return Envelope(
        id=uuid7(),
        source="journeys",
        type=f"journeys.{name}.v1",
        aggregate=aggregate,
        subject=data[f"{aggregate}_id"],
        era=1,
        sequence=1,
        previous="0.0",
        time=datetime.now(UTC),
        actor="test",
        correlation_id=uuid7(),
        causation_id=None,
        traceparent=None,
        value=json.dumps(data),
    )


@pytest.fixture
async def real(mongod: str, kafka: str, tmp_path: Path) -> AsyncIterator[Real]:
    await topics.provision(kafka, topics.of(SERVICES, replicas=1))
    run = uuid.uuid4().hex[:8]
    ports = {name: free_port() for name in SERVICES}
    addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}

    def settings(name: str, role: str) -> dict[str, Any]:
        key = tmp_path / f"{name}.pem"
        SigningKeys.generate().save(key)
        return {
            "role": role,
            "http_port": ports[name],
            "mongo_url": f"{mongod}/{name}_{run}?replicaSet=test",
            **ON_A_TEST_BROKER,
            "kafka_bootstrap_servers": kafka,
            "kafka_incarnation": run,
            "signing_key_file": str(key),
            "peers": json.dumps(addresses),
        }

    texts: dict[str, str] = {}
    own = settings("catalog", "all")
    env = {f"MISSIONARE_{name.upper()}": str(value) for name, value in own.items()}
    async with (
        serving(journeys(Settings(**settings("journeys", "all")), texts)) as neighbour,
        serving(members(Settings(**settings("members", "api")))) as issuer,
    ):
        process = run_server([sys.executable, "-m", "missionare.catalog"], env=env, log=tmp_path / "catalog.log")
        catalog = Real(addresses["catalog"], {"journeys": neighbour, "members": issuer}, texts)
        try:
            await eventually(catalog.ready)
            yield catalog
        finally:
            stop_server(process)


async def test_from_the_fact_of_another_service_to_a_public_entry(real: Real) -> None:
    real.texts["i1"] = "Die Tafel zeigt nur den Auftrag, keine Schicht."
    released = fact(
        "insight_released",
        "insight",
        insight_id="i1",
        journey_id="j1",
        stop_id="s1",
        registration_id="r1",
        organisation_id="host-1",
        kind="practice",
        topic="data",
        audience="public",
    )
    completed = fact(
        "journey_completed",
        "journey",
        journey_id="j1",
        revision=1,
        stops_visited=1,
        insights_released=1,
        insights_pending=0,
        participations=0,
    )

    await publish(real.neighbours["journeys"], [completed, released])

    await eventually(real.suggestions)
    (suggestion,) = await real.suggestions()
    assert suggestion["text"] == "Die Tafel zeigt nur den Auftrag, keine Schicht."
    accepted = await real.ask(
        "anna",
        "editor",
        "POST",
        f"{API}/suggestions/{suggestion['id']}/acceptance",
        json=said(kind="best_practice"),
        headers={"If-Match": f'"{suggestion["version"]}"'},
    )
    draft = accepted.json()
    asked = await real.ask(
        "anna",
        "editor",
        "POST",
        f"{API}/entries/{draft['id']}/review-request",
        headers={"If-Match": accepted.headers["etag"]},
    )
    approved = await real.ask(
        "berta",
        "reviewer",
        "POST",
        f"{API}/reviews/{asked.json()['id']}/approval",
        headers={"If-Match": asked.headers["etag"]},
    )
    assert approved.status_code == 200, approved.text

    async def is_public() -> bool:  # a moment later: the search hears of a publication by the database's changes
        public = await real.ask("nobody", "member", "GET", f"{API}/entries")
        return [entry["id"] for entry in public.json()["items"]] == [draft["id"]]

    await eventually(is_public)
    editions = await real.ask("anna", "editor", "GET", f"{API}/editions")
    assert [edition["suggestions"] for edition in editions.json()["items"]] == [1]


async def test_a_broken_setting_ends_the_start_with_one_clear_message(tmp_path: Path) -> None:
    log = tmp_path / "catalog.log"
    process = run_server(
        [sys.executable, "-m", "missionare.catalog"], env={"MISSIONARE_MONGO_URL": "nonsense"}, log=log
    )

    assert process.wait(timeout=30) == 2
    assert "MISSIONARE_MONGO_URL" in log.read_text(encoding="utf-8")
    assert "Traceback" not in log.read_text(encoding="utf-8")
