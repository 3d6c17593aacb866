"""Handlers: one function per fact that is consumed, under the stable name of a consumer.

    handlers = Handlers(consumer="things")

    class BoxOpened(Received, source="boxes", aggregate="box"):
        box_id: str

    @handlers.on(BoxOpened)
    async def on_box_opened(fact: BoxOpened, work: Work) -> None: ...

A consumer declares the fields it reads in a model of its own; the publisher's class is never imported. It is
called once in effect, in order per aggregate; facts of different aggregates come in any order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from missionare.kit.envelope import Envelope
from missionare.kit.facts import wire_type
from missionare.kit.work import Work

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
R = TypeVar("R", bound="Received")
Handle = Callable[[R, Work], Awaitable[None]]


class Received(BaseModel):
    """Base of a consumer's model of somebody's fact: only the fields it reads, no default that invents a fact.

    `upcasts` turn the value of version n into that of n + 1; the model describes the latest version it knows.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: ClassVar[str] = ""
    aggregate: ClassVar[str] = ""
    version: ClassVar[int] = 1
    upcasts: ClassVar[Mapping[int, Upcast]] = {}
    name: ClassVar[str] = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **declared: Any) -> None:
        """Derive the wire name as the publisher does: from service, class name and version."""
        super().__pydantic_init_subclass__()
        cls.source, cls.aggregate = declared["source"], declared["aggregate"]
        cls.version = declared.get("version", 1)
        cls.name = wire_type(cls.source, cls.__name__, cls.version).rpartition(".")[0]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take the class keywords; pydantic hands them to `__pydantic_init_subclass__`."""
        super().__init_subclass__()

    @classmethod
    def read(cls, envelope: Envelope) -> Received:
        """Read a fact of this or an older version.

        Raises:
            ValueError: the value does not fit the model, or its version has no way up to this one.
        """
        data = envelope.data()
        for version in range(version_of(envelope.type), cls.version):
            data = cls.upcasts[version](data)
        return cls.model_validate(data)


@dataclass(frozen=True)
class Handler:
    """What to do with one type of fact."""

    model: type[Received]
    handle: Handle[Any]
    together: bool = False
    """Facts of several aggregates may share one transaction: where no two of them usually save the same.

    Each is decided by what was there before all of them. If two save the same aggregate, or one fails, none of it
    happens, and each is applied by itself.
    """
    purging: bool = False
    """Jumps the queue of its aggregate and discards what waits before it: for erasure."""


@dataclass(eq=False)
class Handlers:
    """The dispatch table of one consumer. Its name is kept in the database and is never changed."""

    consumer: str
    table: dict[str, Handler] = field(default_factory=dict)

    def on(self, model: type[R], *, together: bool = False, purging: bool = False) -> Callable[[Handle[R]], Handle[R]]:
        """Register a function for a fact."""

        def register(handle: Handle[R]) -> Handle[R]:
            if model.name in self.table:
                msg = f"{self.consumer} handles {model.name} twice"
                raise ValueError(msg)
            self.table[model.name] = Handler(model, handle, together, purging)
            return handle

        return register

    def given(self, work: Work) -> Any:
        """Give what a function of this table gets with its fact."""
        return work

    @property
    def sources(self) -> frozenset[str]:
        """The services whose facts are read."""
        return frozenset(handler.model.source for handler in self.table.values())

    @property
    def aggregates(self) -> frozenset[tuple[str, str]]:
        """The aggregate types that are read, with their sources."""
        return frozenset((handler.model.source, handler.model.aggregate) for handler in self.table.values())

    def reads(self, source: str, aggregate: str) -> bool:
        """Whether facts of this aggregate type are read at all; others leave no row behind."""
        return (source, aggregate) in self.aggregates

    def find(self, fact_type: str) -> Handler | None:
        """Give the handler for a wire type of any version, or None."""
        return self.table.get(fact_type.rpartition(".")[0])


@lru_cache(maxsize=1_024)
def version_of(fact_type: str) -> int:
    """Read the version out of a wire type: 2 for `boxes.box_opened.v2`.

    Raises:
        ValueError: when the type does not end in a version.
    """
    last = fact_type.rpartition(".")[2]
    marker, digits = last[:1], last[1:]
    if marker != "v":
        msg = f"{fact_type} names no version"
        raise ValueError(msg)
    return int(digits)
