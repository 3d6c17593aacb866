"""Hops: how long facts took, kept for whoever asks; noting goes on while a summary is being stored."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from missionare.kit import hops
from missionare.kit.hops import Hops


def fact(source, *, age=0.2):
    return SimpleNamespace(source=source, time=datetime.now(UTC) - timedelta(seconds=age))


async def test_the_summary_tells_of_each_source(database):
    noted = Hops("readers")
    for age in (0.1, 0.2, 0.9):
        noted.note("things", [fact("things", age=age)])
    await noted.keep(database)
    (row,) = await hops.latest(database)
    assert (row["source"], row["consumer"], row["facts"]) == ("things", "readers", 3)
    assert 200 <= row["p50_ms"] < 900 <= row["max_ms"]


async def test_a_source_first_heard_of_while_a_summary_is_stored_is_no_accident():
    noted = Hops("readers")
    stored = []

    class Rows:
        async def update_one(self, row, change, *, upsert):
            stored.append(row["_id"])
            noted.note("boxes", [fact("boxes")])

    noted.note("things", [fact("things")])
    await noted.keep({hops.COLLECTION: Rows()})
    await noted.keep({hops.COLLECTION: Rows()})
    assert stored == ["things>readers", "things>readers", "boxes>readers"]
