"""Public keys of others: fetched rarely, once for many, and kept while their owner is away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from missionare.kit.keys import KeyDirectory
from missionare.kit.problems import Unavailable
from missionare.kit.tokens import SigningKeys


class Issuer:
    """An issuer's endpoint: counts who asks, can be away and can change its keys."""

    def __init__(self) -> None:
        self.keys = SigningKeys.generate()
        self.asked = 0
        self.away = False

    async def fetch(self, url: str) -> Any:
        assert url == "http://issuer/.well-known/jwks.json"
        self.asked += 1
        await asyncio.sleep(0)
        if self.away:
            raise ConnectionError
        return self.keys.public()

    @property
    def kid(self) -> str:
        return str(self.keys.active.kid)


class Monotonic:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    clock = Monotonic()
    monkeypatch.setattr("missionare.kit.keys.time", clock)
    return clock


@pytest.fixture
def directory(issuer: Issuer, clock: Monotonic) -> KeyDirectory:
    return KeyDirectory(issuer.fetch, {"issuer": "http://issuer"})


async def test_many_who_ask_at_once_cause_one_fetch(issuer: Issuer, directory: KeyDirectory) -> None:
    found = await asyncio.gather(*(directory.find("issuer", issuer.kid) for _ in range(50)))

    assert all(found)
    assert issuer.asked == 1


async def test_unknown_key_ids_cause_no_more_than_one_fetch_a_minute(
    issuer: Issuer, directory: KeyDirectory, clock: Monotonic
) -> None:
    await directory.find("issuer", issuer.kid)
    for number in range(100):
        assert await directory.find("issuer", f"made-up-{number}") is None
    assert issuer.asked == 1

    clock.now += 61
    for number in range(100):
        assert await directory.find("issuer", f"made-up-{number}") is None
    assert issuer.asked == 2


async def test_a_new_key_is_found_a_minute_after_the_last_fetch(
    issuer: Issuer, directory: KeyDirectory, clock: Monotonic
) -> None:
    await directory.find("issuer", issuer.kid)
    issuer.keys = SigningKeys.generate()
    assert await directory.find("issuer", issuer.kid) is None

    clock.now += 61

    assert await directory.find("issuer", issuer.kid) is not None


async def test_a_key_that_was_taken_back_is_forgotten(
    issuer: Issuer, directory: KeyDirectory, clock: Monotonic
) -> None:
    old = issuer.kid
    await directory.find("issuer", old)
    issuer.keys = SigningKeys.generate()

    clock.now += 61
    await directory.find("issuer", issuer.kid)

    assert await directory.find("issuer", old) is None


async def test_the_last_good_keys_serve_while_the_issuer_is_away(
    issuer: Issuer, directory: KeyDirectory, clock: Monotonic
) -> None:
    await directory.find("issuer", issuer.kid)
    issuer.away = True

    for _ in range(10):
        clock.now += 61
        assert await directory.find("issuer", issuer.kid) is not None
        await asyncio.sleep(0.001)
    assert issuer.asked == 11


async def test_without_any_keys_nothing_can_be_said_and_the_fetch_is_tried_again_soon(
    issuer: Issuer, directory: KeyDirectory, clock: Monotonic
) -> None:
    issuer.away = True
    for _ in range(5):
        with pytest.raises(Unavailable):
            await directory.find("issuer", issuer.kid)
    assert issuer.asked == 1

    issuer.away = False
    clock.now += 1.1

    assert await directory.find("issuer", issuer.kid) is not None


async def test_one_who_hangs_up_does_not_end_the_fetch_for_the_others(issuer: Issuer, directory: KeyDirectory) -> None:
    impatient = asyncio.create_task(directory.find("issuer", issuer.kid))
    patient = asyncio.create_task(directory.find("issuer", issuer.kid))
    await asyncio.sleep(0)
    impatient.cancel()

    assert await patient is not None


async def test_nobody_we_do_not_know_has_keys(directory: KeyDirectory) -> None:
    assert await directory.find("stranger", "x") is None


async def test_our_own_keys_need_no_fetch(issuer: Issuer) -> None:
    own = KeyDirectory(issuer.fetch, {"us": "http://us"}, own={"us": issuer.keys})

    assert await own.find("us", issuer.kid) is not None
    assert issuer.asked == 0
