"""Settings: read from the environment, checked at start, and refused with one line per problem.

Each setting is an environment variable `MISSIONARE_<NAME>`; a secret may stand in a file
`missionare_<name>` in the folder `MISSIONARE_SECRETS_DIR` instead. What a setting must hold is its description.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, TypeAdapter, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "MISSIONARE_"
SECRETS_DIR = f"{PREFIX}SECRETS_DIR"

P = TypeVar("P", bound=BaseSettings)


class Role(StrEnum):
    """What a process does: answer HTTP, move and apply facts, or both."""

    ALL = "all"
    API = "api"
    WORKER = "worker"

    @property
    def serves(self) -> bool:
        """Whether the service's own routes are mounted."""
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        """Whether relay, consumers and timers run."""
        return self is not Role.API


class BrokenSettings(Exception):
    """The process cannot start with these settings. Each problem names its setting and what was wanted."""

    def __init__(self, problems: list[str]) -> None:
        """Keep one line per problem; a line never repeats the value, which may be a secret."""
        self.problems = problems
        super().__init__("\n".join(problems))


class ProcessSettings(BaseSettings):
    """What every process of the platform needs, also one that owns no data."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    http_host: str = Field("127.0.0.1", description="the address to listen on")
    http_port: int = Field(8000, ge=0, le=65_535, description="the port to listen on (0: any free one)")
    public_url: str = Field(
        "http://127.0.0.1:8080",
        description="the address people use, https://... (plain http only on loopback)",
    )
    peers: Annotated[dict[str, str], NoDecode] = Field(
        {}, description='where the other services listen, as JSON: {"<service>": "http://host:port", ...}'
    )
    issuer: str = Field("members", description="the service that signs the tokens of people and API keys")
    signing_key_file: Path | None = Field(
        None, description="a readable file with this service's ES256 private key as PEM"
    )
    clock_file: Path | None = Field(
        None,
        description="nothing, unless MISSIONARE_TEMPORARY_DATA=true and every address is on loopback",
    )
    temporary_data: bool = Field(False, description="true where the data is thrown away afterwards, else false")
    crash_at: str = Field("", description="nothing, or on throw-away data a crash point and its pass, <name>:<nth>")
    crash_file: Path | None = Field(None, description="nothing, or on throw-away data a file that names a crash point")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="debug, info, warning or error")
    shutdown_seconds: float = Field(30.0, gt=0, description="a number of seconds for an orderly stop")

    @field_validator("peers", mode="before")
    @classmethod
    def _from_json(cls, value: Any) -> Any:
        return TypeAdapter(dict[str, str]).validate_json(value) if isinstance(value, str | bytes) else value

    @field_validator("peers")
    @classmethod
    def _without_trailing_slash(cls, value: dict[str, str]) -> dict[str, str]:
        for peer, url in value.items():
            _web_address(url, peer)
        return {peer: url.rstrip("/") for peer, url in value.items()}

    @field_validator("public_url")
    @classmethod
    def _public_url_is_safe(cls, value: str) -> str:
        address = _web_address(value, "this")
        # Cookies and mailed links travel to this address: in clear text only inside one machine.
        if address.scheme != "https" and not is_loopback(address.hostname):
            msg = "is plain http to another machine"
            raise ValueError(msg)
        return value.rstrip("/")

    @model_validator(mode="after")
    def _clock_moves_only_on_throw_away_data(self) -> Self:
        if self.clock_file is not None and not (self.temporary_data and self.on_loopback):
            msg = "clock_file: must not be set here: the clock may be moved on throw-away data on loopback only"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _dies_on_purpose_only_on_throw_away_data(self) -> Self:
        if (self.crash_at or self.crash_file is not None) and not self.temporary_data:
            name = "crash_at" if self.crash_at else "crash_file"
            raise ValueError(f"{name}: must not be set here: a process may be made to die on throw-away data only")
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether every address of these settings stays on this machine."""
        return all(is_loopback(host) for host in self.hosts())

    def hosts(self) -> list[str | None]:
        """Every host these settings name."""
        return [self.http_host, *(urlsplit(url).hostname for url in (self.public_url, *self.peers.values()))]

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of the public address, as a browser's `Origin` header has it."""
        address = urlsplit(self.public_url)
        return f"{address.scheme}://{address.netloc}"


