"""The examples and every command of the how-to, run as they stand against the real service at a real port."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from notifications.listening import Open, listening
from notifications.receivers import receiving
from notifications.region import COMPLETED, ENTRY, QUALIFIED, Region
from openpyxl import load_workbook

from missionare.kit import topics
from missionare.kit.timers import Timers
from missionare.kit.worker import Worker
from missionare.notifications.integration.domain import OPEN
from missionare.notifications.webhook.domain import GIVES_UP_AFTER, PAUSES

ROOT = Path(__file__).parents[2]
HOW_TO = (ROOT / "docs/how-to/integrations.md").read_text(encoding="utf-8")
COMMANDS = [block for block in re.findall(r"```sh\n(.*?)```", HOW_TO, re.DOTALL) if "export" not in block]


@pytest.fixture
async def outside(region: Region) -> AsyncIterator[Open]:
    async with listening(region) as opened:
        yield opened


def environment(outside: Open, **more: str) -> dict[str, str]:
    own = {"MISSIONARE_URL": str(outside.client.base_url).rstrip("/"), "MISSIONARE_KEY": outside.token("chamber")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": "", **own, **more}


async def run(command: str, folder: Path, variables: dict[str, str]) -> tuple[int, str]:
    """Run a command in a shell beside the examples; gives its status and what it printed."""
    for name in ("examples",):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    process = await asyncio.create_subprocess_shell(
        command, cwd=folder, env=variables, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def example(command: str, folder: Path, outside: Open) -> str:
    status, said = await run(f"python examples/{command}", folder, environment(outside))
    assert status == 0, said
    return said


async def test_the_newsletter_tells_what_is_new_once(region: Region, outside: Open, tmp_path: Path):
    command = 'newsletter.py "$MISSIONARE_URL" place.txt'
    await region.deliver(region.entry("e1"), region.journey("j1"), region.qualified())

    first = await example(command, tmp_path, outside)
    assert "/catalog/e1)" in first
    assert "Lernreise am 06.05.2026 mit 3 Stationen und 20 Plätzen" in first
    assert "nichts Neues" in await example(command, tmp_path, outside)

    await region.deliver(region.entry("e1", number=2), region.entry("e2"))
    later = await example(command, tmp_path, outside)
    assert "Fassung 2" in later
    assert "/catalog/e2)" in later
    assert "Lernreise" not in later


async def test_the_spreadsheet_grows_by_what_is_new_and_keeps_what_was_done_with_it(
    region: Region, outside: Open, tmp_path: Path
):
    command = 'spreadsheet.py "$MISSIONARE_URL" region.xlsx'
    await region.deliver(region.qualified("p1"), region.entry("e1"))
    assert "2 new rows" in await example(command, tmp_path, outside)
    book = load_workbook(tmp_path / "region.xlsx")
    book.worksheets[0]["F2"] = "called them"
    book.save(tmp_path / "region.xlsx")

    await region.deliver(region.qualified("p1", "j2"))
    assert "1 new rows" in await example(command, tmp_path, outside)
    assert "0 new rows" in await example(command, tmp_path, outside)

    rows = list(load_workbook(tmp_path / "region.xlsx").worksheets[0].values)
    people = [row[4].partition("person_id: ")[2][:30] for row in rows if row[1] == QUALIFIED]
    assert [row[1] for row in rows[1:]] == [event["type"] for event in await region.seen(region.chamber)]
    assert rows[1][5] == "called them"
    assert people[0] == people[1]
    assert people[0].startswith("ref_")


@pytest.mark.thorough
async def test_every_command_of_the_how_to_does_what_it_says(region: Region, outside: Open, tmp_path: Path):
    await region.deliver(region.entry("e1"), region.qualified())
    hook: dict[str, Any] = {}
    async with receiving() as receiver:
        for command in COMMANDS:
            known = {"MY_ADDRESS": receiver.url, "WEBHOOK": str(hook.get("id")), "VERSION": "2"}
            status, said = await run(command, tmp_path, environment(outside, **known))
            streaming = "/events/stream" in command
            assert status == (28 if streaming else 0), f"{command}\n{said}"  # curl: the time that was given is over
            if '"url"' in command:
                hook = json.loads(said)
                assert hook["secret"].startswith("whsec_")
            await region.settle()

    assert len(COMMANDS) >= 11
    assert len(receiver.posts) >= 3, "a ping to begin with, one that was asked for, and the replay"
    assert [post.event["subject"] for post in receiver.events] == ["e1"]


def test_the_how_to_names_the_pauses_there_are():
    told = re.search(r"comes again, after (.*?); after three days", HOW_TO)
    assert told
    units = {"second": 1, "minute": 60, "hour": 3_600}
    spoken = re.findall(r"([\d, and]+) (second|minute|hour)s", told[1])
    seconds = [int(number) * units[unit] for numbers, unit in spoken for number in re.findall(r"\d+", numbers)]

    assert seconds == [pause.total_seconds() for pause in PAUSES]
    assert timedelta(days=3) == GIVES_UP_AFTER


def test_the_how_to_names_types_there_are():
    assert set(re.findall(r"(?:catalog|journeys|members)\.\w+\.v\d", HOW_TO)) <= OPEN.keys()


@pytest.mark.broker
async def test_the_topic_has_what_the_feed_has_without_people_and_the_example_prints_it(
    region: Region, kafka: str, tmp_path: Path
):
    await topics.provision(kafka, topics.of(["notifications", "integration"], replicas=1))
    service = region.platform.service
    changed = {"kafka_bootstrap_servers": kafka, "kafka_idempotence": False, "topic_replicas": 1}
    settings = service.settings.model_copy(update=changed)
    await region.deliver(region.entry("e1"), region.qualified("p1"), region.qualified("p2"), region.entry("e2"))
    await region.withdraw("entry", "e2")
    await region.deliver(region.fact("journeys.JourneyCompleted", "journey", **FINISHED))
    shown = await region.seen(region.chamber)

    failures: list[str] = []
    worker = Worker(
        region.context, settings, handlers=[], timers=Timers(), fail=failures.append, outlets=service.outlets
    )
    await worker.start()
    try:
        records = await read(kafka, len(shown))
        printing = await asyncio.create_subprocess_exec(
            sys.executable, ROOT / "examples/consumer.py", kafka, "an-example", stdout=asyncio.subprocess.PIPE
        )
        assert printing.stdout is not None
        async with asyncio.timeout(60):
            printed = [json.loads(await printing.stdout.readline()) for _ in shown]
        printing.terminate()
        await printing.wait()
    finally:
        await worker.stop()

    told = {event["id"]: event for _, event in records}
    assert told == {event["id"]: event for event in printed} == {event["id"]: nameless(event) for event in shown}
    assert {event["type"] for event in told.values()} == {ENTRY, QUALIFIED, COMPLETED}
    assert all(key == event.get("subject", event["id"]) for key, event in records)
    assert "ref_" not in json.dumps(printed)
    assert not await region.context.database["integration_outbox"].count_documents({})
    assert failures == []


FINISHED = {
    "journey_id": "j1",
    "revision": 1,
    "stops_visited": 3,
    "participations": 12,
    "insights_released": 4,
    "insights_pending": 1,
}


def nameless(event: dict[str, Any]) -> dict[str, Any]:
    """Give an event of the feed as somebody sees it who has no references."""
    data = {name: value for name, value in event["data"].items() if not str(value).startswith("ref_")}
    subject = {} if event["subject"].startswith("ref_") else {"subject": event["subject"]}
    return {**{name: value for name, value in event.items() if name != "subject"}, **subject, "data": data}


async def read(kafka: str, count: int) -> list[tuple[str, dict[str, Any]]]:
    consumer = AIOKafkaConsumer(
        "integration.events", bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        async with asyncio.timeout(60):
            records = [await consumer.getone() for _ in range(count)]
    finally:
        await consumer.stop()
    assert all(dict(record.headers)["content-type"] == b"application/cloudevents+json" for record in records)
    return [(record.key.decode(), json.loads(record.value)) for record in records]
