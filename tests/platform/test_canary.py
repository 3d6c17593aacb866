"""Nobody's name, address, telephone number or words leave the databases: not into topics, logs or metrics.

The whole story is played with its invented network, and everything personal in it is a canary. Afterwards the topics,
the log files, the metrics and what programs outside make of the events are searched for each of them, in every form in
which it could have got there.
"""

import asyncio
import base64
import json
import re
import subprocess
import sys
from contextlib import closing
from urllib.parse import quote, urlsplit

import httpx2
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from every_service.tree import ROOT
from openpyxl import load_workbook
from pymongo import MongoClient
from support.canaries import forms, found
from support.platforms import EVERYBODY, SERVICES
from support.waiting import wait_until

from missionare.cli.demo import command, region, story
from missionare.cli.demo.chapters import goals, outreach, planning, visit
from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.region import ANNA, NETWORK, NEWCOMER
from missionare.cli.demo.world import MEMBERS
from missionare.cli.running import Running
from missionare.kit.topics import PARTITIONS, topic_of

pytestmark = pytest.mark.platform

TELEPHONE = "+49 2761 9004711"
TELEPHONE_COLUMN = region.HEADINGS.index("Telefon")
TOPICS = (*SERVICES, "integration")
READ_WITHIN = 60.0
EVENTS = "/api/notifications/v1/events"
QUALIFIED = "members.missionary_qualified.v1"


def everything_personal():
    people = [command.OPERATOR, NEWCOMER, *(person for organisation in NETWORK for person in organisation.people)]
    for person in people:
        yield from (person.given_name, person.family_name, person.name, person.email, person.email.split("@")[0])
    for organisation in NETWORK:
        yield from (organisation.name, organisation.name.split(" ")[0], organisation.street, organisation.register_id)
    for wish in (*goals.WISHES, outreach.HER_GOAL):
        yield from (wish.statement, wish.sign_of_success)
    yield from (goals.NAMELESS, "Sonnenhang Verpackungen", TELEPHONE, *telephone_as_others_write_it())
    for stop in planning.VISITS:
        yield from (stop.title, stop.site)
    yield from (visit.RELEASED.text, visit.SILENT.text)


def telephone_as_others_write_it():
    compact = TELEPHONE.replace(" ", "")
    return compact, compact.removeprefix("+"), f"0{compact[3:]}", TELEPHONE.replace("+49 ", "0")


CANARIES = sorted({canary for canary in everything_personal() if canary})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """What the story knows, after it was played."""
    spreadsheet = region.rows
    with pytest.MonkeyPatch.context() as patch, Running.start(tmp_path_factory.mktemp("canary")) as running:
        patch.setattr(region, "rows", lambda: [with_telephone(row) for row in spreadsheet()])
        with closing(command.opened(running, Narrator())) as told:
            outcome = story.play(told)
            assert outcome.ok, outcome.missing
            assert {running.entry(name)["restarts"] for name in EVERYBODY} == {0}
            talk_carelessly(told, running)
            yield told, running


def with_telephone(row):
    return (*row[:TELEPHONE_COLUMN], TELEPHONE, *row[TELEPHONE_COLUMN + 1 :])


