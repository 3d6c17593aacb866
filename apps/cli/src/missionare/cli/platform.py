"""The whole platform in one place: every process, how it starts, when it is ready, whom it needs.

    mongod -> broker -> mailbox -> members, journeys, catalog, notifications -> web -> gateway

Started from the left, as far as possible at once; stopped from the right. A server that the environment names
(`MISSIONARE_MONGO_URL`, `MISSIONARE_KAFKA_BOOTSTRAP_SERVERS`, `MISSIONARE_SMTP_HOST`) is used, and ours is not started.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import Final

from missionare.cli import probes
from missionare.cli.environment import Environment
from missionare.cli.folder import DataFolder
from missionare.cli.options import SERVICES, TOPIC_OWNERS, Options
from missionare.cli.ports import HOST
from missionare.cli.processes import Process
from missionare.cli.servers import apache, broker, gateway, libcurl, mongod

PORTS: Final = ("mongod", "broker", "controller", "smtp", "mailbox", *SERVICES, "web", "inside")
"""Who listens, besides the gateway; the controller is a part of Apache Kafka."""
SERVICE_STOP_SECONDS: Final = 30.0
DATABASE_STOP_SECONDS: Final = 30.0
RATE: Final = "100"
"""Requests per second from one address."""
RATE_OF_A_TEST: Final = "2000"
"""Where data is thrown away, everybody is one address: a test suite in a hurry."""


class Platform:
    """Turns options into the list of processes."""

    def __init__(self, options: Options, folder: DataFolder, ports: dict[str, int]) -> None:
        """Take what the list is made of."""
        self.options = options
        self.folder = folder
        self.ports = ports
        self.environment = Environment(options, folder, ports)

    def processes(self) -> list[Process]:
        """Give the list, each process after those it uses."""
        servers = [
            *([self.mongod()] if self.options.needs_mongod else []),
            *([self.broker()] if not self.options.own_kafka else []),
            *([self.mailbox()] if self.has_mailbox else []),
        ]
        bundled = tuple(server.name for server in servers)
        return [
            *servers,
            *(self.service(name, uses=bundled) for name in SERVICES),
            self.web(),
            self.gateway(),
        ]

    def mongod(self) -> Process:
        """The database of every service that has none of its own."""
        port = self.ports["mongod"]
        probe = mongod.Probe(port)
        return Process(
            name="mongod",
            command=mongod.command(self.folder, port),
            environment=lambda: {
                **self.environment.plain(),
                **libcurl.environment(self.folder.root / "lib"),
            },
            ready=probe.alive,
            alive=probe.alive,
            prepare=partial(mongod.prepare, self.folder, port, SERVICES),
            stop_seconds=DATABASE_STOP_SECONDS,
            show=mongod.worth_showing,
        )

    def broker(self) -> Process:
        """The transport of facts."""
        if self.options.runs_apache:
            return self.apache()
        port = self.ports["broker"]
        probe = broker.Probe(port)
        return Process(
            name="broker",
            command=broker.command(port),
            environment=self.environment.plain,
            ready=probe,
            alive=probe,
            prepare=partial(broker.prepare, self.folder, port, TOPIC_OWNERS),
        )

    def apache(self) -> Process:
        """The transport of facts, durable."""
        node = apache.the_node(self.folder, self.ports)
        probe = broker.Probe(node.port)
        return Process(
            name="broker",
            command=node.command(),
            environment=lambda: {**self.environment.plain(), **apache.LOCALE},
            ready=probe,
            alive=probe,
            prepare=partial(apache.prepare, self.folder, node.port, TOPIC_OWNERS),
            stop_seconds=apache.STOP_SECONDS,
            show=apache.worth_showing,
        )

    def mailbox(self) -> Process:
        """Takes every mail and shows it, in place of a mail server."""
        answers = probes.http(f"{self.environment.address('mailbox')}/health")
        return Process(
            name="mailbox",
            command=[
                sys.executable, "-m", "missionare.cli.mailbox",
                "--folder", str(self.folder.mailbox),
                "--smtp-port", str(self.ports["smtp"]),
                "--http-port", str(self.ports["mailbox"]),
            ],
            environment=self.environment.plain,
            ready=answers,
            alive=answers,
        )  # fmt: skip

    def service(self, name: str, *, uses: tuple[str, ...]) -> Process:
        """One of the four that own data."""
        works = self.options.role(name) != "api"
        return Process(
            name=name,
            command=[sys.executable, "-m", f"missionare.{name}"],
            environment=partial(self.environment.service, name),
            ready=probes.http(f"{self.environment.address(name)}/health/ready"),
            alive=probes.http(f"{self.environment.address(name)}/health/live"),
            uses=uses,
            # A worker that outlived a broker without memory could commit an old offset into the new, shorter log.
            dies_with="broker" if works and "broker" in uses and not self.options.runs_apache else None,
            stop_seconds=SERVICE_STOP_SECONDS,
        )

    def web(self) -> Process:
        """The pages."""
        return Process(
            name="web",
            command=[sys.executable, "-m", "missionare.web"],
            environment=partial(self.environment.python, "web"),
            ready=probes.http(f"{self.environment.address('web')}/health/ready"),
            alive=probes.http(f"{self.environment.address('web')}/health/live"),
            uses=SERVICES,
            early=True,
            stop_seconds=SERVICE_STOP_SECONDS,
        )

    def gateway(self) -> Process:
        """The one address for everybody outside. It opens last and closes first."""
        inside = self.ports["inside"]
        answers = probes.http(f"http://{HOST}:{inside}/ping")
        addresses = {name: self.environment.address(name) for name in (*SERVICES, "web")}
        secure = self.public_url.startswith("https://")
        rate = RATE_OF_A_TEST if self.options.temporary else RATE
        return Process(
            name="gateway",
            command=gateway.command(self.folder, public_port=self.ports["gateway"], inside_port=inside),
            environment=lambda: {
                **self.environment.plain(),
                **gateway.environment(inside_port=inside, addresses=addresses, secure=secure),
                "MISSIONARE_GATEWAY_RATE": os.environ.get("MISSIONARE_GATEWAY_RATE", rate),
            },
            ready=answers,
            alive=answers,
            uses=(*SERVICES, "web"),
        )

    @property
    def has_mailbox(self) -> bool:
        """Whether mails go to the bundled mailbox, and to no mail server of the user's own."""
        return "MISSIONARE_SMTP_HOST" not in os.environ

    @property
    def public_url(self) -> str:
        """The address people use."""
        return self.options.public_url(self.ports["gateway"])

    def about(self) -> dict[str, object]:
        """What the board says besides the processes."""
        return {
            "data": str(self.folder.root),
            "temporary": self.options.temporary,
            "ports": self.ports,
            "roles": {service: self.options.role(service) for service in SERVICES},
            "urls": {
                "public": self.public_url,
                **{name: self.environment.address(name) for name in (*SERVICES, "web")},
                **({"mailbox": self.environment.address("mailbox")} if self.has_mailbox else {}),
            },
        }
