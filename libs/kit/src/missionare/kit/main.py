"""Start: `python -m missionare.<service> [serve | reconcile | rebuild | backup | restore | <command>]`.

Whatever keeps a process from starting is told in one clear message on standard error: exit status 2 for settings,
1 for everything else, and nothing is left running.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NoReturn, TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

from missionare.kit import logs, upkeep
from missionare.kit.routes import Misdeclared
from missionare.kit.service import HTTP_SHARE, CannotStart, NoPolicy, Service
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
    sys.exit(main(build, settings, {**upkeep.COMMANDS, **(commands or {})}, sys.argv[1:]))


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
        output = sys.stdout if name == SERVE else sys.stderr  # what a command prints is for its caller alone
        logs.configure(level=values.log_level, output=output, service=service.name, role=values.role.value)
        work = _serve(service) if name == SERVE else _do(service, name, commands[name], rest)
        return uvloop.run(work)
    except BrokenSettings as error:
        for problem in error.problems:
            _say(problem)
        return 2
    except (CannotStart, Misdeclared, NoPolicy) as error:
        _say(str(error))
        return 1


class Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: the process hears signals from its first moment to its last."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's handlers in place. Uvicorn's would end it by the same signal, before all is closed."""
        yield

    def stop(self) -> None:
        """Answer what has been asked, take nothing new, and end; when told again, end without answering."""
        self.force_exit = self.should_exit
        self.should_exit = True


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


def server_for(app: ASGIApp, settings: ProcessSettings) -> Server:
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
        timeout_graceful_shutdown=max(1, round(settings.shutdown_seconds * HTTP_SHARE)),
    )
    return Server(config)


async def serve(server: Server, listener: socket.socket, *, draining: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `draining` is called first, so that the process says it is not ready."""

    def stop() -> None:
        draining()
        server.stop()

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop)
    await server.serve(sockets=[listener])


async def _serve(service: Service) -> int:
    listener = listening_socket(service.settings)
    server = server_for(service.app, service.settings)  # a route that is declared wrongly stops the start here
    watching = asyncio.create_task(_stop_when_failed(service, server))
    try:
        await service.start()
        await serve(server, listener, draining=service.drain)
    finally:
        watching.cancel()
        listener.close()
        await service.stop()
    return 1 if service.failed.is_set() else 0


async def _stop_when_failed(service: Service, server: Server) -> None:
    await service.failed.wait()
    service.drain()
    server.stop()


async def _do(service: Service, name: str, command: Extra, arguments: Sequence[str]) -> int:
    try:
        if name not in upkeep.OPENS_ITSELF:
            await service.open()
        return await command(service, arguments) or 0
    finally:
        await service.stop()


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")
