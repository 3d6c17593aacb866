"""Real servers as child processes of the test run; none outlives it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path


def free_port() -> int:
    """Ask the system for a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _dies_with_parent() -> None:
    """Let the kernel end the server when the test process dies, however it dies."""
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)


def run_server(command: list[str], *, env: dict[str, str] | None = None, log: Path) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to a file."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            preexec_fn=_dies_with_parent,  # noqa: PLW1509 - tests start servers from the main thread
        )


def stop_server(process: subprocess.Popen[bytes]) -> None:
    """End a server this test process started; its data is thrown away."""
    process.kill()
    process.wait(timeout=10)


def listens(port: int) -> bool:
    """Whether somebody accepts connections on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
