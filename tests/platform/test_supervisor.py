"""The supervisor with the real bundled servers: it starts, keeps and stops everything, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer

import httpx2
import psutil
import pytest
from pymongo import MongoClient
from support.platforms import EVERYBODY, SERVICES, assert_gone, processes_of, send_mail, subjects
from support.waiting import wait_until

from missionare.cli.children import leashed
from missionare.kit import topics

pytestmark = pytest.mark.platform

STANDIN_UP = Path(__file__).with_name("standin_up.py")


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


@contextmanager
def another_program(port):
    """Hold a port with a program that hangs up on everybody."""
    server = TCPServer(("127.0.0.1", port), BaseRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def test_data_moves_with_its_replica_set_when_a_port_is_taken(start, tmp_path):
    with start(tmp_path) as running:
        with MongoClient(running.mongo_url("members"), w="majority", journal=True) as client:
            client["members"]["things"].insert_one({"_id": "kept"})
        port = running.state["ports"]["mongod"]
    with another_program(port), start(tmp_path) as running:
        assert running.state["ports"]["mongod"] != port
        with MongoClient(running.mongo_url("members"), w="majority", journal=True) as client:
            assert client["members"]["things"].find_one() == {"_id": "kept"}
            client["members"]["things"].insert_one({"_id": "new"})


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
