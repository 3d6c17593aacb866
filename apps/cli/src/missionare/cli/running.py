"""A platform that runs in a process of its own: for the demo, for tests, and for commands that ask about it.

    with Running.start(data=folder, port=0, temporary=True, roles={"journeys": "api"}) as platform:
        httpx2.get(platform.url)
        platform.kill("members")
        platform.wait_until_ready("members", after_restart=1)

`Running.load(folder)` finds one that somebody else has started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import psutil

from missionare.cli import files
from missionare.cli.board import Phase, created
from missionare.cli.children import leashed
from missionare.cli.failures import Failure, NotRunning
from missionare.cli.folder import DataFolder
from missionare.cli.options import BrokerChoice
from missionare.kit.refusals import Text

POLL_SECONDS: Final = 0.05
START_SECONDS: Final = 90.0
STOP_SECONDS: Final = 90.0
LAST_CHARACTERS: Final = 4_000
COMMAND: Final = (sys.executable, "-m", "missionare.cli", "up")


class DidNotStart(Failure):
    """The supervisor ended, or something was not so in time. The message holds what the supervisor said."""

    text: ClassVar[Text] = {
        "de": "Die Plattform läuft nicht wie erwartet: {said}",
        "en": "The platform does not run as expected: {said}",
    }


@dataclass
class Running:
    """A running platform, seen from outside."""

    folder: DataFolder
    process: subprocess.Popen[bytes] | None = None
    """The supervisor, where this object has started it."""

    @classmethod
    def load(cls, data: Path) -> Running:
        """Find the platform that runs on a data folder.

        Raises:
            NotRunning: there is none.
        """
        folder = DataFolder(data)
        if not folder.is_locked() or files.read_json(folder.state) is None:
            raise NotRunning(folder=folder.root)
        return cls(folder)

    @classmethod
    @contextmanager
    def start(
        cls,
        data: Path,
        *,
        port: int = 0,
        temporary: bool = True,
        roles: Mapping[str, str] | None = None,
        broker: BrokerChoice = BrokerChoice.BUNDLED,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = COMMAND,
        wait: bool = True,
    ) -> Iterator[Running]:
        """Start a platform, wait until everything is ready, and stop it at the end.

        It cannot outlive this process. Call it from the main thread, which the kernel takes for the process.

        Args:
            data: its folder; stays when it is stopped.
            port: of the gateway; 0 for any free one.
            temporary: whether the data may be thrown away, so that its clock may be moved.
            roles: services that do not do everything in one process.
            broker: which one the supervisor runs.
            environment: settings besides those of this process; `MISSIONARE_<SERVICE>_X` is for one service alone.
            command: what to start instead of `missionare up`.
            wait: whether to wait until everything is ready.

        Raises:
            DidNotStart: with what it said.
        """
        options = ["--data", str(data), "--port", str(port), "--broker", broker, "--json-state"]
        options += ["--temporary"] if temporary else []
        options += [part for service, role in (roles or {}).items() for part in ("--role", f"{service}={role}")]
        data.mkdir(parents=True, exist_ok=True)
        with (data / "supervisor.out").open("ab") as said:
            process = subprocess.Popen(
                leashed([*command, *options]), env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip
        running = cls(DataFolder(data), process)
        try:
            if wait:
                running.wait_until_ready()
            yield running
        finally:
            running.stop()

    @property
    def state(self) -> dict[str, Any]:
        """What the board says now. A state of an earlier supervisor is not taken for this one's."""
        state: dict[str, Any] | None = files.read_json(self.folder.state)
        if state is None or (self.process is not None and state["pid"] != self.process.pid):
            return {"phase": Phase.STARTING, "processes": {}, "urls": {}, "ports": {}}
        return state

    @property
    def url(self) -> str:
        """The gateway's address, without a slash at the end."""
        return str(self.state["urls"]["public"])

    @property
    def mailbox_url(self) -> str:
        """The mailbox's address: `/messages?to=...&after=...` and `/messages/{id}`."""
        return str(self.state["urls"]["mailbox"])

    @property
    def kafka(self) -> str:
        """The bundled broker's `host:port`."""
        return f"127.0.0.1:{self.state['ports']['broker']}"

    @property
    def names(self) -> list[str]:
        """Every process, in the order of the start."""
        return list(self.state["processes"])

    def mongo_url(self, service: str) -> str:
        """The address of a service's database, with its user and password."""
        return (self.folder.secrets / service / "missionare_mongo_url").read_text(encoding="utf-8")

    def log(self, name: str) -> str:
        """Everything a process has written."""
        path = self.folder.log_of(name)
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def entry(self, name: str) -> dict[str, Any]:
        """What the board says of a process: phase, pid, restarts, last_exit."""
        return dict(self.state["processes"].get(name, {}))

    def pid(self, name: str) -> int:
        """A process's number; `supervisor` is one, too."""
        return int(self.state["pid"] if name == "supervisor" else self.entry(name)["pid"])

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a process a signal; `supervisor` is one, too."""
        os.kill(self.pid(name), number)

    def kill_and_wait(self, name: str) -> None:
        """Kill a process of the platform and wait until it runs again and everything is ready."""
        restarts = int(self.entry(name)["restarts"])
        self.kill(name)
        self.wait_until(lambda: self.entry(name)["restarts"] > restarts, f"{name} was not started again")
        self.wait_until_ready()

    def wait_until_ready(self, *names: str, seconds: float = START_SECONDS) -> None:
        """Wait until these processes, or all of them, are ready.

        Raises:
            DidNotStart: with what the supervisor said.
        """

        def ready() -> bool:
            entries = self.state["processes"]
            wanted = names or tuple(entries)
            known = bool(names) or self.state.get("ready_at") is not None
            return known and all(entries.get(name, {}).get("phase") == Phase.READY for name in wanted)

        self.wait_until(ready, "not ready", seconds)

    def wait_until(self, condition: Callable[[], bool], otherwise: str, seconds: float = START_SECONDS) -> None:
        """Wait for anything; the supervisor's end is a failure at once.

        Raises:
            DidNotStart: with what the supervisor said.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process is not None and self.process.poll() is not None:
                raise DidNotStart(said=f"status {self.process.returncode}: {self.said()}")
            if time.monotonic() > deadline:
                phases = {name: entry["phase"] for name, entry in self.state["processes"].items()}
                raise DidNotStart(said=f"{otherwise} after {seconds:.0f} s: {phases}\n{self.said()}")
            time.sleep(POLL_SECONDS)

    def said(self) -> str:
        """What the supervisor has said last."""
        path = self.folder.root / "supervisor.out"
        said = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        lines = [*said.splitlines(), *self.log("missionare").splitlines()]
        return "\n".join(line for line in lines if not line.startswith("{"))[-LAST_CHARACTERS:]

    def move_clock(self, forward: timedelta) -> None:
        """Move the clock of decisions and deadlines forward, on top of earlier moves."""
        files.add(self.folder.clock, forward.total_seconds())

    def alive(self) -> list[str]:
        """The names of the processes that are there, as the operating system sees it."""
        state = self.state
        listed = {**state["processes"], "supervisor": {"pid": state.get("pid"), "created": state.get("created")}}
        return [name for name, entry in listed.items() if entry.get("pid") and _is(entry["pid"], entry["created"])]

    def wait_until_gone(self, seconds: float = STOP_SECONDS) -> None:
        """Wait until no process of the platform is there any more, supervisor included.

        Raises:
            DidNotStart: some are still there.
        """
        deadline = time.monotonic() + seconds
        while left := self.alive():
            if time.monotonic() > deadline:
                raise DidNotStart(said=f"still there after {seconds:.0f} s: {', '.join(left)}")
            time.sleep(POLL_SECONDS)

    def stop(self, seconds: float = STOP_SECONDS) -> int | None:
        """Stop the supervisor in order, by force after `seconds`; give its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _is(pid: int, created_at: float) -> bool:
    try:
        return created(pid) == created_at and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
