"""What opens members' doors does not come back with a backup: it may have ended since."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from members.agency import API, Agency, Browser
from pymongo import AsyncMongoClient

from missionare.kit.backup import backup
from missionare.kit.mongo import Document
from missionare.kit.restore import restore
from missionare.kit.testing import running
from missionare.members.app import build

ADA = "ada@example.org"


@pytest.fixture
async def elsewhere(mongo_url: str, mongod: str) -> AsyncIterator[str]:
    """The database of a new machine."""
    name = mongo_url.rpartition("/")[2].partition("?")[0]
    yield mongo_url.replace(f"/{name}?", f"/{name}_new?")
    async with AsyncMongoClient[Document](mongod) as client:
        await client.drop_database(f"{name}_new")
        await client.drop_database(f"{name}_new_audit")


async def test_neither_a_session_nor_a_mailed_link_lives_on(agency: Agency, elsewhere: str, tmp_path: Path) -> None:
    await agency.enter(ADA)
    signed_in = await agency.sign_in(ADA)
    await agency.done(agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key=""), 202)
    await agency.settle()
    unused = agency.mailbox.link(ADA)
    taken = await backup(agency.platform.service, tmp_path / "kept")
    settings = agency.platform.service.settings.model_copy(update={"mongo_url": elsewhere})
    new = build(settings)
    await restore(new, tmp_path / "kept")
    await new.database.audit.drop()  # `running` makes it
    await new.stop()

    async with running(build(settings)) as platform:
        browser = Browser(platform)
        browser.client.cookies = signed_in.client.cookies
        caller, page = await browser.caller(), await browser.open(unused)
        await browser.client.aclose()
        people = await platform.service.database["people"].count_documents({})
        keys = await platform.service.database["api_keys"].count_documents({"state": "live"})

    assert taken.left_out == ["sessions", "sign_in_tries"]
    assert (caller, page.status_code) == (None, 404)
    assert (people, keys) == (2, 1)
