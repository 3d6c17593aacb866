"""Commands of a service's process: a sweep now, with its counts; a build with its progress."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.boxes.events import BoxFilled
from support.boxes.fillings import confirm, fillings, service_of
from support.boxes.service import Box, save

from missionare.kit.service import Service
from missionare.kit.upkeep import COMMANDS, reconcile


@pytest.fixture
async def service(mongo_url: str, tmp_path: Path) -> AsyncIterator[Service]:
    service = service_of(mongo_url, tmp_path, fillings())
    await service.open()
    yield service
    await service.database["fillings@2"].drop()
    await service.stop()


async def told(service: Service, *, seconds_ago: int) -> None:
    """Have facts confirmed that long ago, none of which the topic brings."""
    box = Box(id="b0")
    for items in (1, 2, -3):
        box = await save(service.context, box, BoxFilled(box_id="b0", items=items))
    await confirm(service.context)
    age = [{"$set": {"at": {"$dateSubtract": {"startDate": "$at", "unit": "second", "amount": seconds_ago}}}}]
    await service.database["confirmations"].update_many({}, age)


async def test_a_sweep_now_applies_what_never_arrived_and_counts_it(service: Service) -> None:
    await told(service, seconds_ago=90)

    [first] = await reconcile(service)
    [second] = await reconcile(service)

    assert (first.consumer, first.complete) == ("boxes.fillings@1", True)
    assert (first.read, first.applied, first.repaired, first.waiting["parked"]) == (3, 3, 2, 1)
    assert (second.read, second.applied, second.repaired, second.waiting["parked"]) == (0, 0, 0, 1)
    row = await service.database["fillings"].find_one({"_id": "b0"})
    assert row["order"] == [1, 2]


async def test_what_is_young_is_left_to_the_topic(service: Service) -> None:
    await told(service, seconds_ago=0)

    [swept] = await reconcile(service)

    assert (swept.read, swept.applied) == (0, 0)


async def test_the_process_says_one_line_of_json_per_outcome(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    status = await COMMANDS["reconcile"](service, [])

    assert (status, json.loads(capsys.readouterr().out)["consumer"]) == (0, "boxes.fillings@1")


@pytest.mark.parametrize(("language", "said"), [("de", "hat kein Lesemodell"), ("en", "has no read model")])
async def test_a_wrong_name_is_a_clear_message(
    service: Service, capsys: pytest.CaptureFixture[str], language: str, said: str
) -> None:
    status = await COMMANDS["rebuild"](service, ["filings", "--language", language])

    assert status == 1
    assert said in capsys.readouterr().err


async def test_a_build_says_what_it_came_to(service: Service, capsys: pytest.CaptureFixture[str]) -> None:
    status = await COMMANDS["rebuild"](service, ["fillings"])

    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (status, report["read_model"], report["serving"], report["previous"]) == (0, "boxes.fillings", 2, 1)