def talk_carelessly(told, running):
    """Say personal things where they do not belong: in addresses, headers, and bodies nobody can understand."""
    path, words = quote(ANNA.email), quote(ANNA.name)
    known = {"Authorization": f"Bearer {told.key}", "Idempotency-Key": ANNA.email.replace("@", "-")}
    shouted = {
        "User-Agent": ANNA.email,
        "Referer": f"{told.gateway}/{path}",
        "Cookie": f"missionare_session={path}",
        "X-Correlation-Id": ANNA.email,
        "traceparent": f"00-{ANNA.email}",
        "On-Behalf-Of": ANNA.email,
        "On-Behalf-Channel": "telephone",
        "On-Behalf-Why": words,
        "Idempotency-Key": ANNA.email,
        "If-Match": f'"{ANNA.email}"',
    }
    statement = {"statement": goals.WISHES[0].statement, ANNA.email: ANNA.name, "topics": ANNA.email}
    for address in (running.url, *(running.state["urls"][name] for name in (*SERVICES, "web"))):
        with httpx2.Client(base_url=address, timeout=30) as client:
            for place in (f"/{path}", f"/api/members/v1/{path}", f"/api/members/v1/links/{path}", f"/?q={path}"):
                client.get(place)
                client.get(place, headers=shouted)
                client.post(place, headers=shouted, json=statement)
    with httpx2.Client(base_url=f"{running.url}{MEMBERS}", timeout=30) as client:
        answers = [
            client.get(f"/people/{path}", params={"email": ANNA.email}, headers=known),
            client.post("/sign-in", json={"email": f"{ANNA.name} <{ANNA.email}>"}),
            client.post("/sign-in", content=f'{{"email": "{ANNA.email}"', headers={"Content-Type": ANNA.email}),
            client.post("/goals", json=statement, headers=known),
            client.post(f"/people/{path}/roles", json={"role": ANNA.name}, headers=known),
            client.post("/imports", json={"dry_run": False, "rows": [statement]}, headers=known | shouted),
        ]
    assert {answer.status_code // 100 for answer in answers} <= {2, 4}, [answer.text for answer in answers]


async def read_topics(running):
    """Every record of every topic as text: its key, its headers and its value."""
    partitions = [TopicPartition(topic_of(name), number) for name in TOPICS for number in range(PARTITIONS)]
    # From the beginning by policy: a seek would race with the reset to the end that assigning sets off.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=running.kafka, enable_auto_commit=False, fetch_max_wait_ms=50, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        read = {}
        async with asyncio.timeout(READ_WITHIN):
            while len(read) < sum(ends.values()):
                batches = await consumer.getmany(timeout_ms=500)
                for record in (record for batch in batches.values() for record in batch):
                    read[f"{record.topic}-{record.partition}-{record.offset}"] = as_text(record)
        return read
    finally:
        await consumer.stop()


def as_text(record):
    parts = [record.key, record.value, *(part for name, value in record.headers for part in (name.encode(), value))]
    return "\n".join((part or b"").decode("utf-8", errors="replace") for part in parts)


def read_logs(running):
    files = [*running.folder.logs.iterdir(), running.folder.root / "supervisor.out"]
    return {file.name: file.read_text(encoding="utf-8", errors="replace") for file in files}


def read_metrics(running):
    return {name: httpx2.get(f"{running.state['urls'][name]}/metrics").text for name in SERVICES}


async def test_no_record_of_any_topic_names_anybody(world):
    records = await read_topics(world[1])
    assert {place.split(".")[0] for place in records} == set(TOPICS)
    assert world[0].people[ANNA.email] in "".join(records.values())  # what tells of her is there: by her id
    assert found(CANARIES, records) == []


def test_no_line_of_any_log_names_anybody(world):
    logs = read_logs(world[1])
    assert {f"{name}.log" for name in EVERYBODY} <= logs.keys()
    assert all("request answered" in logs[f"{name}.log"] for name in (*SERVICES, "web"))
    assert world[0].people[ANNA.email] in logs["members.log"]
    assert found([*CANARIES, world[0].key], logs) == []


def test_no_metric_names_anybody(world):
    metrics = read_metrics(world[1])
    assert all("missionare_http_requests_total{" in text for text in metrics.values())
    assert found(CANARIES, metrics) == []


# --- programs outside, through the gateway ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key(world):
    """What the agency gives to a company for its programs."""
    wanted = {"label": "Auswertung", "roles": ["integration"], "organisation_id": min(world[0].organisations.values())}
    return world[0].agency.post(f"{MEMBERS}/api-keys", wanted)["key"]


@pytest.fixture(scope="module")
def company(world, key):
    """The company's programs."""
    with httpx2.Client(base_url=world[0].gateway, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        yield client


def feed(client):
    return client.get(EVENTS, params={"limit": 200}).raise_for_status().json()["items"]


def example(name, *arguments, **variables):
    """Run an example as it stands, in an environment that has nothing of ours."""
    command = [sys.executable, ROOT / "examples" / name, *arguments]
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=READ_WITHIN, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_newsletter_tells_the_public_s_news_once_and_each_leads_to_its_page(world, tmp_path):
    said = [example("newsletter.py", world[0].gateway, str(tmp_path / "place.txt")) for _ in range(2)]

    links = re.findall(r"\((http\S+)\)", said[0])
    assert {urlsplit(link).path.split("/")[1] for link in links} == {"catalog", "journeys"}
    assert {httpx2.get(link).status_code for link in links} == {200}
    assert "nichts Neues" in said[1]
    assert found(CANARIES, {"the newsletter": said[0]}) == []


def test_a_table_has_a_row_for_every_event_of_the_network_and_names_nobody(world, company, key, tmp_path):
    file = str(tmp_path / "region.xlsx")
    said = [example("spreadsheet.py", world[0].gateway, file, MISSIONARE_KEY=key) for _ in range(2)]

    rows = list(load_workbook(file).worksheets[0].values)[1:]
    assert [row[1] for row in rows] == [event["type"] for event in feed(company)]
    assert (said[0].split(" ")[0], said[1].split(" ")[0]) == (str(len(rows)), "0")
    assert all("person_id: ref_" in row[4] for row in rows if row[1] == QUALIFIED)
    assert QUALIFIED in {row[1] for row in rows}
    told = json.dumps(rows, ensure_ascii=False)
    assert not [person for person in world[0].people.values() if person in told]
    assert found(CANARIES, {"the table": told}) == []


async def test_a_consumer_of_the_topic_hears_the_same_without_people(world, company):
    events = feed(company)
    consumer = await asyncio.create_subprocess_exec(
        sys.executable, ROOT / "examples/consumer.py", world[1].kafka, "a-company", stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(READ_WITHIN):
            printed = [(await consumer.stdout.readline()).decode() for _ in events]
    finally:
        consumer.terminate()
        await consumer.wait()

    assert {json.loads(line)["id"] for line in printed} == {event["id"] for event in events}
    assert "ref_" not in "".join(printed)
    assert not [person for person in world[0].people.values() if person in "".join(printed)]


def test_a_stream_goes_on_where_it_was_left(company):
    first, second, third, *_ = feed(company)
    cursor = company.get(EVENTS, params={"limit": 1}).json()["next_cursor"]

    place, heard = hear(company, params={"cursor": cursor})
    assert heard == second
    assert hear(company, headers={"Last-Event-ID": place})[1] == third
    assert first["id"] not in {second["id"], third["id"]}


def hear(client, **how):
    """Open a stream and give the id and the value of the first event."""
    with client.stream("GET", f"{EVENTS}/stream", **how) as response:
        assert response.status_code == 200
        frame = {}
        for line in response.iter_lines():
            name, _, value = line.partition(": ")
            frame[name] = value
            if name == "data":
                return frame["id"], json.loads(value)
    return None


def test_the_database_does_not_log_what_slow_commands_hold(world):
    running = world[1]
    slow = {"$where": "sleep(300) || true", "email": {"$ne": ANNA.email}}
    with MongoClient(running.mongo_url("members")) as client:
        assert client["members"]["people"].find_one(slow, comment=ANNA.name)
    with MongoClient(running.mongo_url("members"), appname="afterwards") as client:
        client.admin.command("ping")
        wait_until(lambda: "afterwards" in running.log("mongod"), "mongod logging what came afterwards")
    assert found(CANARIES, {"mongod": running.log("mongod")}) == []


@pytest.mark.parametrize(
    "leak",
    [
        ANNA.email,
        ANNA.email.upper(),
        ANNA.family_name.lower(),
        quote(region.BERND.name),
        json.dumps(region.BERND.name),
        base64.b64encode(f"to: {ANNA.email}".encode()).decode(),
        base64.urlsafe_b64encode(f"mail={ANNA.email};".encode()).decode(),
        forms(ANNA.email)["sha256"][0],
        goals.WISHES[0].statement,
        TELEPHONE.replace(" ", ""),
    ],
)
async def test_the_same_search_finds_a_leak(world, leak):
    running = world[1]
    with running.folder.log_of("members").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"event": f"hello {leak}"}, ensure_ascii=False) + "\n")
    assert found(CANARIES, read_logs(running))
    assert found(CANARIES, {"metrics": f'missionare_x{{y="{leak}"}} 1'})


@pytest.mark.parametrize("part", ["key", "value", "headers"])
async def test_the_same_search_finds_a_leak_in_a_record(world, part):
    running = world[1]
    leak = ANNA.family_name.encode()
    record = {"value": b"{}"} | {part: [("told", leak)] if part == "headers" else leak}
    producer = AIOKafkaProducer(bootstrap_servers=running.kafka, enable_idempotence=False)
    await producer.start()
    try:
        sent = await producer.send_and_wait(topic_of("catalog"), **record)
    finally:
        await producer.stop()
    records = await read_topics(running)
    assert found(CANARIES, {"the record": records[f"{sent.topic}-{sent.partition}-{sent.offset}"]})
