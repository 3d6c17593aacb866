"""A live view holds what the database holds: from the start, after every change, and after the database was away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest
from pymongo.errors import AutoReconnect
from support.things.service import build
from support.waiting import eventually

from missionare.kit import live
from missionare.kit.live import LiveView
from missionare.kit.mongo import Database
from missionare.kit.settings import Settings
from missionare.kit.testing import running, settings_for


class Shown(LiveView):
    """Holds one field of every document."""

    name = "shown"
    collection = "documents"

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.held: dict[str, int] = {}
        self.builds = 0
        self.before_reading = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def build(self) -> None:
        self.before_reading.set()
        await self.go_on.wait()
        self.held = {row["_id"]: row["size"] for row in await self.rows.find({}).to_list(None)}
        self.builds += 1

    async def take_in(self, ids: Collection[str]) -> None:
        found = {row["_id"]: row["size"] for row in await self.rows.find({"_id": {"$in": list(ids)}}).to_list(None)}
        for name in ids:
            self.held.pop(name, None)
        self.held.update(found)


@pytest.fixture
async def shown(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shown]:
    """A view that is being followed."""
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.01)
    await database.ensure_collections(["documents"])
    view = Shown(database)
    following = asyncio.create_task(view.follow())
    yield view
    following.cancel()


async def test_it_holds_what_was_there_and_what_changes(database: Database, shown: Shown) -> None:
    rows = database["documents"]
    await rows.insert_many([{"_id": f"d{number}", "size": number} for number in range(3)])
    assert await shown.wait_until_built(30)

    await rows.update_one({"_id": "d0"}, {"$set": {"size": 10}})
    await rows.delete_one({"_id": "d1"})
    await rows.insert_one({"_id": "d3", "size": 3})

    await eventually(lambda: shown.held == {"d0": 10, "d2": 2, "d3": 3})
    assert shown.builds == 1


async def test_nothing_falls_between_building_and_following(database: Database) -> None:
    await database.ensure_collections(["documents"])
    view = Shown(database)
    view.go_on.clear()
    following = asyncio.create_task(view.follow())
    try:
        await asyncio.wait_for(view.before_reading.wait(), 30)
        await database["documents"].insert_one({"_id": "early", "size": 1})
        assert not await view.is_built()
        view.go_on.set()
        await eventually(lambda: view.held == {"early": 1})
    finally:
        following.cancel()


async def test_a_dropped_collection_is_read_anew(database: Database, shown: Shown) -> None:
    await database["documents"].insert_one({"_id": "old", "size": 1})
    await eventually(lambda: shown.held == {"old": 1})

    await database["documents"].drop()
    await database["documents"].insert_one({"_id": "new", "size": 2})

    await eventually(lambda: shown.held == {"new": 2})


async def test_what_it_held_goes_on_being_shown_while_the_database_is_away(
    database: Database, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database["documents"].insert_one({"_id": "old", "size": 1})
    await eventually(lambda: shown.held == {"old": 1})
    tries = iter([AutoReconnect("away"), AutoReconnect("away"), None])
    take_in = shown.take_in

    async def failing(ids: Collection[str]) -> None:
        if (error := next(tries, None)) is not None:
            raise error
        await take_in(ids)

    monkeypatch.setattr(shown, "take_in", failing)
    await database["documents"].insert_one({"_id": "new", "size": 2})

    await eventually(lambda: shown.held == {"old": 1, "new": 2})
    assert await shown.is_built()
    assert shown.builds == 2


async def test_a_process_is_ready_when_its_live_views_are_built(mongo_url: str, tmp_path: Path) -> None:
    service = build(settings_for("things", mongo_url, tmp_path, kind=Settings))
    service.views = (*service.views, Shown)
    async with running(service) as things:
        view = service.context.views[Shown]
        assert isinstance(view, Shown)
        assert await view.wait_until_built(30)
        assert (await things.as_visitor().get("/health/ready")).status_code == 200

        view._built.clear()

        assert (await things.as_visitor().get("/health/ready")).json()["failing"] == ["shown"]
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "shown" and not task.cancelling()]


async def test_a_process_ends_when_a_live_view_cannot_be_kept_up(mongo_url: str, tmp_path: Path) -> None:
    class Broken(Shown):
        async def build(self) -> None:
            raise ZeroDivisionError

    service = build(settings_for("things", mongo_url, tmp_path, kind=Settings))
    service.views = (*service.views, Broken)
    async with running(service):
        await asyncio.wait_for(service.failed.wait(), 30)
