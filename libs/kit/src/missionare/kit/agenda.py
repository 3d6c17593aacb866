"""The agenda: what waits for the people who run the platform, counted by each service for its own part.

open_things = Question("open_things", Things, {"state": "open"}, "made_at")
routes = agenda_routes("things", Policy.roles("operator"), [open_things])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from missionare.kit.aggregates import Aggregate
from missionare.kit.answers import Answer
from missionare.kit.policy import Policy
from missionare.kit.readers import Reader
from missionare.kit.routes import Routes
from missionare.kit.store import Scope, Store

COUNTED = Scope.system("counts tell whoever may ask for the agenda that something waits, and not what it says")


@dataclass(frozen=True)
class Question:
    """What is counted: documents of a store that match, and the field that says since when the oldest waits."""

    name: str
    store: type[Store[Any]]
    where: Mapping[str, Any] = field(default_factory=dict)
    since: str | None = None


class Waiting(Answer):
    """How many of a kind wait, and since when the oldest does."""

    name: str
    count: int
    since: datetime | None


class Agenda(Answer):
    """Everything of a service that waits for a person."""

    items: list[Waiting]


def agenda_routes(service: str, policy: Policy, questions: Sequence[Question]) -> Routes:
    """Give the route that answers these questions, in their order."""
    routes = Routes(service)

    @routes.get("/agenda", policy=policy, answers=Agenda)
    async def read_agenda(reader: Reader) -> Agenda:
        """Say what waits for a person, how many of each and since when."""
        return Agenda(items=[await _answered(question, reader) for question in questions])

    return routes


async def _answered(question: Question, reader: Reader) -> Waiting:
    store = reader.store(question.store)
    where = dict(question.where)
    # Ids are in the order of creation, so the first is the one that has waited longest.
    oldest: Aggregate | None = await store.first(where, COUNTED)
    if oldest is None:
        return Waiting(name=question.name, count=0, since=None)
    since = getattr(oldest, question.since) if question.since else None
    return Waiting(name=question.name, count=await store.count(where, COUNTED), since=since)


def figure_routes(service: str, policy: Policy, questions: Sequence[Question]) -> Routes:
    """Give the route that counts what has been achieved, in the order of these questions."""
    routes = Routes(service)

    @routes.get("/figures", policy=policy, answers=Agenda)
    async def read_figures(reader: Reader) -> Agenda:
        """Say what there is by now, how many of each and since when."""
        return Agenda(items=[await _answered(question, reader) for question in questions])

    return routes
