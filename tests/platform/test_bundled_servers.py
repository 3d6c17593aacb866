"""The bundled servers as the supervisor prepares them: on loopback, with passwords, topics and a mailbox."""

import json
from pathlib import Path

import httpx2
import psutil
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from support.platforms import EVERYBODY, SERVICES, processes_of, send_mail
from typer.testing import CliRunner

from missionare.cli import app
from missionare.cli.failures import NotRunning
from missionare.cli.running import DidNotStart, Running
from missionare.kit import topics

pytestmark = pytest.mark.platform


def test_everything_is_ready_and_on_the_board(shared):
    assert shared.names == list(EVERYBODY)
    assert set(shared.alive()) == {*EVERYBODY, "supervisor"}
    assert all(shared.entry(name)["restarts"] == 0 for name in EVERYBODY)
    assert httpx2.get(f"{shared.url}/api/members/v1/x").status_code == 200


def test_everybody_listens_on_loopback_only(shared):
    listening = {
        connection.laddr.ip
        for process in processes_of(shared)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_each_service_has_a_database_of_its_own_and_can_only_add_to_its_audit(shared):
    with MongoClient(shared.mongo_url("members"), tz_aware=True) as client:
        client["members"]["things"].insert_one({"_id": "own"})
        client["members_audit"]["audit"].insert_one({"_id": 1, "what": "added"})
        assert client["members_audit"]["audit"].find_one({"_id": 1})["what"] == "added"
        client["members_audit"]["audit"].create_index("what")
        for forbidden in (
            lambda: client["members_audit"]["audit"].update_one({"_id": 1}, {"$set": {"what": "changed"}}),
            lambda: client["members_audit"]["audit"].delete_one({"_id": 1}),
            client["members_audit"]["audit"].drop,
            client["journeys"]["things"].find_one,
            client["journeys_audit"]["audit"].find_one,
            client["admin"]["system.users"].find_one,
        ):
            with pytest.raises(OperationFailure, match="not authorized"):
                forbidden()


def test_transactions_and_change_streams_work_for_a_service(shared):
    with MongoClient(shared.mongo_url("journeys")) as client, client["journeys"]["outbox"].watch() as stream:
        with client.start_session() as session, session.start_transaction():
            client["journeys"]["outbox"].insert_one({"_id": 1}, session=session)
            client["journeys_audit"]["audit"].insert_one({"_id": 1}, session=session)
        assert next(stream)["documentKey"] == {"_id": 1}


def test_mongod_refuses_who_shows_no_password(shared):
    port = shared.state["ports"]["mongod"]
    with (
        MongoClient("127.0.0.1", port, directConnection=True) as client,
        pytest.raises(OperationFailure, match="requires authentication"),
    ):
        client["members"]["things"].find_one()


async def test_the_topics_are_as_declared(shared):
    await topics.verify(shared.kafka, topics.of(SERVICES, replicas=1))


def test_secrets_are_for_their_owner_only(shared):
    secrets = [path for path in shared.folder.secrets.rglob("*") if path.is_file()]
    assert len(secrets) > len(SERVICES)
    assert {path.stat().st_mode & 0o077 for path in secrets} == {0}
    assert shared.folder.root.stat().st_mode & 0o077 == 0


def test_no_password_is_in_a_command_line_or_environment_or_log(shared):
    secrets = [path.read_text() for path in shared.folder.secrets.rglob("mongo_password")]
    seen = ["".join(process.cmdline()) + str(process.environ()) for process in processes_of(shared)[1:]]
    seen += [shared.log(name) for name in (*EVERYBODY, "missionare")]
    seen += [shared.folder.state.read_text()]
    assert not [secret for secret in secrets for text in seen if secret in text]


def test_a_service_is_told_what_it_needs(shared):
    environment = httpx2.get(f"{shared.state['urls']['catalog']}/environment").json()
    assert environment["MISSIONARE_PUBLIC_URL"] == shared.url
    assert set(json.loads(environment["MISSIONARE_PEERS"])) == set(SERVICES)
    assert environment["MISSIONARE_KAFKA_BOOTSTRAP_SERVERS"] == shared.kafka
    assert environment["MISSIONARE_KAFKA_IDEMPOTENCE"] == "false"
    assert environment["MISSIONARE_KAFKA_INCARNATION"] == "1"
    assert Path(environment["MISSIONARE_SIGNING_KEY_FILE"]).read_text().startswith("-----BEGIN PRIVATE KEY-----")


def test_a_mail_is_shown_with_its_parts_decoded(shared):
    send_mail(shared, "Für Sie: Größe")
    (letter,) = httpx2.get(f"{shared.mailbox_url}/messages", params={"to": "b@example.org"}).json()
    assert letter["subject"] == "Für Sie: Größe"
    assert (letter["from"], letter["to"]) == ("a@example.org", ["B@example.org"])
    assert letter["message_id"].endswith("@example.org>")
    assert letter["text"].strip() == "Grüße aus Olpe"
    assert "<p>Grüße aus Olpe</p>" in letter["html"]
    assert httpx2.get(f"{shared.mailbox_url}/messages/{letter['id']}").json() == letter
    assert httpx2.get(f"{shared.mailbox_url}/messages", params={"after": letter["id"]}).json() == []
    assert httpx2.get(f"{shared.mailbox_url}/messages/../../etc").status_code == 404
    assert httpx2.post(f"{shared.mailbox_url}/messages").status_code == 405


def test_mails_are_asked_for_some_at_a_time(shared):
    for number in range(3):
        send_mail(shared, f"Brief {number}")
    every = [letter["id"] for letter in httpx2.get(f"{shared.mailbox_url}/messages").json()]

    first = httpx2.get(f"{shared.mailbox_url}/messages", params={"limit": 2}).json()
    rest = httpx2.get(f"{shared.mailbox_url}/messages", params={"limit": 99, "after": first[-1]["id"]}).json()

    assert len(first) == 2
    assert [letter["id"] for letter in (*first, *rest)] == every


@pytest.mark.broker
def test_servers_of_the_user_s_own_are_used_instead_of_the_bundled_ones(start, mongod, kafka):
    environment = {
        "MISSIONARE_MONGO_URL": f"{mongod}/{{service}}?replicaSet=test",
        "MISSIONARE_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "MISSIONARE_TOPIC_REPLICAS": "1",
        "MISSIONARE_SMTP_HOST": "127.0.0.1",
        "MISSIONARE_SMTP_PORT": "2525",
    }
    with start(environment=environment) as running:
        assert running.names == [*SERVICES, "web", "gateway"]
        told = httpx2.get(f"{running.state['urls']['members']}/environment").json()
        assert told["MISSIONARE_KAFKA_BOOTSTRAP_SERVERS"] == kafka
        assert "MISSIONARE_KAFKA_INCARNATION" not in told
        assert running.mongo_url("members") == f"{mongod}/members?replicaSet=test"


def test_a_broker_of_the_user_s_own_that_is_away_is_said(start):
    environment = {"MISSIONARE_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    with (
        pytest.raises(DidNotStart, match=r"status 1: missionare: Der Broker 127\.0\.0\.1:1 antwortet nicht"),
        start(environment=environment),
    ):
        pass


def test_status_shows_processes_and_streams(shared, monkeypatch):
    command = ["status", "--data", str(shared.folder.root)]
    monkeypatch.setenv("MISSIONARE_API_KEY", "mk_1_secret")
    status = json.loads(CliRunner().invoke(app.app, [*command, "--json"]).stdout)
    assert status["phase"] == "ready"
    assert set(status["processes"]) == set(EVERYBODY)
    assert status["streams"]["journeys"] == {
        "pending": 2, "oldest_seconds": 1.5, "lag": 7, "lag_seconds": 12.0, "timers_due": 1,
        "oldest_timer_seconds": 90.0, "held": 1, "parked": 5, "repaired": 4, "forks": 2,
    }  # fmt: skip
    for people in (
        CliRunner().invoke(app.app, command).stdout,
        CliRunner().invoke(app.app, ["--lang", "en", *command]).stdout,
    ):
        assert all(name in people for name in EVERYBODY)
        assert "12 s" in people
        assert "90 s" in people


def test_status_without_a_key_shows_the_processes(shared):
    command = ["status", "--data", str(shared.folder.root), "--json"]
    assert json.loads(CliRunner().invoke(app.app, command).stdout)["streams"] is None


def test_the_topics_can_be_verified_and_provisioned_by_command(shared):
    data = ["--data", str(shared.folder.root)]
    assert CliRunner().invoke(app.app, ["topics", "verify", *data]).exit_code == 0
    assert CliRunner().invoke(app.app, ["topics", "provision", *data]).stdout == ""


def test_load_finds_a_running_platform_and_says_when_there_is_none(shared, tmp_path):
    assert Running.load(shared.folder.root).url == shared.url
    with pytest.raises(NotRunning):
        Running.load(tmp_path)
