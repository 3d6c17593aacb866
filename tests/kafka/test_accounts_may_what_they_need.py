"""A broker that asks for accounts: by the rights of the manifests each may what its worker does, and nothing else."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest
from deploy.kustomization import Document, build
from deploy.running import Manifests
from every_service.tree import ROOT
from support.brokers import Server, provide_or_skip
from support.servers import free_port
from support.waiting import eventually

from missionare.cli import files
from missionare.cli.children import leashed
from missionare.cli.options import TOPIC_OWNERS
from missionare.cli.servers import apache
from missionare.cli.servers.apache import Node
from missionare.kit import topics
from missionare.kit.kafka import Subscription, connect_producer
from missionare.kit.kafka_access import options_of
from missionare.kit.settings import Settings

pytestmark = pytest.mark.apache

SERVICES = ("members", "journeys", "catalog", "notifications")
MODULE = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
NUMBERS = {"topic": 2, "group": 3, "Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
"""Kafka's own for resources and rights, as its protocol writes them."""
LITERALLY, ALLOWED = 3, 3
SPECS = topics.of(TOPIC_OWNERS, replicas=1)


def accounts() -> dict[str, list[Document]]:
    """Give the rights of each account, as the manifests say."""
    users = Manifests(build(ROOT / "deploy/kubernetes/base")).named("KafkaUser")
    return {name: user["spec"]["authorization"]["acls"] for name, user in users.items()}


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Apache Kafka that lets in accounts alone; the address at which it asks for them."""
    provide_or_skip()
    node = Node(1, free_port(), free_port(), tmp_path_factory.mktemp("kafka") / "kafka-1")
    address = f"127.0.0.1:{free_port()}"
    plain = apache.settings(node, [node])
    differing = {
        "listeners": f"{plain['listeners']},SASL://{address}",
        "advertised.listeners": f"{plain['advertised.listeners']},SASL://{address}",
        "listener.security.protocol.map": f"{plain['listener.security.protocol.map']},SASL:SASL_PLAINTEXT",
        "listener.name.sasl.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl.scram-sha-512.sasl.jaas.config": MODULE,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    _make_log(node, {**plain, **differing})
    node.set_up([node], cluster="", differing=differing)
    server = Server.of(node)
    server.start()
    try:
        server.wait_until_ready()
        asyncio.run(_let_in(f"127.0.0.1:{node.port}"))
        yield address
    finally:
        server.kill()


def _make_log(node: Node, settings: dict[str, str]) -> None:
    """Format it with the accounts in it: before it runs is the one moment at which no account is needed for that."""
    node.folder.mkdir()
    files.write(node.folder / "format.properties", apache._written(settings))
    command = [*apache._java(), "kafka.tools.StorageTool", "format", "-t", apache.new_cluster()]
    command += ["-c", str(node.folder / "format.properties")]
    for name in accounts():
        command += ["--add-scram", f"SCRAM-SHA-512=[name={name},password=geheim-{name}]"]
    done = subprocess.run(leashed(command), capture_output=True, text=True, check=False, env=dict(os.environ))
    assert done.returncode == 0, done.stderr + done.stdout


async def _let_in(address: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        for name, acls in accounts().items():
            for acl in acls:
                for operation in acl["operations"]:
                    kind, resource = NUMBERS[acl["resource"]["type"]], acl["resource"]["name"]
                    right = (kind, resource, LITERALLY, f"User:{name}", "*", NUMBERS[operation], ALLOWED)
                    answer = await admin._send_to_controller(CreateAclsRequest(*right))
                    assert answer.creation_responses[0][0] == 0, answer
    finally:
        await admin.close()


@pytest.fixture
async def provisioned(careful: str) -> str:
    await topics.provision(careful, SPECS, access=options_of(settings_of("provision", careful)))
    return careful


def settings_of(name: str, address: str) -> Settings:
    return Settings(
        mongo_url=f"mongodb://127.0.0.1/{name}",
        kafka_bootstrap_servers=address,
        kafka_username=name,
        kafka_password=f"geheim-{name}",
        topic_replicas=1,
    )


async def first_of(consumer: AIOKafkaConsumer) -> object:
    await consumer.start()
    return await consumer.getone()


def may(name: str, operation: str) -> list[str]:
    acls = [acl for acl in accounts()[name] if acl["resource"]["type"] == "topic"]
    return [acl["resource"]["name"] for acl in acls if operation in acl["operations"]]


@pytest.mark.parametrize("name", SERVICES)
async def test_an_account_may_all_that_its_worker_does(provisioned: str, name: str) -> None:
    settings, heard = settings_of(name, provisioned), []
    seen = [spec for spec in SPECS if spec.name in may(name, "Describe")]
    await topics.verify(provisioned, seen, access=options_of(settings))
    producer = await connect_producer(settings)
    for topic in may(name, "Write"):
        await producer.send_and_wait(topic, b"fact", key=b"aggregate")
    await producer.stop()
    sources = may(name, "Read")
    for source in sources:
        owner = await connect_producer(settings_of(source.removesuffix(".events"), provisioned))
        await owner.send_and_wait(source, b"fact", key=b"aggregate")
        await owner.stop()

    subscription = Subscription(settings, name, sources)

    async def receive(records: object) -> None:
        heard.extend(record.topic for record in records)

    subscription.deliver_to(receive)
    await subscription.start()
    try:
        await eventually(lambda: set(heard) >= set(sources), within=30)
        admin = AIOKafkaAdminClient(bootstrap_servers=provisioned, **options_of(settings))
        await admin.start()
        assert await admin.list_consumer_group_offsets(name)
        await admin.close()
        assert await subscription.client.end_offsets(list(subscription.drain.partitions))
    finally:
        await subscription.stop()


@pytest.mark.parametrize("name", SERVICES)
async def test_an_account_may_nothing_else(provisioned: str, name: str) -> None:
    settings = settings_of(name, provisioned)
    foreign = next(spec.name for spec in SPECS if spec.name not in may(name, "Write"))
    producer = await connect_producer(settings)
    with pytest.raises(TopicAuthorizationFailedError):
        await producer.send_and_wait(foreign, b"forged", key=b"aggregate")
    await producer.stop()
    other = next(service for service in SERVICES if service != name)
    consumer = AIOKafkaConsumer(
        *may(name, "Read"), group_id=other, bootstrap_servers=provisioned, **options_of(settings)
    )
    try:
        with pytest.raises(GroupAuthorizationFailedError):
            await first_of(consumer)
    finally:
        await consumer.stop()


async def test_without_the_password_nobody_comes_in(provisioned: str) -> None:
    settings = settings_of("members", provisioned).model_copy(update={"kafka_username": "nobody"})

    with pytest.raises(KafkaError):
        await connect_producer(settings)
