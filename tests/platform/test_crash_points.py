"""Each service dies once at each of its crash points, in the middle of a trip; nothing is lost and nothing doubled."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection
from support import consequences
from support.consequences import Books, assert_consequences, doubled_letters
from support.platforms import SERVICES, assert_gone, processes_of
from support.travel import Trip, prepared, travel
from support.waiting import wait_until

from missionare.cli.demo.world import World
from missionare.cli.running import Running
from missionare.kit.crash import CRASH_POINTS

HASTY_UP = (sys.executable, str(Path(__file__).with_name("hasty_up.py")), "up")
MAIL_POINT = "mail.accepted_before_mark"
SENDERS = ("members", "notifications")
"""members mails sign-in links itself."""
HOOK_POINT = "hook.posted_before_mark"
"""No webhook is part of a trip: tests/notifications has a process die there."""
FROM_THE_START = "arrive"
AT_THE_END = "answer"
"""When everything has settled, the next to decide something in catalog and notifications is a person."""
DEATH_SECONDS = 10.0

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("crash points")]


def cases() -> Iterator[tuple[str, str, str]]:
    """Give service, point, and the step before which the service is told to die at the next pass."""
    for service in SERVICES:
        for point in CRASH_POINTS:
            if point == HOOK_POINT:
                continue
            if point != MAIL_POINT or service in SENDERS:
                yield service, point, FROM_THE_START
            if point.startswith("cmd.") and service in {"catalog", "notifications"}:
                # From the start these two meet their commands' points in a timer first.
                yield service, point, AT_THE_END


@dataclass
class Place:
    """A platform of which one service dies when a file says so."""

    service: str
    platform: Running
    world: World
    books: Books
    file: Path

    @property
    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return {name: int(self.platform.entry(name)["restarts"]) for name in self.platform.names}

    def arm(self, point: str) -> None:
        """Let the service die at the next pass of a point; the file appears at once, as a whole."""
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{point}:1", encoding="utf-8")
        os.replace(beside, self.file)  # noqa: PTH105


class Places:
    """One platform at a time: that of the service whose turn it is."""

    def __init__(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        self._folders = tmp_path_factory
        self._open = ExitStack()
        self._place: Place | None = None

    def of(self, service: str) -> Place:
        """Give the service's platform, started at the first call."""
        if self._place is None or self._place.service != service:
            self.close()
            self._place = self._open.enter_context(self._started(service))
        return self._place

    def any(self) -> Place:
        """Give the platform that runs, or one."""
        return self._place or self.of(SERVICES[0])

    def close(self) -> None:
        """Stop the platform that runs."""
        self._place = None
        self._open.close()

    @contextmanager
    def _started(self, service: str) -> Iterator[Place]:
        file = self._folders.mktemp("crash") / "point"
        environment = {f"MISSIONARE_{service.upper()}_CRASH_FILE": str(file)}
        data = self._folders.mktemp(f"{service}-dies")
        with Running.start(data, temporary=True, environment=environment, command=HASTY_UP) as platform:
            with prepared(platform) as world, consequences.opened(platform) as books:
                yield Place(service, platform, world, books, file)
            everybody = processes_of(platform)
        assert_gone(everybody)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    opened = Places(tmp_path_factory)
    with closing(opened):
        yield opened


@pytest.mark.parametrize(("service", "point", "step"), [*cases()])
def test_a_death_at_this_point_loses_and_doubles_nothing(places: Places, service: str, point: str, step: str) -> None:
    place = places.of(service)
    before = place.restarts
    doubled = set(doubled_letters(place.world))

    def arm(beginning: str) -> None:
        if beginning == step:
            place.books.wait_for_rest()
            place.arm(point)

    trip = travel(place.world, arm)

    wait_until(lambda: not place.file.exists(), f"{place.service} passing {point}", within=DEATH_SECONDS)
    wait_until(lambda: place.restarts != before, "the supervisor seeing the death", within=DEATH_SECONDS)
    place.platform.wait_until_ready()
    assert_consequences(place.books, place.world, trip)
    assert place.restarts == {**before, place.service: before[place.service] + 1}
    again = set(doubled_letters(place.world)) - doubled
    if point == MAIL_POINT:
        assert again, "the mail was accepted and not marked, so it is sent once more, with the same Message-ID"
    elif place.service not in SENDERS:
        assert not again


# --- sabotage: the same checks see a loss and a doubling -------------------------------------------------------------

NEWEST = [("_id", -1)]


@contextmanager
def without(rows: Collection[dict[str, Any]], where: dict[str, Any]) -> Iterator[None]:
    """Take a document away, as if it had been lost."""
    taken = rows.find_one_and_delete(where, sort=NEWEST)
    assert taken is not None
    yield
    rows.insert_one(taken)


@contextmanager
def with_one_more(rows: Collection[dict[str, Any]], where: dict[str, Any]) -> Iterator[None]:
    """Add a document like one that is there, as if it had happened twice."""
    like = rows.find_one(where, sort=NEWEST)
    assert like is not None
    more = {**like, "_id": f"{like['_id']}-again", "key": f"{like.get('key')}-again", "sequence": 99}
    rows.insert_one(more)
    yield
    rows.delete_one({"_id": more["_id"]})


@contextmanager
def counted_again(rows: Collection[dict[str, Any]], where: dict[str, Any], name: str) -> Iterator[None]:
    """Count an effect that is a number once more."""
    assert rows.update_one(where, {"$inc": {name: 1}}).matched_count == 1
    yield
    rows.update_one(where, {"$inc": {name: -1}})


Sabotage = Callable[[Books, Trip], AbstractContextManager[None]]

SABOTAGES: dict[str, tuple[Sabotage, str]] = {
    "a fact is lost": (
        lambda books, _: without(books.of["journeys"]["facts"], {"type": "journeys.certificate_issued.v1"}),
        r"lost: Counter\(\{'journeys.certificate_issued': 1\}\)",
    ),
    "a fact is told twice": (
        lambda books, _: with_one_more(books.of["members"]["facts"], {"type": "members.person_registered.v1"}),
        r"too many: Counter\(\{'members.person_registered': 1\}\)",
    ),
    "a reader never hears of a fact": (
        lambda books, _: without(books.of["notifications"]["streams"], {"_id": {"$regex": r"\|members\|missionary\|"}}),
        "rest: not within",
    ),
    "a fact is never confirmed": (
        lambda books, _: without(books.of["catalog"]["confirmations"], {}),
        "catalog: facts are confirmed twice, or never",
    ),
    "a message is queued twice": (
        lambda books, trip: with_one_more(
            books.of["notifications"]["messages"], {"details.journey_id": trip.ids["journey"]}
        ),
        "messages: Counter",
    ),
    "an effect is counted twice": (
        lambda books, trip: counted_again(
            books.of["journeys"]["consequences"], {"_id": trip.ids["journey"]}, "certificates_issued"
        ),
        "seen by the agency: .*'certificates_issued': 2",
    ),
}


def test_a_loss_or_a_doubling_would_be_seen(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    place = places.any()
    trip = travel(place.world)
    assert_consequences(place.books, place.world, trip)
    monkeypatch.setattr(consequences, "REST_SECONDS", 0.3)
    for sabotage, said in SABOTAGES.values():
        with (
            sabotage(place.books, trip),
            pytest.raises((AssertionError, pytest.fail.Exception), match=said),
        ):
            assert_consequences(place.books, place.world, trip)
    assert_consequences(place.books, place.world, trip)
