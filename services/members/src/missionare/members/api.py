"""Who may do what in the register, and what its requests have in common."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field, StringConstraints

from missionare.kit.callers import Caller
from missionare.kit.mongo import Filter
from missionare.kit.routes import Policy
from missionare.kit.store import MAX_PAGE
from missionare.members.events import Function, Topic
from missionare.members.person.domain import NoPerson

SIGNED_IN = Policy.signed_in()
OPERATORS = Policy.roles("operator")
COACHES = Policy.roles("coach")
STAFF = OPERATORS | COACHES
MISSIONARIES = Policy.roles("missionary")
AUDITORS = Policy.roles("auditor") | OPERATORS

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2_000)]
Email = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Named = Annotated[list[Reference] | None, Query(max_length=MAX_PAGE, description="only those with these ids")]
Topics = Annotated[tuple[Topic, ...], Field(min_length=1, max_length=len(Topic))]
Functions = Annotated[tuple[Function, ...], Field(min_length=1, max_length=len(Function))]


def person_of(caller: Caller) -> str:
    """Give the person who acts.

    Raises:
        NoPerson: the caller is an organisation's program.
    """
    if caller.person_id is None:
        raise NoPerson
    return caller.person_id


def chosen(ids: list[str] | None, **fields: str | None) -> Filter:
    """Give the filter for those with these ids, and with these values where one is given."""
    where: Filter = {name: str(value) for name, value in fields.items() if value is not None}
    return where if ids is None else {**where, "_id": {"$in": ids}}
