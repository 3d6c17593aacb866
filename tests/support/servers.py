"""Real servers as child processes of the test run; none outlives it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from missionare.cli.children import leashed

STOP_SECONDS = 30.0


@dataclass(kw_only=True)
class Child:
    """A server that is killed, paused and started again, always with the same command, settings and log."""

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    starts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; whether it serves is another question. Call it from the main thread."""
        self.starts += 1
        self.process = run_server(list(self.command), env=dict(self.environment), log=self.log)

    def kill(self) -> None:
        """Kill it; what it wrote stays."""
        self.send(signal.SIGKILL)
        self.wait()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP and SIGCONT pause it and let it go on."""
        if self.process is not None:
            self.process.send_signal(number)

    def wait(self) -> None:
        """Wait for its end."""
        if self.process is not None:
            self.process.wait(STOP_SECONDS)
            self.process = None

    @property
    def has_ended(self) -> bool:
        """Whether it is not there, by itself or because it was ended."""
        return self.process is None or self.process.poll() is not None

    def said(self) -> str:
        """Give everything it has said since its first start."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


def free_port() -> int:
    """Ask the system for a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_server(command: list[str], *, env: dict[str, str] | None = None, log: Path) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to a file. It cannot outlive this process; call it from the main thread."""
    with log.open("ab") as output:
        return subprocess.Popen(
            leashed(command), stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}
        )


def stop_server(process: subprocess.Popen[bytes]) -> None:
    """End a server this test process started; its data is thrown away."""
    process.kill()
    process.wait(timeout=10)


def listens(port: int) -> bool:
    """Whether somebody accepts connections on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
