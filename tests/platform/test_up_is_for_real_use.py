"""`missionare up` for real use: a folder that is kept, stopped, moved to other ports, and looked after by command."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socketserver import BaseRequestHandler, TCPServer

import httpx2
import pytest
from pymongo import MongoClient
from support.platforms import EVERYBODY, SERVICES, assert_gone, processes_of
from support.servers import free_port
from support.waiting import wait_until

from missionare.cli import files
from missionare.cli.children import leashed
from missionare.cli.failures import NotRunning
from missionare.cli.running import Running

pytestmark = pytest.mark.platform

MISSIONARE = (sys.executable, "-m", "missionare.cli")
PERSON = ("--email", "olga@agentur.example", "--given-name", "Olga", "--family-name", "Ort")
READY_WITHIN = 90.0
STOPPED_WITHIN = 60.0


class Installation:
    """A folder in which somebody types `missionare` commands, and the platform under its `.data`."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / ".data"

    def does(self, *arguments, status=0, **environment):
        """Type a command; gives what it prints. With `status` None it may end as it likes."""
        done = subprocess.run(
            [*MISSIONARE, *arguments], cwd=self.folder, env={**os.environ, **environment}, capture_output=True,
            text=True, check=False, timeout=READY_WITHIN,
        )  # fmt: skip
        assert status is None or done.returncode == status, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout

    def shown(self):
        """Everything that `missionare up` has printed."""
        return (self.folder / "shown").read_text(encoding="utf-8")

    @contextmanager
    def up(self, *arguments):
        """Type `missionare up` with nothing said about the folder, and Ctrl-C in the end."""
        with (self.folder / "shown").open("wb") as shown:
            process = subprocess.Popen(
                leashed([*MISSIONARE, "up", *arguments]), cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=shown, stderr=shown,
            )  # fmt: skip
        try:
            wait_until(lambda: self._is_ready() or process.poll() is not None, "ready", within=READY_WITHIN)
            assert process.poll() is None, self.shown()
            running = Running.load(self.data)
            assert running.pid("supervisor") == process.pid
            processes = processes_of(running)
            yield running
            process.send_signal(signal.SIGINT)
            assert process.wait(STOPPED_WITHIN) == 0, self.shown()
            assert_gone(processes)
        finally:
            process.kill()
            process.wait()

    def _is_ready(self):
        with suppress(NotRunning):
            return Running.load(self.data).state.get("phase") == "ready"
        return False


def operator_key(installation):
    """The key as a person reads it: the last line of what the command prints."""
    return installation.does("create-operator", *PERSON).splitlines()[-1]


def asked(running, key, path="/api/members/v1/organisations"):
    return httpx2.get(f"{running.url}{path}", headers={"Authorization": f"Bearer {key}"}, timeout=30)


def organisations(running, key):
    answer = asked(running, key)
    assert answer.status_code == 200, answer.text
    return {item["name"] for item in answer.json()["items"]}


def import_one(installation, key, name):
    file = installation.folder / f"{name}.csv"
    file.write_text(
        "Unternehmen;Art;Straße;PLZ;Ort;WZ;Größe;Vorname;Nachname;E-Mail;Funktion;Ansprechperson\n"
        f"{name} GmbH;Unternehmen;Weg 1;57072;Siegen;25;klein;Uli;{name};uli@{name.lower()}.example;GF;ja\n",
        encoding="utf-8",
    )
    report = json.loads(installation.does("import", "members", "--json", str(file), MISSIONARE_API_KEY=key))
    assert report["created"] == 1


def hosts(running):
    """How many organisations journeys has heard of."""
    with MongoClient(running.mongo_url("journeys")) as client:
        return client["journeys"]["hosts"].count_documents({})


@dataclass
class Used:
    """An installation that has been up once, and what was seen then."""

    installation: Installation
    key: str
    ports: dict
    seen: dict


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("installation"))
    port = free_port()
    seen = {"doctor before": json.loads(installation.does("doctor", "--json", "--port", str(port)))}
    with installation.up("--port", str(port)) as running:
        key = operator_key(installation)
        import_one(installation, key, "Erstlingshof")
        wait_until(lambda: hosts(running) == 1, "journeys hearing of the organisation")
        seen |= {
            "url": running.url,
            "organisations": organisations(running, key),
            "with a wrong key": asked(running, f"{key[:-4]}aaaa").status_code,
            "with no key of ours": asked(running, "mk_none").status_code,
            "doctor": json.loads(installation.does("doctor", "--json", "--port", str(port))),
            "status": json.loads(installation.does("status", "--json", MISSIONARE_API_KEY=key)),
            "status for people": installation.does("--lang", "en", "status"),
            "same operator again": installation.does("create-operator", *PERSON, status=None),
        }
        ports = running.state["ports"]
    return Used(installation, key, ports, seen)


