"""An operator's commands against a running platform: dead letters, a sweep, a read model built anew and taken back."""

import asyncio
import json
import subprocess
import sys
import uuid
from datetime import UTC, datetime

import pytest
from aiokafka import AIOKafkaProducer
from support.waiting import wait_until

from missionare.cli import operators
from missionare.cli.running import Running
from missionare.kit.envelope import headers
from missionare.kit.ids import uuid7

pytestmark = pytest.mark.platform

CONSUMER = "journeys.threads@1"


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with Running.start(tmp_path_factory.mktemp("desk")) as running:
        person = {"email": "olga@agentur.example", "given_name": "Olga", "family_name": "Ort"}
        operators.create(running.folder.root, **person, keep_key=True)
        yield running


def missionare(platform, *arguments, language="de"):
    command = [sys.executable, "-m", "missionare.cli", "--lang", language, *arguments]
    command += ["--data", str(platform.folder.root)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def answered(platform, *arguments):
    done = missionare(platform, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def listed(platform, *where):
    return answered(platform, "dead-letters", "list", "journeys", *where, "--json")


def send(platform, *records):
    """Put records on the topic of members as they are."""

    async def produce():
        producer = AIOKafkaProducer(bootstrap_servers=platform.kafka)
        await producer.start()
        try:
            for value, key, sent in records:
                await producer.send_and_wait("members.events", value, key=key, headers=sent, partition=0)
        finally:
            await producer.stop()

    asyncio.run(produce())


def goal_submitted(goal, sequence, **value):
    """A fact of members as its relay would send it."""
    row = {
        "_id": uuid7(),
        "type": "members.goal_submitted.v1",
        "subject": goal,
        "aggregate": "goal",
        "sequence": sequence,
        "era": 1,
        "previous": f"1.{sequence - 1}" if sequence > 1 else "0.0",
        "time": datetime.now(UTC),
        "actor": "test",
        "correlation_id": uuid7(),
        "causation_id": None,
        "traceparent": None,
    }
    return json.dumps({"goal_id": goal, **value}).encode(), goal.encode(), headers(row, "members")


def test_a_read_model_is_built_anew_beside_the_running_one_and_taken_back(platform):
    # Comes before the tests whose facts are on the topic only: no owner could tell a rebuild of them.
    built = answered(platform, "rebuild", "journeys", "consequences", "--json")
    taken_back = answered(platform, "rebuild", "journeys", "consequences", "--back", "--json")

    assert [(row["serving"], row["previous"]) for row in (built, taken_back)] == [(2, 1), (1, 2)]
    assert platform.entry("journeys")["restarts"] == 0


def test_a_fact_that_nobody_could_read_is_found_edited_and_followed_by_the_rest(platform):
    goal = uuid.uuid4().hex
    send(platform, goal_submitted(goal, 1), goal_submitted(goal, 2, person_id="p1"))
    mine = ("--where", f"subject={goal}", "--where", f"consumer={CONSUMER}")
    wait_until(lambda: len(listed(platform, *mine)) == 2, "both facts being set aside")
    poison = next(letter for letter in listed(platform, *mine) if letter["state"] == "parked")
    shown = answered(platform, "dead-letters", "show", "journeys", poison["id"])
    assert (shown["value"], shown["waiting_behind"]) == (json.dumps({"goal_id": goal}), 1)
    unreadable = missionare(
        platform, "dead-letters", "edit", "journeys", poison["id"], "--value", "{}", "--reason", "ein Versuch"
    )
    assert (unreadable.returncode, "value.goal_id" in unreadable.stderr) == (1, True), unreadable.stderr

    value = json.dumps({"goal_id": goal, "person_id": "p1"})
    edit = ("edit", "journeys", poison["id"], "--value", value, "--reason", "Die Person fehlte")
    answered(platform, "dead-letters", *edit, "--json")

    wait_until(lambda: listed(platform, *mine) == [], "both facts being applied")


def test_bytes_that_are_no_fact_are_counted_and_discarded(platform):
    send(platform, (b"\xff no json", b"k", []), (b"neither", b"k", []))
    wait_until(lambda: len(listed(platform, "--where", "state=raw")) == 2, "the bytes being kept")
    discard = ("dead-letters", "discard", "journeys", "--where", "state=raw", "--reason", "Rauschen")

    counted = answered(platform, *discard, "--dry-run", "--json")
    assert (counted["matched"], counted["done"], len(listed(platform, "--where", "state=raw"))) == (2, 0, 2)
    said = missionare(platform, *discard, language="en")

    assert said.stdout == "2 concerned, 2 decided, 0 left.\n"
    assert listed(platform, "--where", "state=raw") == []


def test_a_sweep_now_says_what_it_did_for_each_consumer(platform):
    swept = answered(platform, "reconcile", "journeys", "--json")

    assert {row["consumer"] for row in swept} >= {"journeys", "journeys.consequences@1", CONSUMER}
    assert all(row["complete"] and row["repaired"] == 0 for row in swept)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rebuild", "journeys", "threats"), "journeys.consequences, journeys.threads"),
        (("rebuild", "members", "journeys"), "has no read model"),
        (("reconcile", "member"), "There are: members, journeys, catalog, notifications"),
        (("dead-letters", "retry", "journeys"), "one dead letter or at least one filter"),
        (("dead-letters", "show", "journeys", "nothing"), "does not exist"),
    ],
)
def test_what_was_named_wrongly_is_said_clearly(platform, arguments, said):
    done = missionare(platform, *arguments, language="en")

    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
