"""A cluster on one machine: three brokers, three databases, two API processes and two workers of every service.

    brokers (3 copies, 2 must confirm), databases (a replica set)
        -> mailbox, <service>-api-1, -2, <service>-worker-1, -2 -> network -> web -> gateway

Everything is on loopback, under one temporary folder, and tied to the life of this process.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psutil
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from cluster import network
from cluster.parts import READY_SECONDS, Kind, Part, PartMissing
from promises.checkers import Books
from pymongo import MongoClient
from support.brokers import Kafka, apache_kafka
from support.databases import ReplicaSet, replica_set
from support.platforms import SERVICES
from support.servers import Child
from support.travel import prepared

from missionare.cli import files, ports, probes
from missionare.cli.demo.world import World
from missionare.cli.folder import DataFolder
from missionare.cli.options import TOPIC_OWNERS, BrokerChoice, Options
from missionare.cli.platform import PORTS, RATE_OF_A_TEST, Platform
from missionare.cli.ports import HOST
from missionare.cli.processes import Process
from missionare.cli.servers import gateway, mongod
from missionare.kit import topics

COPIES = 3
API = 2
WORKERS = 2
MOST_WORKERS = 3
"""The third worker of a service is there for the comparison alone."""
SESSION_SECONDS = 6
BROKER_SETTINGS = {
    "broker.session.timeout.ms": str(SESSION_SECONDS * 1_000),
    "min.insync.replicas": str(COPIES - 1),
    # Two cores carry all of this: with the defaults of 1 and 2 s the controllers would elect all the time.
    "controller.quorum.election.timeout.ms": "3000",
    "controller.quorum.fetch.timeout.ms": "6000",
}
SERVICE = str(Path(__file__).parents[1] / "promises" / "processes" / "service.py")
"""A service as it is, with a tally of what it has heard."""
GONE_SECONDS = 10.0

Note = Callable[[str], None]


class Cluster:
    """Everything that runs, and who is known there."""

    world: World
    books: Books

    def __init__(self, folder: DataFolder, kafka: Kafka, databases: ReplicaSet, parts: Sequence[Part]) -> None:
        """Take over what has been made; `start` starts the processes."""
        self.folder = folder
        self.kafka = kafka
        self.databases = databases
        self.parts = {part.name: part for part in parts}
        self.faults = 0
        self.fallen: list[str] = []
        """Who has ended without having been told to, with its last words."""
        self._ports = files.read_json(folder.ports)

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://{HOST}:{self._ports['gateway']}"

    @property
    def mailbox_url(self) -> str:
        """Where mails are read."""
        return f"http://{HOST}:{self._ports['mailbox']}"

    def move_clock(self, forward: timedelta) -> None:
        """Refuse: the time of a cluster is the time."""
        raise NotImplementedError

    def of(self, *kinds: Kind) -> list[Part]:
        """Give the parts of some kinds, in the order of the start."""
        return [part for part in self.parts.values() if part.kind in kinds]

    def workers(self, service: str) -> list[Part]:
        """Give the workers of a service, also those that do not run."""
        return [self.parts[f"{service}-worker-{number}"] for number in range(1, MOST_WORKERS + 1)]

    async def start(self) -> None:
        """Start every process but the workers that are there for the comparison."""
        for kinds in ((Kind.EDGE, Kind.API, Kind.NETWORK), (Kind.WORKER,)):
            begun = [part for part in self.of(*kinds) if not part.name.endswith(f"worker-{MOST_WORKERS}")]
            for part in begun:
                part.start()
            for part in begun:
                await part.ready(part.start)  # it may have met an election, of which a busy machine has many

    async def employ(self, count: int) -> None:
        """Let every service have so many workers."""
        rows = [self.workers(service) for service in SERVICES]
        await asyncio.gather(*(part.stop() for row in rows for part in row[count:] if part.is_wanted))
        for part in (part for row in rows for part in row[:count] if not part.is_wanted):
            part.start()
        await self.whole()

    async def whole(self) -> None:
        """Wait until every part works, every record has all its copies, and every database follows the primary.

        Raises:
            PartMissing: that is not so in time.
        """
        for part in self.parts.values():
            if part.is_wanted:
                await part.ready(lambda part=part: self._raise(part))
        deadline = time.monotonic() + READY_SECONDS
        for what, is_so in (("copies", self._has_copies), ("databases", self.databases.is_whole)):
            while not await is_so():
                if time.monotonic() > deadline:
                    raise PartMissing(f"the cluster does not get its {what} back")
                await asyncio.sleep(0.2)

    def _raise(self, part: Part) -> None:
        """Start again what has ended by itself, as whoever runs a cluster does; it is not forgotten."""
        self.fallen.append(f"{part.name} ended by itself: {part.last_words()}")
        part.start()

    async def _has_copies(self) -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka.address, request_timeout_ms=5_000)
        try:
            await admin.start()
            described = await admin.describe_topics()
        except KafkaError:
            return False
        finally:
            await admin.close()
        return all(len(partition["isr"]) == COPIES for topic in described for partition in topic["partitions"])


@asynccontextmanager
async def running_cluster(root: Path, note: Note) -> AsyncIterator[Cluster]:
    """Start a cluster with its people, and leave nothing of it running. Call it from the main thread."""
    async with AsyncExitStack() as stack:
        stack.callback(_end_children)
        folder = DataFolder(root / "data")
        folder.open(temporary=True)
        stack.callback(folder.close)
        files.write(folder.clock, "0")
        names = [f"{service}-{kind}-{n}" for service in SERVICES for kind in ("api", "worker") for n in range(1, 4)]
        chosen = ports.choose(folder.ports, [*PORTS, "database-2", "database-3", "ask", *names], gateway=0)
        note(f"{COPIES} brokers")
        kafka = stack.enter_context(apache_kafka(root / "kafka", nodes=COPIES, differing=BROKER_SETTINGS))
        await topics.provision(kafka.address, topics.of(TOPIC_OWNERS, replicas=COPIES))
        note(f"{COPIES} databases")
        homes = [chosen[name] for name in ("mongod", "database-2", "database-3")]
        databases = await stack.enter_async_context(replica_set(folder, homes, SERVICES, root))
        cluster = Cluster(folder, kafka, databases, list(_Parts(folder, chosen, kafka, databases)))
        stack.callback(_end, cluster)
        note(f"{API} API processes and {WORKERS} workers of each service")
        await cluster.start()
        await cluster.whole()
        cluster.world = stack.enter_context(prepared(cluster))
        clients = {
            service: stack.enter_context(MongoClient(databases.url(service), tz_aware=True)) for service in SERVICES
        }
        cluster.books = Books(clients, folder.clock)
        yield cluster


class _Parts:
    """The list of all parts, each made as the supervisor makes it, where that has one of its own."""

    def __init__(self, folder: DataFolder, chosen: dict[str, int], kafka: Kafka, databases: ReplicaSet) -> None:
        options = Options(data=folder.root, port=chosen["gateway"], temporary=True, broker=BrokerChoice.APACHE)
        self._platform = Platform(options, folder, chosen)
        self._ports = chosen
        self._kafka = kafka
        self._databases = databases

    def __iter__(self):
        for number, server in enumerate(self._kafka.servers, 1):
            yield Part(f"broker-{number}", Kind.BROKER, server, _soon(server.is_ready))
        for number, node in enumerate(self._databases.nodes, 1):
            yield Part(f"database-{number}", Kind.DATABASE, node, mongod.Probe(node.port).alive)
        yield self._part(self._platform.mailbox(), Kind.EDGE)
        for service in SERVICES:
            yield from (self._process(service, Kind.API, number) for number in range(1, API + 1))
            yield from (self._process(service, Kind.WORKER, number) for number in range(1, MOST_WORKERS + 1))
        yield self._network()
        yield self._part(self._platform.web(), Kind.EDGE)
        yield self._gateway()

    def _process(self, service: str, kind: Kind, number: int) -> Part:
        name = f"{service}-{kind}-{number}"
        made = self._platform.service(service, uses=())
        told = {
            **made.environment(),
            "MISSIONARE_ROLE": kind.value,
            "MISSIONARE_HTTP_PORT": str(self._ports[name]),
            "MISSIONARE_ALONE": "false",
            "MISSIONARE_MONGO_URL": self._databases.url(service),
            "MISSIONARE_KAFKA_BOOTSTRAP_SERVERS": self._kafka.address,
            "MISSIONARE_TOPIC_REPLICAS": str(COPIES),
        }
        ready = probes.http(f"{self._address(name)}/health/ready")
        changed = replace(
            made, name=name, command=[sys.executable, SERVICE, service], environment=lambda: told, ready=ready
        )
        return self._part(changed, kind)

    def _network(self) -> Part:
        addresses = {service: self._ports[service] for service in SERVICES}
        folder, ask = self._platform.folder, self._ports["ask"]
        command = network.command(folder.root, addresses, self._servers(), ask)
        answers = probes.http(f"http://{HOST}:{ask}/ping")
        return Part("network", Kind.NETWORK, Child(command=command, log=folder.log_of("network")), answers)

    def _gateway(self) -> Part:
        """Give the gateway with the product's routes, in which every service has two servers."""
        addresses = {name: ",".join(urls) for name, urls in self._servers().items()}
        told = {
            **gateway.environment(
                inside_port=self._ports["inside"],
                addresses={**addresses, "web": self._address("web")},
                secure=False,
            ),
            "MISSIONARE_GATEWAY_RATE": RATE_OF_A_TEST,
        }
        made = self._platform.gateway()
        plain = self._platform.environment.plain()
        return self._part(replace(made, environment=lambda: {**plain, **told}), Kind.EDGE)

    def _part(self, process: Process, kind: Kind) -> Part:
        log = self._platform.folder.log_of(process.name)
        child = Child(command=process.command, log=log, environment=process.environment())
        return Part(process.name, kind, child, process.ready)

    def _servers(self) -> Mapping[str, list[str]]:
        return {
            service: [self._address(f"{service}-api-{number}") for number in range(1, API + 1)] for service in SERVICES
        }

    def _address(self, name: str) -> str:
        return f"http://{HOST}:{self._ports[name]}"


def _soon(check: Callable[[], bool]) -> probes.Probe:
    async def asked() -> bool:
        with suppress(AssertionError):  # it has ended, which `Part.ready` says
            return check()
        return False

    return asked


def _end(cluster: Cluster) -> None:
    """End the processes at once: their data is thrown away."""
    for part in reversed(cluster.parts.values()):
        with suppress(ProcessLookupError):
            part.kill()


def _end_children() -> None:
    """Assert that nothing that was started here is still there, and end it if it is."""
    left = psutil.Process().children(recursive=True)
    _, left = psutil.wait_procs(left, timeout=GONE_SECONDS)
    for process in left:
        process.kill()
    assert not left, f"still there: {left}"
