"""Processes die in the middle of the story, on purpose; in the end everything is there, exactly once.

The story's client is an ordinary one: it repeats a request that nobody answered, with the same idempotency key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
from pymongo import MongoClient
from rich.console import Console
from support.platforms import EVERYBODY, SERVICES, assert_gone, processes_of

from missionare.cli import credentials
from missionare.cli.demo import command, outcome, outside, story
from missionare.cli.demo.chapters import completion
from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.outcome import EXPECTED, Outcome
from missionare.cli.demo.outside import Mailbox, Outsider
from missionare.cli.demo.world import JOURNEYS, World
from missionare.cli.running import Running

PATIENCE = 90.0

pytestmark = [pytest.mark.platform, pytest.mark.xdist_group("the story survives"), pytest.mark.timeout(420)]


@contextmanager
def opened(platform: Running) -> Iterator[World]:
    """The story's world on a platform, told to nobody, with patience for restarts."""
    token = outside.patience.set(PATIENCE)
    try:
        with closing(command.opened(platform, Narrator(Console(quiet=True)))) as world:
            yield world
    finally:
        outside.patience.reset(token)


def assert_whole(platform: Running, result: Outcome) -> None:
    """Everything is there exactly once, for the people who ask and in the databases."""
    assert result.ok, result.missing
    assert result.counts == EXPECTED
    for service in SERVICES:
        assert_chains_are_whole(platform, service)


def assert_chains_are_whole(platform: Running, service: str) -> None:
    """Facts are dense per aggregate, all confirmed once, and every reader has seen the last of each."""
    with MongoClient(platform.mongo_url(service)) as client:
        database = client.get_default_database()
        assert database["outbox"].count_documents({}) == 0
        chains: dict[str, list[int]] = {}
        last: dict[str, str] = {}
        for fact in database["facts"].find({}, sort=[("_id", 1)]):
            chain = f"{service}|{fact['aggregate']}|{fact['subject']}"
            chains.setdefault(chain, []).append(fact["sequence"])
            last[chain] = f"{fact['era']}.{fact['sequence']}"
        assert all(sequences == list(range(1, len(sequences) + 1)) for sequences in chains.values())
        confirmed = [fact for batch in database["confirmations"].find() for fact in batch["facts"]]
        assert len(confirmed) == len(set(confirmed)) == sum(map(len, chains.values()))
    for reader in SERVICES:
        with MongoClient(platform.mongo_url(reader)) as client:
            for row in client.get_default_database()["streams"].find():
                consumer, chain = row["_id"].split("|", 1)
                if chain in last:
                    assert row["seen"] == last[chain], f"{consumer} of {reader} stands at {row['seen']} of {chain}"


def test_every_process_may_be_killed_while_the_story_goes_on(tmp_path: Path) -> None:
    victims = [*EVERYBODY]
    killed: list[str] = []

    def kill_one(_chapter: str) -> None:
        # Nine processes and eight chapters: the two that hold no state go together.
        for name in victims[:1] if victims[0] != "web" else victims[:2]:
            platform.kill(name)
            killed.append(name)
            victims.remove(name)

    with Running.start(tmp_path / "data", temporary=True) as platform, opened(platform) as world:
        result = story.play(world, before=kill_one)

        assert sorted(killed) == sorted(EVERYBODY)
        assert_whole(platform, result)
        everybody = processes_of(platform)
    assert_gone(everybody)


def test_after_the_supervisors_own_death_the_next_start_delivers_everything(tmp_path: Path) -> None:
    """The deadliest moment: the journey was completed in this very instant, and nothing has followed yet."""
    data = tmp_path / "data"
    with Running.start(data, temporary=True) as platform, opened(platform) as world:
        for name, chapter in story.CHAPTERS:
            if name == "completion":
                break
            chapter(world)
        world.agency.act(f"{JOURNEYS}/journeys/{world.ids['journey']}", "completion")
        everybody = processes_of(platform)
        platform.kill("supervisor")
        assert_gone(everybody)
        assert not [process for process in everybody if psutil.pid_exists(process.pid) and process.is_running()]
        journey, port = world.ids["journey"], platform.state["ports"]["gateway"]

    with Running.start(data, port=port, temporary=True) as platform, again(platform, journey) as world:
        arrived = outside.eventually(lambda: completion._settled(world), "every consequence")

        assert {name: arrived[name] for name in completion.CONSEQUENCES} == completion.CONSEQUENCES
        outcome._wait_for_rest(world)
        for service in SERVICES:
            assert_chains_are_whole(platform, service)


@contextmanager
def again(platform: Running, journey: str) -> Iterator[World]:
    """The world of somebody who comes back with the key they kept."""
    key = credentials.need(platform.folder, None)
    world = World(
        gateway=platform.url,
        key=key,
        mailbox=Mailbox(platform.mailbox_url),
        agency=Outsider(platform.url, key=key),
        move_clock=platform.move_clock,
        tell=Narrator(Console(quiet=True)),
        ids={"journey": journey},
    )
    with closing(world):
        yield world
