"""`python -m missionare.members` as it runs everywhere: its commands, and signing in while the broker is away."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from members.agency import API, HIDDEN
from members.mailbox import Mailbox
from support.servers import free_port, run_server, stop_server
from support.waiting import eventually

from missionare.kit.mongo import Database
from missionare.kit.tokens import SigningKeys

pytestmark = pytest.mark.platform


def environment(mongo_url: str, folder: Path, **more: str) -> dict[str, str]:
    """Give the settings of a process of members."""
    key = folder / "members.pem"
    if not key.exists():
        SigningKeys.generate().save(key)
    return {
        "PATH": os.environ["PATH"],
        "MISSIONARE_MONGO_URL": mongo_url,
        "MISSIONARE_SIGNING_KEY_FILE": str(key),
        "MISSIONARE_PEERS": json.dumps(
            {name: f"http://127.0.0.1:{free_port()}" for name in ("journeys", "notifications")}
        ),
        "MISSIONARE_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        **more,
    }


def create_operator(env: dict[str, str], email: str = "olga@example.org") -> subprocess.CompletedProcess[str]:
    """Run the command that makes the first account."""
    arguments = ["--email", email, "--given-name", "Olga", "--family-name", "Operator"]
    return subprocess.run(
        [sys.executable, "-m", "missionare.members", "create-operator", *arguments],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
async def with_audit(database: Database) -> Database:
    """Create the audit collection, as provisioning does."""
    if "audit" not in await database.audit.database.list_collection_names():
        await database.audit.database.create_collection("audit", check_exists=False)
    return database


async def test_the_first_operator_is_made_once_and_audited(
    mongo_url: str, tmp_path: Path, with_audit: Database
) -> None:
    env = environment(mongo_url, tmp_path)

    first, again = create_operator(env), create_operator(env)

    assert first.returncode == 0, first.stderr
    assert re.search(r"\nmk_[0-9a-f]{32}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}\n\Z", first.stdout)
    assert again.returncode == 1
    assert again.stdout == ""
    assert "schon jemand verzeichnet" in again.stderr
    assert "Traceback" not in again.stderr
    assert await with_audit["people"].count_documents({}) == 1
    rows = await with_audit.audit.find({}).to_list(None)
    assert [(row["actor"], row["what"]) for row in rows] == [("machine:create-operator", "create_operator")]
    assert "olga" not in str(rows).lower()


def test_what_is_no_address_makes_no_operator(mongo_url: str, tmp_path: Path, with_audit: Database) -> None:
    del with_audit
    result = create_operator(environment(mongo_url, tmp_path), email="olga")

    assert result.returncode == 1
    assert "email" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broken_setting_ends_the_start_with_one_clear_message(tmp_path: Path) -> None:
    env = environment("nonsense", tmp_path, MISSIONARE_MUNICIPALITIES='{"57": "Siegen"}')
    result = subprocess.run(
        [sys.executable, "-m", "missionare.members"], env=env, capture_output=True, text=True, timeout=60, check=False
    )

    assert result.returncode == 2
    assert "MISSIONARE_MONGO_URL" in result.stderr
    assert "MISSIONARE_MUNICIPALITIES" in result.stderr
    assert "Traceback" not in result.stderr


@asynccontextmanager
async def process(
    env: dict[str, str], folder: Path
) -> AsyncIterator[tuple[httpx2.AsyncClient, subprocess.Popen[bytes]]]:
    """Run members, and give a client of it as soon as it listens."""
    port = free_port()
    settings = {**env, "MISSIONARE_HTTP_PORT": str(port)}
    running = run_server([sys.executable, "-m", "missionare.members"], env=settings, log=folder / "members.log")
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

            async def listening() -> bool:
                try:
                    return (await client.get("/health/live")).status_code == 200
                except httpx2.HTTPError:
                    return False

            await eventually(listening)
            yield client, running
    finally:
        stop_server(running)


async def test_signing_in_works_while_the_broker_is_away(
    mongo_url: str, tmp_path: Path, with_audit: Database, mailbox: Mailbox
) -> None:
    del with_audit
    env = environment(mongo_url, tmp_path, MISSIONARE_SMTP_PORT=str(mailbox.port))
    assert create_operator(env).returncode == 0
    async with process(env, tmp_path) as (client, _):
        asked = await client.post(f"{API}/sign-in", json={"email": "olga@example.org"})
        assert asked.status_code == 202, asked.text
        await eventually(lambda: mailbox.mails)
        path = mailbox.link("olga@example.org")
        fields = dict(HIDDEN.findall((await client.get(path)).text))
        assert (await client.post(f"{path}/confirm", data=fields)).status_code == 200
        answer = await client.get("/internal/authenticate", params={"audience": "members"})
        me = await client.get(f"{API}/me", headers={"Authorization": answer.headers["authorization"]})
        assert me.json()["roles"] == ["member", "operator"]
    log = (tmp_path / "members.log").read_text(encoding="utf-8")
    assert "olga" not in log.lower()
    assert path.rpartition("/")[2] not in log


async def test_killed_between_mail_server_and_note_the_same_mail_is_sent_again(
    mongo_url: str, tmp_path: Path, with_audit: Database, mailbox: Mailbox
) -> None:
    del with_audit
    env = environment(mongo_url, tmp_path, MISSIONARE_SMTP_PORT=str(mailbox.port), MISSIONARE_TEMPORARY_DATA="true")
    assert create_operator(env).returncode == 0
    killed = {**env, "MISSIONARE_CRASH_AT": "mail.accepted_before_mark:1"}
    async with process(killed, tmp_path) as (client, running):
        await client.post(f"{API}/sign-in", json={"email": "olga@example.org"})
        await eventually(lambda: running.poll() is not None)

    async with process(env, tmp_path) as (client, _):
        await eventually(lambda: len(mailbox.mails) == 2)
        first, second = mailbox.mails
        assert first["Message-ID"] == second["Message-ID"]
        assert first.get_content() != second.get_content()
        path = mailbox.link("olga@example.org")
        fields = dict(HIDDEN.findall((await client.get(path)).text))
        assert (await client.post(f"{path}/confirm", data=fields)).status_code == 200
