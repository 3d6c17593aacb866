"""The operators' routes over dead letters: list, look, retry, edit and discard, one by one or many at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Final, Self

from fastapi import Query
from pydantic import field_validator

from missionare.kit import dead_letters
from missionare.kit.answers import Answer, Cursor, Limit, Paged
from missionare.kit.bodies import Body
from missionare.kit.commands import Command, Done
from missionare.kit.dead_letter_acts import Reason, Which, add_decisions_about_many, storable
from missionare.kit.dead_letters import DeadLetter, DeadLetters
from missionare.kit.decisions import Decided, model_of
from missionare.kit.handlers import Handlers
from missionare.kit.parking import ParkedState
from missionare.kit.policy import Policy
from missionare.kit.readers import Reader
from missionare.kit.routes import Routes
from missionare.kit.store import Scope

SETTLED: Final = "settled"

Word = Annotated[str | None, Query(max_length=200)]


class Edit(Body):
    """Try a fact again with another value."""

    value: dict[str, Any]
    reason: Reason

    @field_validator("value")
    @classmethod
    def _plain(cls, value: dict[str, Any]) -> dict[str, Any]:
        return storable(value)


class Discard(Body):
    """Count a fact as dealt with, unapplied."""

    reason: Reason


class DeadLetterView(Answer):
    """A fact that is set aside. The value is not part of a list."""

    id: str
    version: int
    consumer: str
    state: ParkedState
    source: str | None
    type: str | None
    aggregate: str | None
    subject: str | None
    sequence: str | None
    """Its place in its aggregate: `era.sequence`."""
    position: str | None
    """Of bytes that are no fact: topic, partition and offset."""
    error: str | None
    """The kind of error, never its message."""
    attempts: int
    parked_at: datetime
    next_attempt_at: datetime | None

    @classmethod
    def of(cls, letter: DeadLetter, scope: Scope) -> Self:  # noqa: ARG003 - as every answer's
        """Show a row."""
        return cls(**_shown(letter))


class DeadLetterDetail(DeadLetterView):
    """A fact that is set aside, with its value and what waits behind it."""

    fact_id: str | None
    value: str
    headers: dict[str, str]
    waiting_behind: int
    first_behind: list[str]
    """The ids of the first twenty."""
    decided: str | None
    """What somebody has decided about it before: edit."""


class StandingView(Answer):
    """What has become of a fact that was decided about."""

    id: str
    state: str
    """As in the list, or `settled` once it waits no longer."""
    version: int | None
    error: str | None


@cache
def dead_letter_routes(service: str, operators: tuple[str, ...], handlers: tuple[Handlers, ...]) -> Routes:
    """Give the routes; `handlers` say which values a consumer can read."""
    routes = Routes(service)
    policy = Policy.roles(*operators)
    _add_reads(routes, policy)
    _add_decisions(routes, policy, handlers)
    add_decisions_about_many(routes, policy, handlers)
    return routes


def _add_reads(routes: Routes, policy: Policy) -> None:
    @routes.get("/dead-letters", policy=policy, answers=Paged[DeadLetterView])
    async def list_dead_letters(
        reader: Reader,
        consumer: Word = None,
        state: ParkedState | None = None,
        source: Word = None,
        type: Word = None,  # noqa: A002 - the name of the filter
        aggregate: Word = None,
        subject: Word = None,
        error: Word = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Paged[DeadLetterView]:
        """List what is set aside: by consumer, state, source, type, aggregate or error."""
        which = Which(
            consumer=consumer, state=state, source=source, type=type, aggregate=aggregate, subject=subject, error=error
        )
        page = await reader.store(DeadLetters).page(which.where(), reader.scope, cursor=cursor, limit=limit)
        return Paged[DeadLetterView].of(page, DeadLetterView, reader.scope)

    @routes.get("/dead-letters/{dead_letter_id}", policy=policy, answers=DeadLetterDetail)
    async def read_dead_letter(dead_letter_id: str, reader: Reader) -> DeadLetterDetail:
        """Show one with its value, and what waits behind it."""
        store = reader.store(DeadLetters)
        letter = await store.get(dead_letter_id, reader.scope)
        count, first = await store.behind(letter)
        headers = {name: raw.decode("utf-8", "backslashreplace") for name, raw in letter.headers}
        return DeadLetterDetail(
            **_shown(letter),
            fact_id=letter.envelope.id if letter.envelope else None,
            value=letter.text,
            headers=headers,
            waiting_behind=count,
            first_behind=[each.id for each in first],
            decided=await _decided(letter, reader),
        )


def _add_decisions(routes: Routes, policy: Policy, handlers: Sequence[Handlers]) -> None:
    @routes.post("/dead-letters/{dead_letter_id}/retry", policy=policy, shows=_standing, changes=True)
    async def retry_dead_letter(dead_letter_id: str, command: Command) -> Done:
        """Try a fact again at once; what waits behind it follows."""
        letter = await _matched(dead_letter_id, command)
        await dead_letters.check_decidable(letter, command)
        await dead_letters.retry([letter], command)
        return command.done(dead_letter_id)

    @routes.post("/dead-letters/{dead_letter_id}/edit", policy=policy, shows=_standing, changes=True)
    async def edit_dead_letter(dead_letter_id: str, body: Edit, command: Command) -> Done:
        """Try a fact again with another value; a read model that is built anew takes that value, too."""
        letter = await _matched(dead_letter_id, command)
        await dead_letters.check_decidable(letter, command)
        value = json.dumps(body.value, ensure_ascii=False)
        dead_letters.check_fits(handlers, letter, value)
        await dead_letters.edit([letter], {letter.id: value}, command, why=body.reason)
        command.because(body.reason)
        return command.done(dead_letter_id)

    @routes.post("/dead-letters/{dead_letter_id}/discarding", policy=policy, shows=_standing, changes=True)
    async def discard_dead_letter(dead_letter_id: str, body: Discard, command: Command) -> Done:
        """Count a fact as dealt with, unapplied; what waits behind it follows."""
        letter = await _matched(dead_letter_id, command)
        if letter.state is not ParkedState.RAW:
            await dead_letters.check_decidable(letter, command)
        await dead_letters.discard([letter], command, why=body.reason)
        command.because(body.reason)
        return command.done(dead_letter_id)


async def _matched(letter_id: str, command: Command) -> DeadLetter:
    letter = await command.store(DeadLetters).get(letter_id, command.scope)
    command.match(letter)
    return letter


def _shown(letter: DeadLetter) -> dict[str, Any]:
    envelope = letter.envelope
    same = ("id", "version", "consumer", "state", "position", "error", "attempts", "parked_at", "next_attempt_at")
    return {
        **{name: getattr(letter, name) for name in same},
        **{name: getattr(envelope, name, None) for name in ("source", "type", "aggregate", "subject")},
        "sequence": envelope.seen if envelope else None,
    }


async def _decided(letter: DeadLetter, reader: Reader) -> str | None:
    if letter.envelope is None:
        return None
    where = {"model": model_of(letter.consumer), "fact_id": letter.envelope.id}
    row = await reader.store(Decided).rows.find_one(where)
    return str(row["kind"]) if row else None


async def _standing(letter_id: str, reader: Reader) -> StandingView:
    letter = await reader.store(DeadLetters).find(letter_id, reader.scope)
    if letter is None:
        return StandingView(id=letter_id, state=SETTLED, version=None, error=None)
    return StandingView(id=letter.id, state=letter.state.value, version=letter.version, error=letter.error)
