"""Topics: declared in code, provisioned before any client connects, verified by every worker at start.

A broker that is asked for a missing topic may create it at once, with a number of partitions of its own; the
partition of a key, and with it the order of an aggregate's facts, would then depend on who came first.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from missionare.kit.connecting import whole

PARTITIONS: Final = 12
"""Fixed for ever: another number would send an aggregate's next fact to another partition."""
RETENTION_MS: Final = 14 * 24 * 60 * 60 * 1000
MAX_MESSAGE_BYTES: Final = 1024 * 1024
CREATE_MS: Final = 30_000
SETTLE_TRIES: Final = 50
SETTLE_SECONDS: Final = 0.1
NO_ERROR: Final = 0
AS_NOBODY: Final[Mapping[str, Any]] = MappingProxyType({})
"""Access to a broker that lets in whoever reaches it."""

CREATE: Final = "create it with: missionare topics provision"
RECREATE: Final = "stop all workers, then: missionare topics provision --recreate"
COPIES: Final = "add brokers and copies, or set MISSIONARE_TOPIC_REPLICAS to what the cluster has"


class TopicsWrong(Exception):
    """Topics are missing or differ from what the code declares. One line per difference, with what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        """Keep one line per problem."""
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True)
class TopicSpec:
    """What a topic must be."""

    name: str
    replicas: int
    partitions: int = PARTITIONS
    settings: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def owned_by(cls, service: str, *, replicas: int) -> TopicSpec:
        """Declare the topic of a service's facts. One copy less than all must confirm a fact, and at least one."""
        settings = {
            "retention.ms": str(RETENTION_MS),
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
            "min.insync.replicas": str(max(1, replicas - 1)),
        }
        return cls(topic_of(service), replicas, settings=settings)


def topic_of(service: str) -> str:
    """Name the topic a service publishes its facts on."""
    return f"{service}.events"


def of(services: Iterable[str], *, replicas: int) -> tuple[TopicSpec, ...]:
    """Declare the topics of several services."""
    return tuple(TopicSpec.owned_by(service, replicas=replicas) for service in services)


async def provision(
    bootstrap_servers: str,
    specs: Sequence[TopicSpec],
    *,
    recreate: bool = False,
    access: Mapping[str, Any] = AS_NOBODY,
) -> list[str]:
    """Create what is missing, then verify everything.

    Args:
        bootstrap_servers: `host:port,...` of the broker.
        specs: the topics wanted.
        recreate: delete what differs and create it anew. What was on its way in there arrives by reconciliation.
        access: what the client is told besides, as `kafka_access.options_of` gives it.

    Returns:
        The names of the topics that were created.

    Raises:
        TopicsWrong: a topic exists and differs, or could not be created.
    """
    async with _admin(bootstrap_servers, access) as admin:
        if recreate:
            await _delete(admin, [spec.name for spec in specs if await _differs(admin, spec)])
        existing = set(await admin.list_topics())
        missing = [spec for spec in specs if spec.name not in existing]
        if missing:
            await _create(admin, missing)
        await _until_settled(lambda: _problems(admin, specs))
        return [spec.name for spec in missing]


async def verify(bootstrap_servers: str, specs: Sequence[TopicSpec], *, access: Mapping[str, Any] = AS_NOBODY) -> None:
    """Assert that the topics are as declared. Changes nothing, and creates nothing by asking.

    Raises:
        TopicsWrong: with one line per difference.
    """
    async with _admin(bootstrap_servers, access) as admin:
        _raise(await _problems(admin, specs))


@asynccontextmanager
async def _admin(bootstrap_servers: str, access: Mapping[str, Any] = AS_NOBODY) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, client_id="missionare-topics", **access)
    try:
        await whole(admin.start())
        yield admin
    finally:
        await admin.close()


async def _create(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> None:
    wanted = [NewTopic(spec.name, spec.partitions, spec.replicas, topic_configs=dict(spec.settings)) for spec in specs]
    answer = await admin.create_topics(wanted, timeout_ms=CREATE_MS)
    refused = [
        f"{topic}: could not be created: {message or for_code(code).description}"
        for topic, code, message in answer.topic_errors
        if code not in {NO_ERROR, TopicAlreadyExistsError.errno}  # another provisioner was faster: verified below
    ]
    _raise(refused)


async def _delete(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    """Delete topics and wait until they are gone: a broker answers before it has done it."""
    if not names:
        return
    await admin.delete_topics(list(names), timeout_ms=CREATE_MS)

    async def remaining() -> list[str]:
        existing = set(await admin.list_topics())
        return [f"{name}: could not be deleted" for name in names if name in existing]

    await _until_settled(remaining)


async def _differs(admin: AIOKafkaAdminClient, spec: TopicSpec) -> bool:
    return spec.name in set(await admin.list_topics()) and bool(await _problems(admin, [spec]))


async def _until_settled(problems: Callable[[], Awaitable[list[str]]]) -> None:
    """Wait for a change to be seen everywhere; what is still wrong then is wrong."""
    for _ in range(SETTLE_TRIES):
        if not (found := await problems()):
            return
        await asyncio.sleep(SETTLE_SECONDS)
    _raise(found)


async def _problems(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> list[str]:
    # Listed first: to describe a topic that is missing makes some brokers create it.
    existing = set(await admin.list_topics())
    present = [spec for spec in specs if spec.name in existing]
    problems = [f"{spec.name}: missing; {CREATE}" for spec in specs if spec.name not in existing]
    if present:
        problems += _wrong_shape(present, await admin.describe_topics([spec.name for spec in present]))
        problems += _wrong_settings(present, await _settings(admin, present))
    return problems


def _wrong_shape(specs: Sequence[TopicSpec], described: Sequence[Mapping[str, Any]]) -> list[str]:
    partitions = {topic["topic"]: topic["partitions"] for topic in described}
    problems = []
    for spec in specs:
        found = partitions[spec.name]
        if len(found) != spec.partitions:
            problems.append(f"{spec.name}: {len(found)} partitions instead of {spec.partitions}; {RECREATE}")
        copies = min((len(partition["replicas"]) for partition in found), default=0)
        if copies < spec.replicas:
            problems.append(f"{spec.name}: {copies} copies instead of {spec.replicas}; {COPIES}")
    return problems


def _wrong_settings(specs: Sequence[TopicSpec], settings: Mapping[str, Mapping[str, str]]) -> list[str]:
    return [
        f"{spec.name}: {name} is {settings[spec.name].get(name, 'not set')} instead of {wanted}; {RECREATE}"
        for spec in specs
        for name, wanted in spec.settings.items()
        if settings[spec.name].get(name) != wanted
    ]


async def _settings(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> dict[str, dict[str, str]]:
    asked = [ConfigResource(ConfigResourceType.TOPIC, spec.name) for spec in specs]
    answers = await admin.describe_configs(asked)
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for _code, _message, _kind, name, entries in answer.resources
    }


def _raise(problems: Sequence[str]) -> None:
    if problems:
        raise TopicsWrong(problems)
