"""`missionare demo` as people start it: the story comes true, says honestly when not, and leaves nothing behind."""

import ast
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest
from support.platforms import EVERYBODY, SERVICES, assert_gone
from support.waiting import wait_until

from missionare.cli import demo
from missionare.cli.children import leashed
from missionare.cli.demo.chapters.completion import CONSEQUENCES
from missionare.cli.running import Running

COUNTED = {"certificates", "suggestions", "entries", "plans", "messages", "parked", "repaired"}
PYTHON = {*SERVICES, "web", "mailbox"}
MEGABYTE = 2**20
PATIENCE = "8"
"""Seconds a story waits that cannot go on: many times what anything in it takes."""
WITHIN = 120.0
ARRIVAL = "Das Netzwerk kommt aus der Tabelle"
GOALS = "Erst das Ziel, dann die Reise"
STAYING = "bis Sie Strg-C drücken"
INTERRUPTED = 130

pytestmark = pytest.mark.platform


@dataclass
class Demonstration:
    """A demonstration in a process of its own."""

    process: subprocess.Popen
    folder: Path
    """Where it, and everything it starts, keeps temporary files."""

    def told(self):
        return (self.folder.parent / "told").read_text(encoding="utf-8")

    def result(self):
        (line,) = (self.folder.parent / "printed").read_text(encoding="utf-8").splitlines()
        return json.loads(line)

    def wait_for(self, words):
        wait_until(lambda: words in self.told() or self.process.poll() is not None, f"'{words}'", within=WITHIN)
        assert words in self.told()

    def wait(self):
        """Wait for the end; gives the exit status."""
        return self.process.wait(WITHIN)

    def platform(self):
        (data,) = self.folder.glob("missionare-demo-*")
        return Running.load(data)

    def processes(self):
        """Everybody who works with its folder, wherever they stand in the tree of processes."""
        return [process for process in psutil.process_iter() if self._works_here(process)]

    def _works_here(self, process):
        with suppress(psutil.Error):
            return process.environ().get("TMPDIR") == str(self.folder) or str(self.folder) in str(process.cmdline())
        return False

    def assert_nothing_is_left(self):
        assert_gone(self.processes())
        assert list(self.folder.iterdir()) == []


