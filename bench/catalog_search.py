"""`python -m bench.catalog_search [ENTRIES]`: the public list of a large catalog, in and around one process.

It starts a mongod of its own, fills it, and prints one line of JSON: seconds until the process is ready, megabytes
before and after portions of publications, and per kind of request the milliseconds of a whole answer (client, route,
search, facets, documents, JSON) at the median and the 95th of 100, with the process's own work in it beside it: that
figure does not depend on what else the machine does.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import psutil

from bench.servers import Servers, scratch, servers
from missionare.catalog.app import build
from missionare.catalog.entry.domain import Content, Entry, EntryState, Published
from missionare.catalog.entry.store import Entries
from missionare.catalog.events import Dimension, EntryKind, Function, Pole, Size, Stage, Topic
from missionare.catalog.reading.views import Search
from missionare.catalog.settings import CatalogSettings
from missionare.kit.ids import uuid7
from missionare.kit.service import Service
from missionare.kit.testing import Platform, running, settings_for

ENTRIES: Final = 10_000
TIMES: Final = 100
PORTIONS: Final = 4
PUBLICATIONS: Final = 150
MEGABYTE: Final = 2**20
NOW: Final = datetime(2027, 1, 1, tzinfo=UTC)
STEMS: Final = (
    "schicht plan daten maschine arbeit betrieb rat schutz grund verordnung leistung kontrolle wissen sicherung",
    "netz kunde liefer termin prüfung lern reise führung kraft werk stück zahl bild schirm meister ausfall energie",
)
PARTS: Final = " ".join(STEMS).split()
SMALL: Final = ["wie", "der", "die", "das", "und", "mit", "für", "wir", "ein", "nicht", "auf", "von", "was", "wenn"]
SMALL_SHARE: Final = 0.55
"""Of the words of German prose."""
REQUESTS: Final = {
    "everything": "",
    "a facet": "kind=question",
    "five facets": "kind=question&kind=value&pole=challenge&function=it&sector=C25&region=05970040",
    "a word": "q=schichtplan",
    "a frequent word": "q=schicht",
    "a part": "q=verordnung&pole=opportunity",
    "three words": "q=daten+schicht+meister",
    "a whole question": "q=wie+ist+das+mit+der+leistungskontrolle+im+betrieb",
    "mistyped": "q=schichtpaln",
    "200 on a page": "limit=200&q=daten",
}


def main() -> None:
    """Measure and print."""
    entries = int(sys.argv[1]) if sys.argv[1:] else ENTRIES
    with scratch(Path("build")) as folder:
        print(json.dumps(asyncio.run(measure(folder, entries))))  # noqa: T201 - the result


async def measure(folder: Path, entries: int) -> dict[str, Any]:
    """Fill a catalog, start a process on it, and ask."""
    async with servers(folder) as started:
        service = build(settings_for("catalog", _url(started), folder, kind=CatalogSettings))
        rows = service.database["entries"]
        dice = random.Random(7)  # noqa: S311 - the same texts every time
        for _ in range(entries // 500):
            await rows.insert_many([_document(dice) for _ in range(500)])
        began = time.perf_counter()
        async with running(service) as platform:
            search = _search(service)
            await search.wait_until_built(600)
            return {
                "entries": entries,
                "ready_s": round(time.perf_counter() - began, 2),
                "ms": {name: await _timed(platform, query) for name, query in REQUESTS.items()},
                "last_page_ms": await _timed(platform, await _last_page(platform)),
                "megabytes": await _memory(service, dice),
            }


def _search(service: Service) -> Search:
    return cast("Search", service.context.views[Search])


def _url(started: Servers) -> str:
    return started.mongo_url("members")  # any user with a database of its own


async def _timed(platform: Platform, query: str) -> dict[str, float]:
    visitor, took, worked = platform.as_visitor(), list[float](), list[float]()
    for _ in range(TIMES):
        began, work = time.perf_counter(), time.process_time()
        answer = await visitor.get(f"/api/catalog/v1/entries?{query}")
        took.append((time.perf_counter() - began) * 1_000)
        worked.append((time.process_time() - work) * 1_000)
        answer.raise_for_status()
    return {"p50": _at(took, 50), "p95": _at(took, 95), "work_p50": _at(worked, 50), "work_p95": _at(worked, 95)}


def _at(figures: list[float], percent: int) -> float:
    return round(sorted(figures)[len(figures) * percent // 100], 1)


async def _last_page(platform: Platform) -> str:
    query, cursor = "limit=200", None
    while True:
        page = (await platform.as_visitor().get(f"/api/catalog/v1/entries?{query}")).json()
        if page["next_cursor"] is None:
            return query
        cursor = page["next_cursor"]
        query = f"limit=200&cursor={cursor}"


async def _memory(service: Service, dice: random.Random) -> list[int]:
    """Publish anew one entry after the other, each seen before the next; gives megabytes before and after portions."""
    search, process, rows = _search(service), psutil.Process(), service.database["entries"]
    ids = [row["_id"] for row in await rows.find({}, {"_id": 1}).to_list(None)]
    megabytes = [process.memory_info().rss // MEGABYTE]
    for _ in range(PORTIONS):
        for entry_id in dice.sample(ids, PUBLICATIONS):
            document = {**_document(dice), "_id": entry_id}
            await rows.replace_one({"_id": entry_id}, document)
            wanted = document["published"]["content_hash"]
            while (found := search.found_as(entry_id)) is None or found.hash != wanted:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.002)
        megabytes.append(process.memory_info().rss // MEGABYTE)
    return megabytes


def _document(dice: random.Random) -> dict[str, Any]:
    content = Content(
        kind=dice.choice(list(EntryKind)),
        pole=dice.choice(list(Pole)),
        topics=tuple(dice.sample(list(Topic), 2)),
        title=" ".join(_words(dice, 12)),
        text=" ".join(_words(dice, 60)),
        functions=tuple(dice.sample(list(Function), 2)),
        sizes=tuple(dice.sample(list(Size), 2)),
        sectors=tuple(dice.sample(["C24", "C25", "C28", "F43", "G46", "H49"], dice.randrange(3))),
        stages=tuple(dice.sample(list(Stage), 2)),
        dimension=dice.choice(list(Dimension)),
        regions=tuple(dice.sample(["05970", "05966", "05970040"], dice.randrange(2))),
    )
    entry = Entry(
        id=uuid7(),
        state=EntryState.PUBLISHED,
        content=content,
        authors=(),
        reason="",
        suggestion_id=None,
        drafted_at=NOW,
        published=Published(number=1, content=content, content_hash=content.hash, published_at=NOW),
    )
    return Entries.stored(entry)


def _words(dice: random.Random, count: int) -> Iterator[str]:
    for _ in range(count):
        small = dice.random() < SMALL_SHARE
        yield dice.choice(SMALL) if small else "".join(dice.choices(PARTS, k=dice.choice([1, 1, 2, 2, 3])))


if __name__ == "__main__":
    main()
