"""Dead letters: facts that are set aside, and what a person may decide about them.

Nothing is applied here. A decision moves rows through the guard, in one transaction with its audit row; the worker
whose consumer owns the row finds it due and applies it, and what waits behind it follows in order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from pydantic import ValidationError

from missionare.kit.aggregates import Aggregate
from missionare.kit.commands import Command
from missionare.kit.decisions import Decisions, Kind, model_of
from missionare.kit.envelope import Envelope, link
from missionare.kit.guard import Guard, Stream
from missionare.kit.handlers import Handlers, version_of
from missionare.kit.mongo import Document, Filter
from missionare.kit.parking import ParkedState, Parking
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text
from missionare.kit.store import Index, Scope, Store, View
from missionare.kit.work import Step

FAILED = (ParkedState.PARKED, ParkedState.DEAD)
"""First in their aggregate, and could not be applied: these are decided about."""


class DeadLetterUnknown(NotFound):
    """No fact of that id is set aside; it may have been applied by now."""

    title: ClassVar[Text] = {"de": "Klärfall nicht gefunden", "en": "Dead letter not found"}


class WaitsBehindAnother(Refusal):
    """Facts of one aggregate are decided about in order."""

    text: ClassVar[Text] = {
        "de": "Dieses Ereignis wartet hinter {first}. Entscheiden Sie zuerst darüber; danach folgt es von selbst.",
        "en": "This event waits behind {first}. Decide about that first; this one then follows by itself.",
    }


class WaitsForEarlier(Refusal):
    """Something before it is missing and is asked for at its owner; there is nothing to decide."""

    text: ClassVar[Text] = {
        "de": "Dieses Ereignis wartet auf ein früheres, das beim Absender angefragt ist. Es folgt von selbst.",
        "en": "This event waits for an earlier one, which its owner has been asked for. It follows by itself.",
    }


class NoFact(Refusal):
    """Bytes that are no fact can only be discarded."""

    text: ClassVar[Text] = {
        "de": "Das ist kein lesbares Ereignis; es lässt sich ansehen und verwerfen, sonst nichts.",
        "en": "This is no event that can be read; it can be looked at and discarded, nothing else.",
    }


class DeadLetter(Aggregate):
    """A fact that is set aside, or bytes that are none."""

    consumer: str
    state: ParkedState
    error: str | None = None
    attempts: int = 0
    parked_at: datetime
    next_attempt_at: datetime | None = None
    stream: str | None = None
    envelope: Envelope | None = None
    position: str | None = None
    """Of bytes that are no fact: topic, partition and offset."""
    raw: bytes = b""
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def text(self) -> str:
        """The value as text; of bytes that are no fact, what can be read of them."""
        return self.envelope.value if self.envelope else self.raw.decode("utf-8", "backslashreplace")


class DeadLetters(Store[DeadLetter]):
    """What the consumers of a service have set aside, in the order of consumer, source and fact."""

    collection = "parked"
    aggregate = "dead_letter"
    model = DeadLetter
    unknown = DeadLetterUnknown

    def within(self, scope: Scope) -> Filter:  # noqa: ARG002 - a store's interface; who may look is the policy's matter
        """All of them, for those whom the routes admit."""
        return {}

    def loaded(self, document: Mapping[str, Any]) -> DeadLetter:
        """Read a row of `parked`, of either form."""
        event = document.get("event")
        fields = {name: document[name] for name in DeadLetter.model_fields if name in document}
        return DeadLetter(
            id=document["_id"],
            **fields,
            raw=document.get("value", b""),
            envelope=Envelope(**event) if event else None,
        )

    async def behind(self, letter: DeadLetter) -> tuple[int, list[DeadLetter]]:
        """Count what waits behind a fact, and give the first of it."""
        if letter.envelope is None:
            return 0, []
        later = {"era": letter.envelope.era, "sequence": {"$gt": letter.envelope.sequence}}
        where = {"stream": letter.stream, "$or": [later, {"era": {"$gt": letter.envelope.era}}]}
        rows = await self.rows.find(where, sort=[("era", 1), ("sequence", 1)], limit=20).to_list(None)
        return int(await self.rows.count_documents(where)), [self.loaded(row) for row in rows]


class DeadLetterActs(View):
    """One row per decision about many at once: what was wanted and how many it concerned. Kept for good."""

    collection = "dead_letter_acts"
    indexes: ClassVar = (Index("at", [("at", -1)]),)


async def check_decidable(letter: DeadLetter, command: Command) -> Envelope:
    """Give the fact of a row about which something can be decided.

    Raises:
        NoFact, WaitsForEarlier, WaitsBehindAnother: nothing can.
    """
    if letter.envelope is None:
        raise NoFact
    if letter.state is ParkedState.HELD:
        raise WaitsForEarlier
    if letter.state is ParkedState.QUEUED:
        head = await Parking(command.context.database, letter.consumer).head(letter.stream or "")
        raise WaitsBehindAnother(first=head.id if head else "-")
    return letter.envelope


async def retry(letters: Sequence[DeadLetter], command: Command) -> None:
    """Have facts tried again at once."""
    await _decide(letters, command, None)


async def edit(letters: Sequence[DeadLetter], values: Mapping[str, str], command: Command, *, why: str) -> None:
    """Have facts tried again with other values, by the id of the row."""
    await _decide(letters, command, Kind.EDIT, values=values, why=why)


async def discard(letters: Sequence[DeadLetter], command: Command, *, why: str) -> None:
    """Count facts as dealt with and let what waits behind them follow; drop bytes that are no fact."""
    await _decide(letters, command, Kind.DISCARD, why=why)


def merged(value: str, patch: Mapping[str, Any]) -> str:
    """Give a fact's value with a merge patch applied to it (RFC 7396)."""
    return json.dumps(_patched(json.loads(value), patch), ensure_ascii=False)


