"""Who reads what: the consumers of the four services, with the models by which they read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from every_service.services import built
from support.platforms import SERVICES

from missionare.kit.handlers import Received


@dataclass(frozen=True)
class Reading:
    """A consumer of a service that reads one kind of fact."""

    service: str
    consumer: str
    model: type[Received]

    @property
    def needs_something(self) -> bool:
        """Whether a fact that says nothing cannot be read."""
        return any(field.is_required() for field in self.model.model_fields.values())


def readers_of(fact_type: str) -> list[Reading]:
    """Give the services' own consumers of a fact, whatever its version."""
    name = fact_type.rpartition(".")[0]
    return [reading for reading in readings() if reading.model.name == name]


@cache
def readings() -> Sequence[Reading]:
    """Give everything that the services' own consumers read."""
    return tuple(_readings())


def _readings() -> Iterator[Reading]:
    with TemporaryDirectory() as folder:
        for service in SERVICES:
            for table in built(service, Path(folder)).handlers:
                for handler in table.table.values():
                    yield Reading(service, table.consumer, handler.model)