class BrokerAccess(BaseSettings):
    """How a client shows the broker who it is; nothing is set where the broker lets in whoever reaches it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    kafka_username: str = Field("", description="the account at the broker (SCRAM-SHA-512), or nothing")
    kafka_password: SecretStr = Field(SecretStr(""), description="the password of that account, best as a secret file")
    kafka_ca_file: Path | None = Field(
        None, description="a readable PEM file of the authorities that vouch for the broker; without it no TLS"
    )

    @field_validator("kafka_ca_file")
    @classmethod
    def _names_authorities(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        try:
            ssl.create_default_context(cafile=value)
        except OSError as error:  # what is no PEM file of them is an SSLError, which is one
            msg = "is not a readable PEM file"
            raise ValueError(msg) from error
        return value

    @model_validator(mode="after")
    def _has_name_and_password(self) -> Self:
        if bool(self.kafka_username) != bool(self.kafka_password.get_secret_value()):
            name = "kafka_password" if self.kafka_username else "kafka_username"
            raise ValueError(f"{name}: missing, and an account needs both its name and its password")
        return self


class Settings(ProcessSettings, BrokerAccess):
    """What a service needs: a process that owns a database and a topic."""

    role: Role = Field(Role.ALL, description="all, api or worker")
    mongo_url: str = Field(
        repr=False, description="mongodb://user:password@host:port/<service>, with the name of the database"
    )
    mongo_driver: Literal["motor", "pymongo"] = Field("motor", description="motor or pymongo")
    kafka_bootstrap_servers: str = Field("", description="host:port,... of the broker (api role: not needed)")
    kafka_idempotence: bool = Field(True, description="false on a broker without idempotent producers, else true")
    kafka_session_seconds: float = Field(45, gt=0, description="a number of seconds")
    kafka_heartbeat_seconds: float = Field(3, gt=0, description="a number of seconds, below a third of the session")
    kafka_incarnation: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,64}$",
        description="a word that changes when the broker has lost its log (letters, digits, . _ -)",
    )
    topic_replicas: int = Field(3, ge=1, le=9, description="how many copies the broker keeps (1 on one broker)")
    reconcile_seconds: float = Field(120, gt=0, description="a number of seconds")
    alone: bool = Field(
        False, description="true where whoever starts this worker knows that no other of its service runs, else false"
    )

    @field_validator("kafka_bootstrap_servers")
    @classmethod
    def _without_spaces(cls, value: str) -> str:
        # Not every client takes the space of "a:9092, b:9092" for what it is.
        return ",".join(broker.strip() for broker in value.split(",") if broker.strip())

    @property
    def brokers(self) -> list[str]:
        """The addresses at which the cluster is asked for first."""
        return self.kafka_bootstrap_servers.split(",")

    @field_validator("mongo_url")
    @classmethod
    def _names_a_database(cls, value: str) -> str:
        address = urlsplit(value)
        if address.scheme not in {"mongodb", "mongodb+srv"} or not address.path.strip("/"):
            msg = "is not the address of a database"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _worker_reaches_the_broker(self) -> Self:
        if self.role.works and not self.kafka_bootstrap_servers:
            msg = f"kafka_bootstrap_servers: missing, and the role {self.role.value} moves facts"
            raise ValueError(msg)
        return self

    def hosts(self) -> list[str | None]:
        """Every host these settings name, database and broker included."""
        brokers = [f"//{broker}" for broker in self.brokers if broker]
        members = urlsplit(self.mongo_url).netloc.rpartition("@")[2].split(",")
        replicas = [f"//{member}" for member in members]
        return [*super().hosts(), *(urlsplit(address).hostname for address in (*brokers, *replicas))]


def read(settings: type[P], **overrides: Any) -> P:
    """Read settings from environment and secret files.

    Raises:
        BrokenSettings: with one line per setting that is missing or wrong.
    """
    secrets = os.environ.get(SECRETS_DIR)
    if secrets and not Path(secrets).is_dir():
        raise BrokenSettings([f"{SECRETS_DIR}: is not a folder; wanted: a folder with one file per secret"])
    try:
        return settings(_secrets_dir=secrets, **overrides)
    except ValidationError as error:
        raise BrokenSettings([_explained(settings, problem) for problem in error.errors()]) from None


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine by its very name or number; nothing is looked up."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _web_address(url: str, name: str) -> SplitResult:
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        msg = f"{name} is not an http address"
        raise ValueError(msg)
    return address


def _explained(settings: type[BaseSettings], problem: Any) -> str:
    message = problem["msg"].removeprefix("Value error, ")
    # A rule over several settings belongs to none of them for pydantic, so it names its setting itself.
    name, message = (problem["loc"][0], message) if problem["loc"] else message.split(": ", 1)
    wanted = settings.model_fields[str(name)].description
    reason = "missing" if problem["type"] == "missing" else message[:1].lower() + message[1:]
    return f"{PREFIX}{str(name).upper()}: {reason}; wanted: {wanted}"