def check_fits(handlers: Sequence[Handlers], letter: DeadLetter, value: str) -> None:
    """Refuse a value that its consumer could not read either.

    Raises:
        Invalid: naming the field.
    """
    tables = {model_of(table.consumer): table for table in handlers}
    table, envelope = tables.get(model_of(letter.consumer)), letter.envelope
    handler = table.find(envelope.type) if table and envelope else None
    if handler is None or envelope is None or version_of(envelope.type) > handler.model.version:
        return
    try:
        handler.model.read(replace(envelope, value=value))
    except ValueError as error:
        first = error.errors(include_input=False)[0]["loc"] if isinstance(error, ValidationError) else ()
        raise Invalid(
            field=".".join(["value", *map(str, first)]),
            reason_de="der Empfänger kann diese Angabe nicht lesen",
            reason_en="the consumer cannot read it",
        ) from None


async def _decide(
    letters: Sequence[DeadLetter],
    command: Command,
    kind: Kind | None,
    *,
    values: Mapping[str, str] | None = None,
    why: str = "",
) -> None:
    """Add to the command what moves each row; consumer by consumer, since each has a guard of its own."""
    for consumer in sorted({letter.consumer for letter in letters}):
        own = [letter for letter in letters if letter.consumer == consumer]
        database = command.context.database
        guard, parking = Guard(database, consumer), Parking(database, consumer)
        decisions = Decisions(database, consumer)
        streams = await guard.read([letter.stream for letter in own if letter.stream])
        moves: list[tuple[Stream, Stream]] = []
        steps: list[Step] = []
        for letter in own:
            version, envelope = letter.version, letter.envelope
            if envelope is None:
                steps.append(parking.take(letter.id, version))
                continue
            stream = streams[str(letter.stream)]
            if kind is Kind.DISCARD:
                moves.append((stream, _past(stream, envelope)))
                steps += [parking.take(letter.id, version), parking.advance(stream.id)]
            else:
                moves.append((stream, stream))
                value = (values or {}).get(letter.id)
                steps.append(parking.again(letter.id, version, value))
            if kind is not None:
                value = (values or {}).get(letter.id)
                steps.append(decisions.keep(envelope, kind, value=value, by=command.caller.actor, why=why))
        if moves:
            command.claim(guard.move(*moves))
        for step in steps:
            command.claim(step)


def _past(stream: Stream, envelope: Envelope) -> Stream:
    """Give the stream as it is once a fact counts as dealt with."""
    if envelope.order <= link(stream.seen):
        return stream
    return replace(stream.after(envelope), blocked=False)


def _patched(target: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    result: Document = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _patched(result.get(name), value)
    return result
