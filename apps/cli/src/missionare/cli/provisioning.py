"""`missionare provision`: prepare servers that others have started, so that the platform can use them.

In containers nobody supervises the servers, so one container comes first and makes them ready: secrets, the replica
set, a user per service, the topics. Everything is made where it is missing and found where it is there, so it runs at
every start and changes nothing at the second.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from pymongo.errors import PyMongoError

from missionare.cli import files, topics
from missionare.cli.failures import Failure, SettingWrong
from missionare.cli.folder import DataFolder
from missionare.cli.options import SERVICES
from missionare.cli.servers import broker, mongod
from missionare.kit.refusals import Text

POLL_SECONDS: Final = 0.5
SIGNING: Final = (*SERVICES, "web")
SENDING: Final = ("members", "notifications")
"""Who sends mails."""


class NotThere(Failure):
    """A server did not come up in time."""

    text: ClassVar[Text] = {
        "de": "{server} antwortet auch nach {seconds} Sekunden nicht ({address}). Läuft der Container, und was steht "
        "in seinem Protokoll?",
        "en": "{server} does not answer after {seconds} seconds ({address}). Does its container run, and what does "
        "its log say?",
    }


class NotPrepared(Failure):
    """The database answers and cannot be prepared."""

    text: ClassVar[Text] = {
        "de": "MongoDB ließ sich in {seconds} Sekunden nicht vorbereiten. Es sagt: {reason}",
        "en": "MongoDB could not be prepared within {seconds} seconds. It says: {reason}",
    }


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be prepared."""

    data: Path
    """Its folder `secrets` has one folder per process, each of which only that process gets to see."""
    mongo: str
    """`host:port` by which the services reach the database; here that port must be on loopback as well."""
    patience: float
    """Seconds that a server may take to answer."""
    smtp_password_file: Path | None = None

    @property
    def port(self) -> int:
        """The database's port.

        Raises:
            SettingWrong: the address has none.
        """
        port = self.mongo.rpartition(":")[2]
        if not port.isdecimal():
            raise SettingWrong(
                setting="--mongo", reason_de="erwartet wird Rechner:Port", reason_en="wanted is host:port"
            )
        return int(port)


def key_file(path: Path) -> None:
    """Make the secret by which the members of the replica set know each other, unless it is there."""
    if not path.exists():
        files.write(path, mongod.new_key_file())


def servers(wanted: Wanted) -> Iterator[str]:
    """Prepare everything, and say after each part that it is ready.

    Raises:
        Failure: with what to do; it may be run again.
    """
    folder = DataFolder(wanted.data)
    folder.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(_database(folder, wanted))
    yield "mongo"
    _secrets(folder, wanted)
    yield "secrets"
    asyncio.run(_until(_broker_answers(), wanted.patience, "Kafka", topics.address(wanted.data)))
    topics.provision(wanted.data, recreate=False)
    yield "topics"


async def _database(folder: DataFolder, wanted: Wanted) -> None:
    await _until(mongod.Probe(wanted.port).alive, wanted.patience, "MongoDB", wanted.mongo)
    deadline = time.monotonic() + wanted.patience
    # A database that was known by another name finds out within half a minute that it has none now.
    while reason := await _refused(folder, wanted, deadline):
        if time.monotonic() > deadline:
            raise NotPrepared(seconds=round(wanted.patience), reason=reason)
        await asyncio.sleep(POLL_SECONDS)


async def _refused(folder: DataFolder, wanted: Wanted, deadline: float) -> str:
    """Prepare the database; gives nothing when it is done, otherwise why not."""
    try:
        async with asyncio.timeout(max(POLL_SECONDS, deadline - time.monotonic())):
            await mongod.prepare(folder, wanted.port, SERVICES, address=wanted.mongo)
    except TimeoutError:
        return "it has no primary"
    except PyMongoError as error:
        return str(error).partition(", full error")[0]
    return ""


def _secrets(folder: DataFolder, wanted: Wanted) -> None:
    """Put what each process must keep to itself into its own folder."""
    for process in SIGNING:
        folder.signing_key(process)
    for service in SERVICES:
        _keep(folder, service, "missionare_mongo_url", mongod.url(folder, wanted.port, service, address=wanted.mongo))
    given = wanted.smtp_password_file
    password = given.read_text(encoding="utf-8").strip() if given and given.exists() else ""
    for service in SENDING:
        _keep(folder, service, "missionare_smtp_password", password)


def _keep(folder: DataFolder, owner: str, name: str, content: str) -> None:
    path = folder.secret(owner, name, lambda: content)
    if path.read_text(encoding="utf-8") != content:
        files.write(path, content)


def _broker_answers() -> Callable[[], Awaitable[bool]]:
    first = os.environ.get("MISSIONARE_KAFKA_BOOTSTRAP_SERVERS", "").split(",")[0]
    host, _, port = first.rpartition(":")
    return broker.Probe(int(port), host) if port.isdecimal() else _nobody


async def _nobody() -> bool:
    return False


async def _until(answers: Callable[[], Awaitable[bool]], seconds: float, server: str, address: str) -> None:
    deadline = time.monotonic() + seconds
    while not await answers():
        if time.monotonic() > deadline:
            raise NotThere(server=server, seconds=round(seconds), address=address)
        await asyncio.sleep(POLL_SECONDS)
