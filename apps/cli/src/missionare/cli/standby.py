"""The database alone: for commands that need it and nothing else, whether or not the platform runs."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar, Final

from missionare.cli import files, ports
from missionare.cli.children import leashed
from missionare.cli.environment import Environment
from missionare.cli.failures import Failure
from missionare.cli.folder import DataFolder
from missionare.cli.leftovers import end_leftovers
from missionare.cli.options import SERVICES, Options
from missionare.cli.platform import PORTS
from missionare.cli.servers import libcurl, mongod
from missionare.kit.refusals import Text

START_SECONDS: Final = 120.0
STOP_SECONDS: Final = 30.0


class DatabaseDidNotStart(Failure):
    """mongod ended, or did not become ready."""

    text: ClassVar[Text] = {
        "de": "Die Datenbank ließ sich für diesen Befehl nicht starten; was sie sagte, steht in {log}. "
        "„missionare doctor“ prüft, was fehlt.",
        "en": "The database could not be started for this command; what it said is in {log}. "
        "'missionare doctor' checks what is missing.",
    }


@contextmanager
def database_for(folder: DataFolder, options: Options) -> Iterator[Mapping[str, int]]:
    """Have the database run within the block, and give the ports.

    It is the one of the platform where that runs, and the user's own where one is named. Otherwise ours is started on
    its data for the block alone, and no platform can start meanwhile.

    Raises:
        Failure: it cannot be started, with what to do.
    """
    known = files.read_json(folder.ports) or dict.fromkeys((*PORTS, ports.GATEWAY), 0)
    if folder.is_locked() or not options.needs_mongod:
        yield known
        return
    folder.open(temporary=options.temporary)
    try:
        end_leftovers(files.read_json(folder.state))
        chosen = ports.choose(folder.ports, PORTS, gateway=0)
        with _mongod(folder, options, chosen):
            yield chosen
    finally:
        folder.close()


@contextmanager
def _mongod(folder: DataFolder, options: Options, chosen: dict[str, int]) -> Iterator[None]:
    plain = Environment(options, folder, chosen).plain()
    environment = {**plain, **libcurl.environment(folder.root / "lib")}
    command = leashed(mongod.command(folder, chosen["mongod"]))
    log = folder.log_of("mongod")
    with (
        log.open("ab") as said,
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
        ) as process,
    ):
        try:
            asyncio.run(_prepared(folder, chosen["mongod"], process, log))
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


async def _prepared(folder: DataFolder, port: int, process: subprocess.Popen[bytes], log: object) -> None:
    probe = mongod.Probe(port)
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await probe.alive():
                if process.poll() is not None:
                    raise DatabaseDidNotStart(log=log)
                await asyncio.sleep(mongod.PRIMARY_SECONDS)
            await mongod.prepare(folder, port, SERVICES)
    except TimeoutError:
        raise DatabaseDidNotStart(log=log) from None
