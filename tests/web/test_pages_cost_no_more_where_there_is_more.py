"""A page costs what it shows, and not what there is: by the looks that the database counts, and by questions asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx2
import pytest
import pytest_asyncio
from bench.large_region import LargeRegion
from pymongo import MongoClient
from support.waiting import eventually
from web.region import Browser, Region

from missionare.catalog.reading.views import Search
from missionare.kit.ids import uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")

FEW: Final = 12
MANY: Final = 260
"""Of everything: more than any page shows, so that whoever goes through all of it is seen to."""
MOST: Final = 120
"""Documents or keys that one question may look at: the 100 of the longest page, where it ends, and drafts between."""
OWN_WORK: Final = {"system.profile", "read_models"}
"""What the services look at by themselves, and where their databases write it down."""
PROFILED: Final = 8_000_000
"""Bytes of what the database writes down about its work."""


class Counted(httpx2.AsyncBaseTransport):
    """Counts the questions to a service."""

    def __init__(self, house: httpx2.AsyncBaseTransport) -> None:
        self.house, self.asked = house, 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        return await self.house.handle_async_request(request)


@dataclass(frozen=True)
class Look:
    """What one question to the database looked at."""

    where: str
    question: str
    documents: int
    keys: int
    plan: str
    sorted: bool

    @property
    def bounded(self) -> bool:
        """Whether it found by an index what it gave, in the order in which it gave it.

        One document alone is in order.
        """
        ordered = not self.sorted or self.documents == 1
        return max(self.documents, self.keys) <= MOST and "COLLSCAN" not in self.plan and ordered

    def __str__(self) -> str:
        how = f"{self.documents} documents, {self.keys} keys, {self.plan}{', sorted' if self.sorted else ''}"
        return f"{self.where} {self.question[:200]}: {how}"


@dataclass
class Watched:
    """A region whose databases write down what they look at."""

    region: Region
    large: LargeRegion
    databases: Mapping[str, Any]
    counted: Mapping[str, Counted]
    operator: Browser
    few: dict[str, int] = field(default_factory=dict)
    """Questions that each page asked while there was little."""

    def addresses(self) -> dict[str, str]:
        """Give the pages, by what they are."""
        large = self.large
        one = large.journeys[-1]
        public = ["/", "/journeys", "/journeys/past", "/journeys.atom", "/journeys.ics", "/catalog", "/missionaries"]
        lists = ["people", "people?role=coach", "organisations", "organisations?state=active", "journeys"]
        lists += ["journeys?state=completed", "registrations", "registrations?state=pending_approval", "releases"]
        lists += ["goals", "missionaries", "missionaries?state=returned", "enquiries", "enquiries?kind=message"]
        lists += ["workshop", "workshop/suggestions", "workshop/drafts", "workshop/editions", "role-changes"]
        lists += ["technik/mails", "technik/mails?state=sent", "impact/outreach", "technik/audit"]
        lists += ["technik/keys", "technik/keys?state=requested"]
        lists += ["technik/audit?actor=person:seldom", "technik/audit?subject=person:seldom"]
        of_journey = ["registrations", "registrations?state=confirmed", "certificates", "missionaries", "interests"]
        return {
            **{page: page for page in public},
            "a journey": one_open(large),
            "asking for a seat": f"{one_open(large)}/register",
            "an entry": f"/catalog/{large.entries[-1]}",
            "a certificate": f"/certificates/{large.codes[-1]}",
            **{each: f"/console/{each}" for each in lists},
            **{f"{each} of a journey": f"/console/journeys/{one.id}/{each}" for each in of_journey},
        }

    def deeper(self) -> dict[str, str]:
        """Give the last pages of the lists that were filled."""
        large, one = self.large, self.large.journeys[-1]
        last = {
            "/console/people": large.people,
            "/console/people?role=coach": large.people,
            "/console/organisations": large.organisations,
            "/console/organisations?state=active": large.organisations,
            "/console/registrations": large.registrations,
            "/console/registrations?state=pending_approval": large.registrations,
            f"/console/journeys/{one.id}/registrations": large.registrations,
            f"/console/journeys/{one.id}/registrations?state=confirmed": large.registrations,
            f"/console/journeys/{one.id}/certificates": large.certificates,
        }
        days = sorted((each for each in large.journeys if each.published_at), key=lambda each: each.ends_at)
        ahead, behind = days[-3], days[2]
        newest_first = large.journeys[2].id
        return {
            **{path: _beyond(path, ids[-10]) for path, ids in last.items()},
            "journeys ahead": _beyond("/journeys", f"{ahead.ends_at.isoformat()}~{ahead.id}"),
            "journeys that have been": _beyond("/journeys/past", f"{behind.ends_at.isoformat()}~{behind.id}"),
            "journeys in the console": _beyond("/console/journeys", newest_first),
            "completed journeys in the console": _beyond("/console/journeys?state=completed", newest_first),
        }

    async def look(self, path: str) -> tuple[Counter[str], list[Look]]:
        """Open a page; give the questions to services, and what the databases looked at for it."""
        asked = {name: each.asked for name, each in self.counted.items()}
        seen = {name: database["system.profile"].count_documents({}) for name, database in self.databases.items()}
        browser = self.operator if path.startswith("/console") else self.region.browser
        page = await browser.look(path)
        assert page.status == 200, f"{path}: {page.status}\n{page.text[:600]}"
        looks = [
            look
            for name, database in self.databases.items()
            for look in _looks(database["system.profile"].find({}, skip=seen[name]))
        ]
        return Counter({name: each.asked - asked[name] for name, each in self.counted.items()}), looks

    async def look_for_too_much(self, path: str) -> list[Look]:
        """Open a page; give the looks that were for more than it shows."""
        return [look for look in (await self.look(path))[1] if not look.bounded]


def one_open(large: LargeRegion) -> str:
    """Give the page of a journey that takes registrations."""
    return next(f"/journeys/{each.id}" for each in reversed(large.journeys) if each.state == "registration_open")


def _beyond(path: str, cursor: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}cursor={quote(cursor, safe='')}"


def _looks(rows: Any) -> Iterator[Look]:
    for row in rows:
        command = row.get("command", {})
        collection = row["ns"].partition(".")[2]
        if row["op"] not in {"query", "command"} or collection in OWN_WORK or "docsExamined" not in row:
            continue
        if "$changeStream" in str(command.get("pipeline", "")):
            continue
        asked = command.get("filter") or command.get("pipeline") or command.get("query")
        yield Look(
            where=collection,
            question=str(asked),
            documents=row["docsExamined"],
            keys=row["keysExamined"],
            plan=row.get("planSummary", ""),
            sorted=bool(row.get("hasSortStage")),
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(shared: Region, mongod: str) -> AsyncIterator[Watched]:
    """Fill a region twice: with a little of everything, whose questions are counted, and then with much."""
    with MongoClient[dict[str, Any]](f"{mongod}/?replicaSet=test", tz_aware=True) as client:
        databases = {name: client[each.service.database.name] for name, each in shared.platforms.items()}
        trail = client[f"{databases['members'].name}_audit"]
        watched_ones = {**databases, "trail": trail}
        for database in watched_ones.values():
            database.create_collection("system.profile", capped=True, size=PROFILED)
            database.command("profile", 2)
        counted = {name: Counted(shared.streets.houses[name]) for name in databases}
        shared.streets.houses.update(counted)
        operator = shared.signed_in("somebody", roles=("operator", "coach", "editor", "reviewer", "auditor"))
        watched = Watched(shared, LargeRegion(databases, 1, shared.clock.now()), watched_ones, counted, operator)
        await _fill(watched, FEW)
        watched.few = {name: sum((await watched.look(path))[0].values()) for name, path in watched.addresses().items()}
        await _fill(watched, MANY)
        yield watched
        for database in watched_ones.values():
            database.command("profile", 0)


async def _fill(watched: Watched, count: int) -> None:
    large = watched.large
    large.add_people(count)
    large.add_organisations(count)
    large.add_journeys(count)
    *others, one = large.journeys
    large.add_registrations(2 * count, [each for other in others[-count:] for each in (other, one)])
    large.add_entries(count)
    _add_trail(watched, count)
    search = watched.region.platforms["catalog"].service.context.views[Search]
    await eventually(lambda: all(search.found_as(each) for each in large.entries))


def _add_trail(watched: Watched, count: int) -> None:
    """Let somebody have done something once, and others much since."""
    done = {"at": watched.region.clock.now(), "what": "edit_goal", "correlation_id": "c", "why": ""}
    who = ["person:seldom", *("person:often" for _ in range(count))]
    rows = [{"_id": uuid7(), "actor": each, "objects": [each], **done} for each in who]
    watched.databases["trail"]["audit"].insert_many(rows)


async def test_no_page_looks_at_more_of_a_database_than_it_shows(watched: Watched) -> None:
    pages = {**watched.addresses(), **watched.deeper()}
    too_much = [f"{name}: {look}" for name, path in pages.items() for look in await watched.look_for_too_much(path)]

    assert too_much == []


async def test_no_page_asks_the_services_more_often_where_there_is_more(watched: Watched) -> None:
    many = {name: sum((await watched.look(path))[0].values()) for name, path in watched.addresses().items()}

    assert many == watched.few
