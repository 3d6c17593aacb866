"""Ports on loopback: chosen free at first, kept from then on, chosen anew when somebody else has taken one."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from missionare.cli import files
from missionare.cli.failures import NoFreePort, PortTaken

HOST = "127.0.0.1"
LOWEST, HIGHEST = 15_000, 32_000
"""Below the range from which systems take ports for outgoing connections: such a port could vanish at any moment."""
TRIES = 500
GATEWAY = "gateway"


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def choose(kept_in: Path, names: Iterable[str], *, gateway: int) -> dict[str, int]:
    """Give every name its port: the kept one if it is free, else another; then keep them all.

    Args:
        kept_in: the file that keeps them.
        names: who needs a port, without the gateway.
        gateway: the gateway's port, which people know by heart, or 0 for any free one.

    Raises:
        PortTaken: the gateway's port belongs to somebody else; it is never changed silently.
    """
    kept: dict[str, int] = files.read_json(kept_in) or {}
    if gateway and not is_free(gateway):
        raise PortTaken(port=gateway, holder=holder(gateway))
    chosen = {GATEWAY: gateway} if gateway else {}
    for name in names if gateway else (*names, GATEWAY):
        port = kept.get(name, 0)
        usable = port and port not in chosen.values() and is_free(port)
        chosen[name] = port if usable else _any_free(set(chosen.values()) | set(kept.values()))
    files.write_json(kept_in, chosen)
    return chosen


def _any_free(avoid: set[int]) -> int:
    for port in random.sample(range(LOWEST, HIGHEST), TRIES):
        if port not in avoid and is_free(port):
            return port
    raise NoFreePort(low=LOWEST, high=HIGHEST)


def holder(port: int) -> str:
    """Name who listens on a port, as far as this user may know."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" ({psutil.Process(connection.pid).name()}, {connection.pid})"
    return ""
