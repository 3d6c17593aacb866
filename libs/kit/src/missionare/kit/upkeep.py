"""Upkeep: what an operator has a service do, as commands of its process beside `serve`.

    python -m missionare.<service> reconcile
    python -m missionare.<service> rebuild READ_MODEL [--back] [--anew] [--any-count]
    python -m missionare.<service> backup --into DIR
    python -m missionare.<service> restore --from DIR [--replace]

Each line on standard output is one JSON object: progress first, the outcome last. A refusal is one line on standard
error, and exit status 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from missionare.kit.applying import Via
from missionare.kit.backup import Step, backup
from missionare.kit.consumer import COLLECTIONS, Consumer
from missionare.kit.generations import Generations
from missionare.kit.handlers import Handlers
from missionare.kit.owners import owners_of
from missionare.kit.rebuild import Progress, back, rebuild
from missionare.kit.reconcile import Reconciliation, repaired
from missionare.kit.refusals import Refusal
from missionare.kit.restore import restore
from missionare.kit.service import Service

Command = Callable[[Service, Sequence[str]], Awaitable[int]]


@dataclass(frozen=True)
class Swept:
    """What one sweep of one consumer came to."""

    consumer: str
    complete: bool
    """Whether every owner answered."""
    read: int
    """Facts in the owners' feeds since the last sweep. Those of the last minute are left to the topic."""
    applied: int
    """Of those, facts that had not arrived; whatever could not be applied is among the waiting ones."""
    repaired: int
    """Facts counted as repaired meanwhile, gaps that were filled included."""
    waiting: dict[str, int]


async def reconcile(service: Service) -> list[Swept]:
    """Run a sweep of every consumer of a service now, whose database must be open, and count."""
    await service.database.ensure_collections(COLLECTIONS)
    tables = await Generations(service.database).fed(service.handlers)
    return [await _swept(service, table) for table in tables]


async def _swept(service: Service, table: Handlers) -> Swept:
    consumer = Consumer(service.context, table, owners_of(service.context, [table]))
    consumer.caught_up.set()  # what comes by the feed now has failed to come by the topic
    reconciliation = Reconciliation(service.database, consumer)
    before = await repaired(service.database, consumer.name)
    complete = await reconciliation.sweep(Via.FEED, wait=True)
    for stream in await consumer.parking.holding():
        await consumer.repair(stream)
    return Swept(
        consumer=consumer.name,
        complete=complete,
        read=reconciliation.read,
        applied=reconciliation.brought,
        repaired=await repaired(service.database, consumer.name) - before,
        waiting=await consumer.parking.waiting(),
    )


async def _reconcile(service: Service, arguments: Sequence[str]) -> int:
    _parsed("reconcile", arguments)
    for swept in await reconcile(service):
        _say(asdict(swept))
    return 0


async def _rebuild(service: Service, arguments: Sequence[str]) -> int:
    wanted = _parsed("rebuild", arguments)
    if wanted.back:
        report = await back(service, wanted.read_model)
    else:
        report = await rebuild(service, wanted.read_model, anew=wanted.anew, any_count=wanted.any_count, tell=_tell)
    _say(asdict(report))
    return 0


async def _backup(service: Service, arguments: Sequence[str]) -> int:
    wanted = _parsed("backup", arguments)
    _say(asdict(await backup(service, wanted.into, tell=_tell)))
    return 0


async def _restore(service: Service, arguments: Sequence[str]) -> int:
    wanted = _parsed("restore", arguments)
    _say(asdict(await restore(service, wanted.source, replace=wanted.replace, tell=_tell)))
    return 0


def _tell(progress: Progress | Step) -> None:
    _say(asdict(progress))


def _parsed(name: str, arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=name)
    parser.add_argument("--language", choices=("de", "en"), default="de")
    if name == "rebuild":
        parser.add_argument("read_model")
        for flag in ("--back", "--anew", "--any-count"):
            parser.add_argument(flag, action="store_true")
    if name == "backup":
        parser.add_argument("--into", type=Path, required=True)
    if name == "restore":
        parser.add_argument("--from", dest="source", type=Path, required=True)
        parser.add_argument("--replace", action="store_true")
    return parser.parse_args(arguments)


def _speaking(command: Command) -> Command:
    """Say a refusal in the language asked for."""

    async def speak(service: Service, arguments: Sequence[str]) -> int:
        try:
            return await command(service, arguments)
        except Refusal as refusal:
            sys.stderr.write(f"{refusal.say('en' if 'en' in arguments else 'de')}\n")
            return 1

    return speak


def _say(line: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, default=datetime.isoformat) + "\n")
    sys.stdout.flush()


COMMANDS: Final[Mapping[str, Command]] = {
    "reconcile": _speaking(_reconcile),
    "rebuild": _speaking(_rebuild),
    "backup": _speaking(_backup),
    "restore": _speaking(_restore),
}
"""What every service's process can be told to do."""
OPENS_ITSELF: Final = frozenset({"restore"})
"""Commands that come to a database which is not to be opened yet."""
