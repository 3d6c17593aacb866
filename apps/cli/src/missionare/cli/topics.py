"""`missionare topics provision|verify`: the topics on the broker, as the code declares them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from aiokafka.errors import KafkaError

from missionare.cli.failures import Failure
from missionare.cli.options import TOPIC_OWNERS
from missionare.cli.running import Running
from missionare.cli.servers import broker
from missionare.kit import topics
from missionare.kit.kafka_access import options_of
from missionare.kit.refusals import Text
from missionare.kit.settings import BrokenSettings, BrokerAccess, read

DEFAULT_REPLICAS: Final = 3


class TopicsRefused(Failure):
    """The topics are not as declared."""

    text: ClassVar[Text] = {
        "de": "Die Topics stimmen nicht:\n{problems}",
        "en": "The topics are not right:\n{problems}",
    }


class AccessWrong(Failure):
    """The account at the broker is not told completely."""

    text: ClassVar[Text] = {
        "de": "Der Zugang zum Broker stimmt nicht:\n{problems}",
        "en": "The access to the broker is not right:\n{problems}",
    }


class BrokerAway(Failure):
    """Nobody answers at the broker's address."""

    text: ClassVar[Text] = {
        "de": "Der Broker {broker} antwortet nicht. Läuft er, und stimmt MISSIONARE_KAFKA_BOOTSTRAP_SERVERS?",
        "en": "The broker {broker} does not answer. Does it run, and is MISSIONARE_KAFKA_BOOTSTRAP_SERVERS right?",
    }


def provision(data: Path, *, recreate: bool) -> list[str]:
    """Create what is missing and give its names.

    Raises:
        TopicsRefused, BrokerAway, AccessWrong, NotRunning: with what to do.
    """
    address, specs = _wanted(data)
    try:
        return asyncio.run(topics.provision(address, specs, recreate=recreate, access=_access()))
    except topics.TopicsWrong as wrong:
        raise TopicsRefused(problems=str(wrong)) from wrong
    except KafkaError as error:
        raise BrokerAway(broker=address) from error


def verify(data: Path) -> None:
    """Assert that all topics are as declared.

    Raises:
        TopicsRefused, BrokerAway, AccessWrong, NotRunning: with what to do.
    """
    address, specs = _wanted(data)
    try:
        asyncio.run(topics.verify(address, specs, access=_access()))
    except topics.TopicsWrong as wrong:
        raise TopicsRefused(problems=str(wrong)) from wrong
    except KafkaError as error:
        raise BrokerAway(broker=address) from error


def address(data: Path) -> str:
    """Give the broker's `host:port,...`.

    Raises:
        NotRunning: neither is one named nor does a platform run.
    """
    return _wanted(data)[0]


def _wanted(data: Path) -> tuple[str, tuple[topics.TopicSpec, ...]]:
    """Give the broker and the topics on it: the user's own broker, else the bundled one of a running platform."""
    own = os.environ.get("MISSIONARE_KAFKA_BOOTSTRAP_SERVERS")
    if own:
        return own, topics.of(TOPIC_OWNERS, replicas=int(os.environ.get("MISSIONARE_TOPIC_REPLICAS", DEFAULT_REPLICAS)))
    return Running.load(data).kafka, topics.of(TOPIC_OWNERS, replicas=broker.REPLICAS)


def _access() -> Mapping[str, Any]:
    """Give what the environment says about the account at the broker; the bundled one asks for none."""
    try:
        return options_of(read(BrokerAccess))
    except BrokenSettings as broken:
        raise AccessWrong(problems=str(broken)) from broken
