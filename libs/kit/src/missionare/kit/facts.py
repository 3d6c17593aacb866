"""Facts: what a service tells the others, in the past tense.

A fact is declared once, as a class. Its name on the wire, its aggregate and its readers are derived from
that declaration and never typed by hand, so that one search finds publisher, schema, consumers and tests.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import Enum, StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")]
"""An opaque identifier. It is still a pseudonym, so access to topics is controlled."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:+-]*$")]
"""A word of a closed vocabulary: a kind, a topic, a municipality's key. Never a name, never free text."""

MAX_VALUE_BYTES = 900_000
"""A fact's JSON above this is refused when it is written: facts stay thin, large sets become many facts."""

_PLAIN_TYPES = (bool, int, float, date, datetime, AwareDatetime)
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Audience(StrEnum):
    """Who outside the platform may ever see a fact. The default is nobody."""

    INTERNAL = "internal"
    NETWORK = "network"
    PUBLIC = "public"


class UnclassifiedField(TypeError):
    """A fact's field has a type that could carry a name or free text. Use Id, Code, an enum, a number or a date."""


class Fact(BaseModel):
    """Base of every published fact: frozen, without names, addresses or free text.

    Subclass in an `events.py` of the service, with the aggregate it belongs to; the one at its top names them all:

        class GoalAgreed(Fact, aggregate="goal"):
            goal_id: Id

    The field `<aggregate>_id` is the fact's subject and Kafka key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    aggregate: ClassVar[str] = ""
    service: ClassVar[str] = ""
    type: ClassVar[str] = ""
    version: ClassVar[int] = 1
    shown_to: ClassVar[Audience] = Audience.INTERNAL
    """What the class keyword `audience` says; named apart, so that a fact may have a field `audience`."""

    @classmethod
    def __pydantic_init_subclass__(cls, **declared: Any) -> None:
        """Derive wire name and subject, and refuse a field that could carry personal data.

        Raises:
            UnclassifiedField: when the class is declared, not when it is first used.
        """
        super().__pydantic_init_subclass__()
        aggregate, version = declared["aggregate"], declared.get("version", 1)
        cls.shown_to = declared.get("audience", Audience.INTERNAL)
        cls.aggregate, cls.version = aggregate, version
        cls.service = cls.__module__.split(".")[1] if cls.__module__.count(".") else cls.__module__
        cls.type = wire_type(cls.service, cls.__name__, version)
        if f"{aggregate}_id" not in cls.model_fields:
            msg = f"{cls.__name__} has no field {aggregate}_id: a fact names its aggregate"
            raise UnclassifiedField(msg)
        for name, field in cls.model_fields.items():
            _refuse_free_text(cls.__name__, name, field.annotation, constrained=bool(field.metadata))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take the class keywords; pydantic hands them to `__pydantic_init_subclass__`."""
        super().__init_subclass__()

    @property
    def subject(self) -> str:
        """The id of the aggregate this fact belongs to."""
        return str(getattr(self, f"{self.aggregate}_id"))


def wire_type(service: str, class_name: str, version: int) -> str:
    """Derive the name on the wire: `wire_type("x", "GoalAgreed", 1) == "x.goal_agreed.v1"`."""
    return f"{service}.{snake_case(class_name)}.v{version}"


def snake_case(name: str) -> str:
    """Turn a class name into words joined by underscores."""
    return _WORD.sub("_", name).lower()


def _refuse_free_text(owner: str, field: str, annotation: Any, *, constrained: bool) -> None:
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *metadata = get_args(annotation)
        _refuse_free_text(owner, field, base, constrained=any(isinstance(m, StringConstraints) for m in metadata))
    elif origin in {Union, UnionType, tuple}:
        for part in get_args(annotation):
            if part not in {Ellipsis, NoneType}:
                _refuse_free_text(owner, field, part, constrained=False)
    elif annotation is str:
        if not constrained:
            msg = f"{owner}.{field} is a plain str, which could carry a name: use Id, Code or an enum"
            raise UnclassifiedField(msg)
    elif not (isinstance(annotation, type) and issubclass(annotation, (*_PLAIN_TYPES, Enum))):
        msg = f"{owner}.{field}: {annotation!r} is not a type a fact may carry"
        raise UnclassifiedField(msg)