@contextmanager
def demonstration(tmp_path, *arguments):
    """Start `missionare demo`; it cannot outlive the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    command = leashed([sys.executable, "-m", "missionare.cli", "demo", *arguments])
    with (tmp_path / "told").open("wb") as told, (tmp_path / "printed").open("wb") as printed:
        process = subprocess.Popen(
            command, env={**os.environ, "TMPDIR": str(folder)}, stdin=subprocess.DEVNULL, stdout=printed, stderr=told
        )
    try:
        yield Demonstration(process, folder)
    finally:
        process.kill()
        process.wait()


def test_the_whole_story_comes_true_and_its_last_line_says_so(tmp_path):
    with demonstration(tmp_path, "--exit", "--json") as shown:
        shown.wait_for(ARRIVAL)
        assert len(shown.processes()) >= len(EVERYBODY)
        assert shown.wait() == 0, shown.told()
        result = shown.result()
        shown.assert_nothing_is_left()
    assert (result["ok"], result["missing"]) == (True, [])
    assert result["counts"].keys() == COUNTED
    assert result["counts"] == result["expected"]
    assert (result["counts"]["parked"], result["counts"]["repaired"]) == (0, 0)
    assert 0 < result["ready_seconds"] < result["seconds"]
    kinds = [step["kind"] for step in result["thread"]]
    assert (kinds[0], kinds[-1], kinds.count("goal")) == ("goal", "goal", 2)
    assert {"registration", "insight", "suggestion", "entry", "outreach_plan", "invitation", "person"} < set(kinds)
    assert len({step["id"] for step in result["thread"]}) == len(kinds)
    assert {hop.split(" > ")[0] for hop in result["hops"]} == set(SERVICES)
    assert all(0 < hop["p50_ms"] <= hop["max_ms"] for hop in result["hops"].values())


def test_without_exit_it_stays_small_and_open_until_ctrl_c(tmp_path):
    with demonstration(tmp_path, "--json") as shown:
        shown.wait_for(STAYING)
        platform = shown.platform()
        wait_until(lambda: platform.url in shown.told() and platform.mailbox_url in shown.told(), "the addresses")
        assert httpx2.get(platform.url).status_code == 200
        assert httpx2.get(f"{platform.mailbox_url}/messages").json()
        assert {platform.entry(name)["restarts"] for name in EVERYBODY} == {0}  # the story's clients would not notice
        memory = {name: psutil.Process(platform.pid(name)).memory_info().rss / MEGABYTE for name in platform.names}
        everything = sum(process.memory_info().rss for process in shown.processes()) / MEGABYTE
        shown.process.send_signal(signal.SIGINT)
        assert shown.wait() == 0
        assert shown.result()["ok"]
        shown.assert_nothing_is_left()
    assert {name: used for name, used in memory.items() if name in PYTHON and used > 150} == {}
    assert everything < 1_500, memory


BROKEN = {
    "members": {*CONSEQUENCES},
    "journeys": {*CONSEQUENCES},
    "catalog": {"suggestions_raised", "catalog_updates_proposed"},
    "notifications": {*CONSEQUENCES},
}
"""What never comes about without a service's worker. Only the catalog's facts are not needed before the end: without
the others nobody gets a link to sign in, journeys knows of nobody, or no host hears of the request."""


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_moves_no_facts_is_told_by_its_missing_consequences(tmp_path, service):
    with demonstration(tmp_path, "--exit", "--json", "--role", f"{service}=api", "--patience", PATIENCE) as shown:
        assert shown.wait() == 1, shown.told()
        result = shown.result()
        shown.assert_nothing_is_left()
    assert not result["ok"]
    reason, *missing = result["missing"]
    assert f"did not come within {PATIENCE} s" in reason
    assert {said.split(":")[0] for said in missing} == BROKEN[service]
    assert all(": 0 instead of " in said for said in missing)
    assert all(said in shown.told() for said in result["missing"])


@pytest.mark.parametrize(("number", "chapter"), [(signal.SIGTERM, ARRIVAL), (signal.SIGINT, GOALS)])
def test_a_signal_in_the_middle_of_the_story_takes_everything_down_and_the_data_with_it(tmp_path, number, chapter):
    with demonstration(tmp_path, "--exit", "--json") as shown:
        shown.wait_for(chapter)
        assert len(shown.processes()) >= len(EVERYBODY)
        shown.process.send_signal(number)
        assert shown.wait() == INTERRUPTED, shown.told()
        shown.assert_nothing_is_left()
        assert "Traceback" not in shown.told()


def test_the_story_is_an_outsider_s():
    files = [*Path(demo.__file__).parent.rglob("*.py")]
    modules = {module for file in files for module in imported(file.read_text(encoding="utf-8"))}
    assert {"missionare.cli.demo.world.World", "httpx2"} <= modules
    assert not {module for module in modules if module.startswith(tuple(INSIDE))}


INSIDE = ("missionare.kit", "missionare.web", *(f"missionare.{service}" for service in SERVICES), "pymongo", "aiokafka")
"""What somebody outside cannot have: our packages, and the clients of our servers."""


@pytest.mark.parametrize(
    "sentence",
    [
        "import missionare.journeys.events",
        "from missionare import members",
        "from missionare.catalog import events",
        "def play():\n    from pymongo import MongoClient",
    ],
)
def test_an_insider_s_import_would_be_seen(sentence):
    assert {module for module in imported(sentence) if module.startswith(tuple(INSIDE))}


def imported(source):
    """Every module that a source imports anywhere in it; relative imports stay inside the package."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
