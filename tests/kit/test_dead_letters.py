"""Operators decide about facts that are set aside: through the guard, in order, with a reason, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from support.boxes.events import BoxFilled
from support.boxes.fillings import fillings, service_of
from support.boxes.service import Box, save

from missionare.kit.consumer import COLLECTIONS, Consumer
from missionare.kit.envelope import Envelope, from_row
from missionare.kit.parking import Parking
from missionare.kit.testing import As, Platform, running

PATH = "/api/boxes/v1/dead-letters"
CONSUMER = "boxes.fillings@1"


class Desk:
    """The service with its one consumer, and an operator."""

    def __init__(self, platform: Platform, unready: set[int]) -> None:
        self.unready = unready
        self.service = platform.service
        self.database = platform.service.database
        self.operator: As = platform.as_person("olga", roles=["operator"])
        self.consumer = Consumer(self.service.context, self.service.handlers[0], {"boxes": self.service.context.ledger})

    async def told(self, box_id: str, *items: int) -> list[Envelope]:
        """Save a box with a fact for each number, and bring all to the consumer."""
        box = Box(id=box_id)
        for number in items:
            box = await save(self.service.context, box, BoxFilled(box_id=box_id, items=number))
        rows = await self.database["facts"].find({"subject": box_id}, sort=[("sequence", 1)]).to_list(None)
        envelopes = [from_row(row, "boxes") for row in rows]
        await self.consumer.batch(envelopes)
        return envelopes

    async def listed(self, query: str = "") -> list[dict[str, Any]]:
        answer = await self.operator.get(f"{PATH}?{query}")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def shown(self, letter_id: str) -> dict[str, Any]:
        answer = await self.operator.get(f"{PATH}/{quote(letter_id, safe='')}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def decide(self, letter: dict[str, Any], act: str, body: dict[str, Any] | None = None, **how: Any) -> Any:
        path = f"{PATH}/{quote(letter['id'], safe='')}/{act}"
        return await self.operator.send("POST", path, body=body, match=letter["version"], **how)

    async def worker_looks(self) -> None:
        """Do what a worker does every second."""
        for stream in await self.consumer.parking.due():
            await self.consumer.drain(stream)

    async def order(self, box_id: str) -> list[int]:
        row = await self.database["fillings"].find_one({"_id": box_id})
        return row["order"] if row else []


@pytest.fixture
async def desk(mongo_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    unready: set[int] = set()
    async with running(service_of(mongo_url, tmp_path, fillings(unready))) as platform:
        await platform.service.database.ensure_collections(COLLECTIONS)
        desk = Desk(platform, unready)
        await desk.consumer.parking.ensure_indexes()
        yield desk


async def test_what_is_set_aside_is_listed_by_what_it_is(desk: Desk) -> None:
    await desk.told("a", 1, -1, 2, 3)
    await desk.told("b", -5)
    await desk.consumer.parking.keep_raw(b"\xffno json", [("ce_id", None)], "boxes.events-0-7", "not UTF-8")

    assert sorted(letter["state"] for letter in await desk.listed()) == ["parked", "parked", "queued", "queued", "raw"]
    assert len(await desk.listed("subject=a&state=queued")) == 2
    assert len(await desk.listed("error=builtins.ValueError")) == 2
    assert len(await desk.listed("type=boxes.box_filled.v1&aggregate=box&source=boxes")) == 4
    assert await desk.listed("consumer=another") == []
    first = (await desk.operator.get(f"{PATH}?limit=2")).json()
    second = (await desk.operator.get(f"{PATH}?limit=9&cursor={quote(first['next_cursor'])}")).json()
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (2, 3, None)


async def test_one_is_shown_with_its_value_and_what_waits_behind_it(desk: Desk) -> None:
    _, poison, *behind = await desk.told("a", 1, -1, 2, 3)
    [letter] = await desk.listed("state=parked")

    shown = await desk.shown(letter["id"])

    assert (shown["fact_id"], shown["value"]) == (poison.id, poison.value)
    assert (shown["sequence"], shown["error"], shown["waiting_behind"]) == ("1.2", "builtins.ValueError", 2)
    assert [each.rpartition(":")[2] for each in shown["first_behind"]] == [fact.id for fact in behind]


async def test_what_is_tried_again_is_applied_with_all_that_waits_behind_it(desk: Desk) -> None:
    desk.unready.add(2)
    await desk.told("a", 1, 2, 3)
    [letter] = await desk.listed("state=parked")
    await desk.worker_looks()
    assert await desk.order("a") == [1], "it is not due yet"
    desk.unready.clear()

    answer = await desk.decide(letter, "retry")
    await desk.worker_looks()

    assert (answer.status_code, answer.json()["state"]) == (200, "parked")
    assert await desk.order("a") == [1, 2, 3]
    assert await desk.listed() == []


async def test_an_edited_fact_is_applied_in_its_place(desk: Desk) -> None:
    await desk.told("a", 1, -1, 3)
    [letter] = await desk.listed("state=parked")

    await desk.decide(letter, "edit", {"value": {"box_id": "a", "items": 2}, "reason": "The scales were wrong."})
    await desk.worker_looks()

    assert await desk.order("a") == [1, 2, 3]
    [decision] = await desk.database["decisions"].find({}).to_list(None)
    assert (decision["kind"], decision["model"], decision["obeyed_by"]) == ("edit", "boxes.fillings", [CONSUMER])


async def test_what_is_discarded_counts_as_dealt_with_and_the_rest_follows(desk: Desk) -> None:
    poison, *_ = await desk.told("a", -1, 2, 3)
    [letter] = await desk.listed("state=parked")

    answer = await desk.decide(letter, "discarding", {"reason": "A box that never was."})
    await desk.worker_looks()

    assert answer.json() == {"id": letter["id"], "state": "settled", "version": None, "error": None}
    assert await desk.order("a") == [2, 3]
    await desk.consumer.batch([poison])
    assert await desk.order("a") == [2, 3], "it stays dealt with when it comes again"
    [row] = await desk.database.audit.find({}).to_list(None)
    assert (row["what"], row["why"], row["actor"]) == (
        "discard_dead_letter", "A box that never was.", "person:olga",
    )  # fmt: skip
    assert row["objects"] == [letter["id"]]


async def test_facts_of_one_aggregate_are_decided_about_in_order(desk: Desk) -> None:
    await desk.told("a", -1, 2)
    first, second = sorted(await desk.listed(), key=lambda letter: letter["sequence"])
    *_, late = await desk.told("b", 1, 2, 3)
    await desk.database["streams"].delete_many({})
    await desk.consumer.batch([late])
    [held] = await desk.listed("state=held")

    behind = await desk.decide(second, "discarding", {"reason": "not yet"})
    early = await desk.decide(held, "retry")

    assert (behind.status_code, behind.json()["code"]) == (409, "waits_behind_another")
    assert first["id"] in behind.json()["detail"]
    assert (early.status_code, early.json()["code"]) == (409, "waits_for_earlier")


async def test_bytes_that_are_no_fact_are_looked_at_and_discarded(desk: Desk) -> None:
    await desk.consumer.parking.keep_raw(b"\xffno json", [("ce_id", None)], "boxes.events-0-7", "not UTF-8")
    [letter] = await desk.listed()

    shown = await desk.shown(letter["id"])
    again = await desk.decide(letter, "retry")
    gone = await desk.decide(letter, "discarding", {"reason": "noise"})

    assert (shown["value"], shown["position"], shown["headers"]) == ("\\xffno json", "boxes.events-0-7", {"ce_id": ""})
    assert again.json()["code"] == "no_fact"
    assert (gone.status_code, await desk.listed()) == (200, [])


@pytest.mark.parametrize(
    ("value", "field"),
    [({"box_id": "a"}, "value.items"), ({"box_id": "a", "items": "many"}, "value.items")],
)
async def test_a_value_that_cannot_be_read_is_refused(desk: Desk, value: dict[str, Any], field: str) -> None:
    await desk.told("a", -1)
    [letter] = await desk.listed()

    answer = await desk.decide(letter, "edit", {"value": value, "reason": "a try"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert field in answer.json()["detail"]
    assert await desk.listed() == [letter]


async def test_of_two_operators_at_once_one_decides(desk: Desk) -> None:
    await desk.told("a", -1, 2)
    [letter] = await desk.listed("state=parked")

    answers = await asyncio.gather(
        desk.decide(letter, "discarding", {"reason": "never was"}),
        desk.decide(letter, "edit", {"value": {"box_id": "a", "items": 9}, "reason": "nine"}),
    )
    await desk.worker_looks()

    assert sorted(answer.status_code for answer in answers) in ([200, 404], [200, 412])
    expected = [2] if answers[0].status_code == 200 else [9, 2]
    assert await desk.order("a") == expected


async def test_the_same_decision_sent_twice_happens_once(desk: Desk) -> None:
    await desk.told("a", -1, -2, 3)
    [letter] = await desk.listed("state=parked")

    answers = [await desk.decide(letter, "discarding", {"reason": "noise"}, key="one") for _ in range(2)]
    await desk.worker_looks()

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [each["sequence"] for each in await desk.listed("state=parked")] == ["1.2"]


async def test_many_are_counted_first_and_then_decided_about(desk: Desk) -> None:
    for number in range(4):
        await desk.told(f"b{number}", -1, 2)
    await desk.told("other", -9)
    body = {"filter": {"error": "builtins.ValueError"}, "reason": "wrong scales"}
    path = "/api/boxes/v1/dead-letter-edits"

    dry = await desk.operator.post(path, {**body, "patch": {"items": 1}, "dry_run": True})
    assert [dry.json()[name] for name in ("matched", "done", "remaining")] == [5, 0, 5]
    assert len(await desk.listed("error=builtins.ValueError")) == 5
    wet = await desk.operator.post(path, {**body, "patch": {"items": 1}, "dry_run": False})
    await desk.worker_looks()

    assert (wet.status_code, [wet.json()[name] for name in ("matched", "done", "remaining")]) == (201, [5, 5, 0])
    assert [await desk.order(f"b{number}") for number in range(4)] == [[1, 2]] * 4
    assert await desk.listed() == []


async def test_many_are_tried_again_or_discarded_and_nothing_that_only_waits(desk: Desk) -> None:
    desk.unready.add(1)
    for number in range(3):
        await desk.told(f"b{number}", 1, 2)
    where = {"filter": {"consumer": CONSUMER}, "dry_run": False}

    retried = await desk.operator.post("/api/boxes/v1/dead-letter-retries", where)
    await desk.worker_looks()
    assert (retried.json()["done"], len(await desk.listed("state=parked"))) == (3, 3), "they failed again"
    gone = await desk.operator.post("/api/boxes/v1/dead-letter-discardings", {**where, "reason": "never were"})
    await desk.worker_looks()

    assert gone.json()["done"] == 3
    assert [await desk.order(f"b{number}") for number in range(3)] == [[2]] * 3


async def test_nobody_decides_about_everything_by_saying_nothing(desk: Desk) -> None:
    body = {"filter": {}, "reason": "all of it", "dry_run": False}

    answer = await desk.operator.post("/api/boxes/v1/dead-letter-discardings", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_dead_head_is_revived_by_a_person_only(desk: Desk) -> None:
    desk.unready.add(1)
    await desk.told("a", 1, 2)
    await desk.database["parked"].update_many({"state": "parked"}, {"$set": {"state": "dead"}})
    desk.unready.clear()
    await desk.worker_looks()
    [letter] = await desk.listed("state=dead")

    await desk.decide(letter, "retry")
    await desk.worker_looks()

    assert await desk.order("a") == [1, 2]
    assert (await Parking(desk.database, CONSUMER).waiting())["dead"] == 0