def test_the_printed_key_opens_the_gateway_and_no_other_does(used):
    assert used.seen["organisations"] == {"Erstlingshof GmbH"}
    assert (used.seen["with a wrong key"], used.seen["with no key of ours"]) == (401, 401)
    assert not (used.installation.data / "secrets" / "operator").exists()  # nobody asked to keep it


def test_up_says_where_it_is_and_that_it_has_ended(used):
    assert f"Adresse: {used.seen['url']}" in used.installation.shown()
    assert used.installation.shown().rstrip().endswith("beendet")
    assert used.key not in used.installation.shown()


def test_status_tells_of_every_process_and_stream(used):
    status = used.seen["status"]
    assert (status["phase"], status["temporary"]) == ("ready", False)
    assert status["processes"].keys() == {*EVERYBODY}
    assert {(entry["phase"], entry["restarts"]) for entry in status["processes"].values()} == {("ready", 0)}
    assert status["streams"].keys() == {*SERVICES}
    for numbers in status["streams"].values():
        assert (numbers["held"], numbers["parked"], numbers["repaired"]) == (0, 0, 0)
    assert all(name in used.seen["status for people"] for name in EVERYBODY)


def test_doctor_finds_nothing_wrong_before_the_first_start_and_while_everything_runs(used):
    for said in (used.seen["doctor before"], used.seen["doctor"]):
        assert said["ok"], said
        assert {"Python", "MongoDB", "Tansu", "Traefik", "data", "port"} <= {each["what"] for each in said["findings"]}


def test_a_folder_for_real_use_is_its_owner_s_and_its_clock_cannot_be_moved(used):
    data = used.installation.data
    assert data.stat().st_mode & 0o077 == 0
    assert not [name for name in ("clock", "temporary") if (data / name).exists()]


def test_the_next_start_finds_everything_and_takes_another_gateway_port_at_will(used):
    port = free_port()
    with used.installation.up("--port", str(port)) as running:
        assert running.url == f"http://127.0.0.1:{port}"
        assert running.state["ports"] == used.ports | {"gateway": port}
        assert files.read_json(running.folder.ports) == running.state["ports"]
        before = organisations(running, used.key)
        assert "Erstlingshof GmbH" in before
        known = hosts(running)
        import_one(used.installation, used.key, "Zweitlingshof")
        assert organisations(running, used.key) == before | {"Zweitlingshof GmbH"}
        wait_until(lambda: hosts(running) == known + 1, "facts going on after the new start")


class HangsUp(BaseRequestHandler):
    """Another program's answer to whoever takes it for one of ours: none."""


class AnotherProgram(TCPServer):
    allow_reuse_address = True


@contextmanager
def another_program(port):
    with AnotherProgram(("127.0.0.1", port), HangsUp) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def test_mongod_moves_with_all_data_when_another_program_has_taken_its_port(used):
    kept = files.read_json(used.installation.data / "ports.json")
    with another_program(kept["mongod"]), used.installation.up("--port", "0") as running:
        assert running.state["ports"]["mongod"] != kept["mongod"]
        before = organisations(running, used.key)
        assert "Erstlingshof GmbH" in before
        known = hosts(running)
        import_one(used.installation, used.key, "Drittlingshof")
        assert organisations(running, used.key) == before | {"Drittlingshof GmbH"}
        wait_until(lambda: hosts(running) == known + 1, "facts going on after the move")
        moved = running.state["ports"]["mongod"]
    assert files.read_json(used.installation.data / "ports.json")["mongod"] == moved


def test_when_nothing_runs_the_commands_say_so(used):
    for command in (("status",), ("create-operator", *PERSON)):
        assert used.installation.does(*command, status=1) == ""
    taken = files.read_json(used.installation.data / "ports.json")["members"]
    with another_program(taken):
        said = json.loads(used.installation.does("doctor", "--json", "--port", str(taken), status=1))
    (wrong,) = [finding for finding in said["findings"] if not finding["ok"]]
    assert (said["ok"], wrong["what"]) == (False, "port")
    assert str(taken) in wrong["says"]
