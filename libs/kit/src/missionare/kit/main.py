"""Start: `python -m missionare.<service> [serve | <command>]`.

Whatever keeps a process from starting is told in one clear message on standard error: exit status 2 for settings,
1 for everything else, and nothing is left running.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import FrameType
from typing import Final, NoReturn, TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

from missionare.kit import logs
from missionare.kit.service import CannotStart, Service
from missionare.kit.settings import PREFIX, BrokenSettings, ProcessSettings, Settings, read

SERVE: Final = "serve"
KEEP_ALIVE_SECONDS: Final = 120
"""Longer than the gateway keeps its idle connections, so that it is never us who closes one it is about to use."""
BACKLOG: Final = 2_048

S = TypeVar("S", bound=Settings)
Extra = Callable[[Service, Sequence[str]], Awaitable[int | None]]
"""A command of the process besides `serve`: gets the opened service and its arguments, gives the exit status."""


def run(build: Callable[[S], Service], settings: type[S], commands: Mapping[str, Extra] | None = None) -> NoReturn:
    """Run a service's process and exit with its status.

    Args:
        build: wires the service from its settings.
        settings: the class that reads them.
        commands: what else this process can do, by name.
    """
    sys.exit(main(build, settings, commands or {}, sys.argv[1:]))


def main(
    build: Callable[[S], Service], settings: type[S], commands: Mapping[str, Extra], arguments: Sequence[str]
) -> int:
    """Do what the arguments say and give the exit status."""
    name, *rest = arguments or [SERVE]
    if name != SERVE and name not in commands:
        _say(f"unknown command; there are: {', '.join([SERVE, *sorted(commands)])}")
        return 2
    try:
        values = read(settings)
        service = build(values)
        logs.configure(level=values.log_level, service=service.name, role=values.role.value)
        work = _serve(service) if name == SERVE else _do(service, commands[name], rest)
        return uvloop.run(work)
    except BrokenSettings as error:
        for problem in error.problems:
            _say(problem)
        return 2
    except CannotStart as error:
        _say(str(error))
        return 1


class Server(uvicorn.Server):
    """Uvicorn, told to stop: the process says that it is not ready before it refuses anybody."""

    def __init__(self, config: uvicorn.Config, draining: Callable[[], None]) -> None:
        """Call `draining` at the first signal."""
        super().__init__(config)
        self._draining = draining

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._draining()
        super().handle_exit(sig, frame)


def listening_socket(settings: ProcessSettings) -> socket.socket:
    """Take the port before anything is started.

    Raises:
        CannotStart: somebody else has it, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.http_host, settings.http_port))
    except OSError as error:
        listener.close()
        msg = (
            f"{PREFIX}HTTP_PORT: {settings.http_host}:{settings.http_port} cannot be listened on ({error.strerror}). "
            "Stop the process that uses it, or choose another port (0: any free one)."
        )
        raise CannotStart(msg) from error
    return listener


def server_for(app: ASGIApp, settings: ProcessSettings, draining: Callable[[], None]) -> Server:
    """Give the HTTP server of a process, configured as every process of the platform."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, int(settings.shutdown_seconds / 3)),
    )
    return Server(config, draining)


async def _serve(service: Service) -> int:
    listener = listening_socket(service.settings)
    app = service.app  # built here, so that a route that is declared wrongly stops the start
    try:
        await service.start()
        server = server_for(app, service.settings, service.drain)
        await _until_stopped(server, listener, service.failed)
    finally:
        listener.close()
        await service.stop()
    return 1 if service.failed.is_set() else 0


async def _until_stopped(server: Server, listener: socket.socket, failed: asyncio.Event) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    failing = asyncio.create_task(failed.wait())
    await asyncio.wait({serving, failing}, return_when=asyncio.FIRST_COMPLETED)
    if failed.is_set():
        server.handle_exit(signal.SIGTERM, None)
    failing.cancel()
    await serving


async def _do(service: Service, command: Extra, arguments: Sequence[str]) -> int:
    try:
        await service.open()
        return await command(service, arguments) or 0
    finally:
        await service.stop()


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
