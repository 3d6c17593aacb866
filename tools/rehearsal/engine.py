"""The Docker engine: the one that runs, or one of our own, which ends with the rehearsal and leaves nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.rehearsal.programs import Failed, Skipped, cache, run, wait_until, works

START_SECONDS: Final = 60
STOP_SECONDS: Final = 60
FORWARDING: Final = Path("/proc/sys/net/ipv4/ip_forward")
BRIDGE: Final = "docker0"


@dataclass(frozen=True)
class Engine:
    """Where the engine listens."""

    address: str
    ours: bool
    """Whether it was started here, with a store of its own: only there may an image stand in for another one."""

    def environment(self) -> dict[str, str]:
        """What clients of it are told."""
        return {"DOCKER_HOST": self.address} if self.ours else {}

    def docker(self, *words: object, within: float = 600) -> str:
        """Run `docker`."""
        return run("docker", *words, within=within, environment=self.environment())

    def has(self, *words: object) -> bool:
        """Whether a question to it is answered with yes."""
        try:
            self.docker(*words, within=60)
        except Failed:
            return False
        return True


@contextmanager
def engine() -> Iterator[Engine]:
    """Give an engine.

    Raises:
        Skipped: there is none, and none can be started.
    """
    if shutil.which("docker") is None:
        raise Skipped("there is no docker (apt install docker.io)")
    if works("docker", "version"):
        yield Engine("", ours=False)
        return
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        raise Skipped("no Docker engine answers, and starting one needs root and dockerd (apt install docker.io)")
    with _own() as own:
        yield own


@contextmanager
def _own() -> Iterator[Engine]:
    store = cache() / "docker"
    before = _network()
    with tempfile.TemporaryDirectory(prefix="missionare-dockerd-") as folder:
        place = Path(folder)
        own = Engine(f"unix://{place}/docker.sock", ours=True)
        with (place / "log").open("wb") as log:
            daemon = subprocess.Popen(_command(store, place), stdout=log, stderr=log)
        try:
            wait_until(lambda: daemon.poll() is not None or own.has("version"), "a Docker engine", START_SECONDS)
            if daemon.poll() is not None:
                raise Failed(f"dockerd ended:\n{(place / 'log').read_text()[-2000:]}")
            yield own
        finally:
            daemon.terminate()
            try:
                daemon.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
            for mounted in mounts(place):  # it leaves the network namespace that it calls `default`
                run("umount", mounted)
            _restore(before)
    if left := mounts(store):
        raise Failed(f"still mounted: {', '.join(left)}")


def _command(store: Path, place: Path) -> list[str]:
    return [
        "dockerd",
        f"--data-root={store}",
        f"--exec-root={place}/run",
        f"--pidfile={place}/pid",
        f"--host=unix://{place}/docker.sock",
    ]


def mounts(below: Path) -> Sequence[str]:
    """Name what is mounted in a folder."""
    points = (line.split(" ")[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines())
    return [point for point in points if Path(point).is_relative_to(below)]


@dataclass(frozen=True)
class Network:
    """What an engine changes in the machine's network, and does not take back when it ends."""

    rules: str
    forwarding: str
    bridge: bool


def _network() -> Network:
    rules = run("iptables-save") if shutil.which("iptables-save") else ""
    return Network(rules, FORWARDING.read_text(), Path("/sys/class/net", BRIDGE).exists())


def _restore(before: Network) -> None:
    if restore := shutil.which("iptables-restore"):
        # An empty table is not in what was saved: what the engine put there is taken away first.
        works("iptables", "-P", "FORWARD", "ACCEPT")
        for table in ("nat", "filter"):
            for words in (("-F",), ("-X",)):
                works("iptables", "-t", table, *words)
        subprocess.run([restore], input=before.rules, text=True, check=False)
    FORWARDING.write_text(before.forwarding)
    if not before.bridge:
        works("ip", "link", "delete", BRIDGE)
