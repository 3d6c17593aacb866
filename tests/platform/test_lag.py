"""A worker that stops for a while: its lag is seen to rise and to fall, and every effect is there once."""

import json
import signal
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pymongo import MongoClient
from support.servers import free_port, run_server, stop_server
from support.waiting import wait_until

from missionare.cli import credentials, operators
from missionare.cli.environment import Environment
from missionare.cli.options import Options
from missionare.cli.running import Running

pytestmark = pytest.mark.platform

SERVICE = "journeys"
ROWS = 36
"""Organisations of one import, each with a contact: enough for every partition."""
SEEN_WITHIN = 10.0
"""The lag is measured every second; after six seconds of silence the bundled broker gives partitions to others."""


@dataclass
class Worker:
    """A process that only consumes for journeys, besides the one that answers."""

    process: object
    url: str

    def ready(self):
        try:
            return httpx2.get(f"{self.url}/health/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def sum_of(self, name, **labels):
        """Add up a measure of this process over its labels."""
        families = text_string_to_metric_families(httpx2.get(f"{self.url}/metrics").text)
        samples = [sample for family in families for sample in family.samples if sample.name == f"missionare_{name}"]
        return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())

    def applied(self):
        return self.sum_of("applied_total", consumer=SERVICE, source="members")

    def send(self, number):
        self.process.send_signal(number)


@contextmanager
def worker(running):
    """Start one more process of the service, with what the platform tells its own."""
    port = free_port()
    told = Environment(Options(data=running.folder.root, temporary=True), running.folder, running.state["ports"])
    environment = {**told.service(SERVICE), "MISSIONARE_ROLE": "worker", "MISSIONARE_HTTP_PORT": str(port)}
    command = [sys.executable, "-m", f"missionare.{SERVICE}"]
    process = run_server(command, env=environment, log=running.folder.log_of(f"worker-{port}"))
    try:
        yield Worker(process, f"http://127.0.0.1:{port}")
    finally:
        stop_server(process)


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with Running.start(tmp_path_factory.mktemp("lag"), roles={SERVICE: "api"}) as running:
        person = {"email": "olga@agentur.example", "given_name": "Olga", "family_name": "Ort"}
        operators.create(running.folder.root, **person, keep_key=True)
        yield running


@pytest.fixture(scope="module")
def agency(platform):
    headers = {"Authorization": f"Bearer {credentials.need(platform.folder, None)}"}
    with httpx2.Client(base_url=platform.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def workers(platform, agency):
    """Two workers, each of which has shown that facts come to it."""
    with ExitStack() as running:
        both = [running.enter_context(worker(platform)) for _ in range(2)]
        wait_until(lambda: all(each.ready() for each in both), "both workers ready")
        bring(agency, "Anfang")
        wait_until(lambda: all(each.applied() for each in both), "facts coming to both workers")
        wait_until(lambda: streams(agency)["groups"], "the lag being measured")
        wait_until(lambda: lag(agency) == 0, "the lag falling")
        yield both


def bring(agency, word):
    """Import organisations with a contact each: facts of as many aggregates, spread over the partitions."""
    rows = [row(word, number) for number in range(ROWS)]
    headers = {"Idempotency-Key": f"import-{word}"}
    answer = agency.post("/api/members/v1/imports", json={"dry_run": False, "rows": rows}, headers=headers)
    assert answer.json()["counts"]["created"] == ROWS, answer.text


def row(word, number):
    return {
        "line": number + 2,
        "organisation": {
            "name": f"{word} {number} GmbH",
            "kind": "company",
            "register_id": None,
            "street": f"{word} {number}",
            "postal_code": "57072",
            "municipality_code": "05970040",
            "sector": "C",
            "size": "small",
        },
        "person": {
            "given_name": "Uli",
            "family_name": f"{word} {number}",
            "email": f"uli{number}@{word.lower()}.example",
            "telephone": None,
            "language": "de",
            "functions": ["management"],
            "contact": True,
        },
    }


def streams(agency):
    return agency.get(f"/api/{SERVICE}/v1/streams").json()


def lag(agency):
    """The service's lag as its operators read it."""
    (group,) = streams(agency)["groups"]
    assert group["lag"] == sum(partition["lag"] for partition in group["partitions"])
    return group["lag"]


def hosts_and_versions(platform):
    """What journeys has made of the facts: the hosts it knows, and how often each person's record was saved."""
    with MongoClient(platform.mongo_url(SERVICE)) as client:
        database = client[SERVICE]
        return database["hosts"].count_documents({}), [row["version"] for row in database["participants"].find()]


def assert_every_effect_is_there_once(platform, agency, known):
    wait_until(lambda: hosts_and_versions(platform)[0] == known, "every organisation being known as a host")
    wait_until(lambda: len(hosts_and_versions(platform)[1]) == known, "every person being known")
    assert set(hosts_and_versions(platform)[1]) == {1}
    for consumer in streams(agency)["consumers"]:
        assert (consumer["repaired"], sum(consumer["waiting"].values())) == (0, 0), json.dumps(consumer)


def test_a_stopped_worker_s_lag_rises_and_falls_when_it_goes_on(platform, agency, workers):
    stopped, other = workers
    known = hosts_and_versions(platform)[0]
    stopped.send(signal.SIGSTOP)
    try:
        before = other.applied()
        bring(agency, "Halt")
        wait_until(lambda: lag(agency) > 0, "the lag rising", within=SEEN_WITHIN)
        wait_until(lambda: other.sum_of("lag", group=group_of(agency)) > 0, "the measure rising", within=SEEN_WITHIN)
        wait_until(lambda: other.applied() > before, "the other worker going on", within=SEEN_WITHIN)
    finally:
        stopped.send(signal.SIGCONT)
    wait_until(lambda: lag(agency) == 0, "the lag falling")
    wait_until(lambda: all(each.sum_of("lag") == 0 for each in workers), "the measures falling")
    assert_every_effect_is_there_once(platform, agency, known + ROWS)


def test_a_worker_that_stops_for_longer_is_stood_in_for_and_does_nothing_twice(platform, agency, workers):
    stopped = workers[0]
    known = hosts_and_versions(platform)[0]
    stopped.send(signal.SIGSTOP)
    try:
        bring(agency, "Pause")
        wait_until(lambda: lag(agency) > 0, "the lag rising", within=SEEN_WITHIN)
        wait_until(lambda: lag(agency) == 0, "the other worker standing in")
        assert_every_effect_is_there_once(platform, agency, known + ROWS)
    finally:
        stopped.send(signal.SIGCONT)
    bring(agency, "Wieder")
    assert_every_effect_is_there_once(platform, agency, known + 2 * ROWS)
    wait_until(lambda: lag(agency) == 0, "the lag falling")


def group_of(agency):
    (group,) = streams(agency)["groups"]
    return group["group"]
