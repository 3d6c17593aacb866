"""Decisions about many dead letters at once: by filter, counted first, each kept with its reason and its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from pymongo import InsertOne

from missionare.kit import dead_letters
from missionare.kit.answers import Answer
from missionare.kit.bodies import Body
from missionare.kit.commands import Command, Done
from missionare.kit.dead_letters import FAILED, DeadLetter, DeadLetterActs, DeadLetters
from missionare.kit.handlers import Handlers
from missionare.kit.mongo import Document, Filter
from missionare.kit.parking import ParkedState
from missionare.kit.policy import Policy
from missionare.kit.readers import Reader
from missionare.kit.refusals import Invalid, NotFound
from missionare.kit.routes import Routes

MOST: Final = 500
"""Rows of one decision about many: they share a transaction. More remain for the next."""
_PLACES: Final = {"aggregate": "event.aggregate", "subject": "event.subject"}

Reason = Annotated[str, Field(min_length=3, max_length=500)]


class Action(StrEnum):
    """What may be decided."""

    RETRY = "retry"
    EDIT = "edit"
    DISCARD = "discard"


class ActUnknown(NotFound):
    """There is no such decision about many."""


class Which(Body):
    """Which dead letters are meant: all that agree with every field that is given."""

    consumer: str | None = Field(None, max_length=200)
    state: ParkedState | None = None
    source: str | None = Field(None, max_length=200)
    type: str | None = Field(None, max_length=200)
    aggregate: str | None = Field(None, max_length=200)
    subject: str | None = Field(None, max_length=200)
    error: str | None = Field(None, max_length=200)

    def where(self) -> Filter:
        """Say it as the database's filter."""
        named = self.model_dump(mode="json", exclude_none=True)
        return {_PLACES.get(name, name): value for name, value in named.items()}


class RetryMany(Body):
    """Try again whatever has failed and agrees with the filter; with `dry_run`, only count."""

    filter: Which
    dry_run: bool


class DiscardMany(Body):
    """Discard whatever has failed and agrees with the filter; with `dry_run`, only count."""

    filter: Which
    reason: Reason
    dry_run: bool


class EditMany(Body):
    """Change the values of whatever has failed and agrees with the filter, then try it again."""

    filter: Which
    patch: dict[str, Any]
    """A JSON merge patch (RFC 7396): fields to set, and null for those to take away."""
    reason: Reason
    dry_run: bool

    @field_validator("patch")
    @classmethod
    def _plain(cls, value: dict[str, Any]) -> dict[str, Any]:
        return storable(value)


class ActView(Answer):
    """What came of a decision about many."""

    id: str
    action: Action
    dry_run: bool
    matched: int
    """How many agree with the filter and can be decided about."""
    done: int
    remaining: int
    """Left over because one decision takes no more at once."""


def add_decisions_about_many(routes: Routes, policy: Policy, handlers: Sequence[Handlers]) -> None:
    """Add the routes; `handlers` say which values a consumer can read."""

    @routes.post("/dead-letter-retries", policy=policy, shows=_act, status=201)
    async def retry_dead_letters(body: RetryMany, command: Command) -> Done:
        """Try many again at once."""
        letters, act = await _many(command, Action.RETRY, body.filter, dry_run=body.dry_run)
        await dead_letters.retry(letters, command)
        return command.done(act)

    @routes.post("/dead-letter-edits", policy=policy, shows=_act, status=201)
    async def edit_dead_letters(body: EditMany, command: Command) -> Done:
        """Change the values of many and try them again."""
        letters, act = await _many(command, Action.EDIT, body.filter, dry_run=body.dry_run, why=body.reason)
        values = {letter.id: dead_letters.merged(letter.text, body.patch) for letter in letters}
        for letter in letters:
            dead_letters.check_fits(handlers, letter, values[letter.id])
        await dead_letters.edit(letters, values, command, why=body.reason)
        return command.done(act)

    @routes.post("/dead-letter-discardings", policy=policy, shows=_act, status=201)
    async def discard_dead_letters(body: DiscardMany, command: Command) -> Done:
        """Discard many."""
        letters, act = await _many(command, Action.DISCARD, body.filter, dry_run=body.dry_run, why=body.reason)
        await dead_letters.discard(letters, command, why=body.reason)
        return command.done(act)


def storable(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what is no field of a fact: an operator of the database, and what the envelope would not take."""
    if any(name.startswith("$") for name in value):
        kind = "field_name"
        raise PydanticCustomError(kind, "a name of a field begins with $")
    return value


async def _many(
    command: Command, action: Action, which: Which, *, dry_run: bool, why: str = ""
) -> tuple[list[DeadLetter], str]:
    """Find what a decision about many concerns, and note the decision itself; in a dry run nothing is found.

    Raises:
        Invalid: the filter is empty, so that everything would be meant.
    """
    named = which.model_dump(exclude_none=True)
    if not named:
        raise Invalid(
            field="filter",
            reason_de="nennen Sie mindestens eine Angabe, sonst wären alle gemeint",
            reason_en="name at least one field, otherwise all would be meant",
        )
    where: Filter = {"$and": [which.where(), _open_to(action)]}
    store = command.store(DeadLetters)
    matched = await store.count(where, command.scope)
    letters = [] if dry_run else await store.every(where, command.scope, limit=MOST)
    row: Document = {
        "_id": command.new_id(),
        "action": action.value,
        "dry_run": dry_run,
        "filter": {name: str(value) for name, value in named.items()},
        "matched": matched,
        "done": len(letters),
        "by": command.caller.actor,
        "why": why,
        "at": datetime.now(UTC),
    }
    command.write(DeadLetterActs.collection, InsertOne(row))
    command.because(why)
    return letters, str(row["_id"])


def _open_to(action: Action) -> Filter:
    """Say what a decision about many concerns: what has failed, and nothing that only waits behind that."""
    failed = {"state": {"$in": [state.value for state in FAILED]}, "error": {"$ne": None}}
    if action is Action.DISCARD:
        return {"$or": [failed, {"state": ParkedState.RAW.value}]}
    if action is Action.RETRY:  # what is due already is being tried anyway, and the rest comes first
        later = {"$or": [{"state": ParkedState.DEAD.value}, {"next_attempt_at": {"$gt": datetime.now(UTC)}}]}
        return {"$and": [failed, later]}
    return failed


async def _act(act_id: str, reader: Reader) -> ActView:
    row = await reader.store(DeadLetterActs).rows.find_one({"_id": act_id})
    if row is None:
        raise ActUnknown
    remaining = row["matched"] - row["done"]
    shown = {name: row[name] for name in ("action", "dry_run", "matched", "done")}
    return ActView(id=act_id, remaining=remaining, **shown)
