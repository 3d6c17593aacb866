"""Decisions: what a person has decided about a fact that could not be applied, kept for good.

An edit or a discard outlives the row it was made on: whoever builds a read model anew meets the same fact again, as
its owner told it, and does with it what the person decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar

from pymongo import UpdateOne

from missionare.kit.envelope import Envelope
from missionare.kit.mongo import Database, Document, Session
from missionare.kit.store import Index, View
from missionare.kit.work import Step


class Kind(StrEnum):
    """What was decided."""

    EDIT = "edit"
    DISCARD = "discard"


class Decided(View):
    """One row per fact and consumer on which somebody has decided; a later decision takes the place of the last."""

    collection = "decisions"
    indexes: ClassVar = (Index("model", ["model", "fact_id"]),)


@dataclass(frozen=True)
class Decision:
    """What somebody decided about one fact, for all generations of a consumer."""

    id: str
    kind: Kind
    value: str | None
    """The fact's value as it was edited; None for a discard."""

    def edited(self, envelope: Envelope) -> Envelope:
        """Give the fact as it was edited."""
        return envelope if self.value is None else replace(envelope, value=self.value)


class Decisions:
    """What was decided for one consumer, and for the other generations of it."""

    def __init__(self, database: Database, consumer: str) -> None:
        """Bind to the consumer's own database."""
        self._rows = database[Decided.collection]
        self.consumer = consumer
        self.model = model_of(consumer)

    async def about(self, envelopes: Iterable[Envelope]) -> dict[str, Decision]:
        """Give the decisions about these facts, by the fact's id, in one round trip."""
        ids = [envelope.id for envelope in envelopes]
        rows = await self._rows.find({"model": self.model, "fact_id": {"$in": ids}}).to_list(None)
        return {row["fact_id"]: Decision(row["_id"], Kind(row["kind"]), row["value"]) for row in rows}

    def keep(self, envelope: Envelope, kind: Kind, *, value: str | None, by: str, why: str) -> Step:
        """Give the step that remembers a decision, made on the row of this consumer."""
        fields = {
            "model": self.model,
            "fact_id": envelope.id,
            "source": envelope.source,
            "aggregate": envelope.aggregate,
            "subject": envelope.subject,
            "era": envelope.era,
            "sequence": envelope.sequence,
            "kind": kind.value,
            "value": value,
            "by": by,
            "why": why,
            "at": datetime.now(UTC),
            "obeyed_by": [self.consumer],
        }

        async def step(session: Session) -> None:
            row_id = f"{self.model}:{envelope.source}:{envelope.id}"
            await self._rows.update_one({"_id": row_id}, {"$set": fields}, upsert=True, session=session)

        return step

    def obeyed(self, decision: Decision) -> UpdateOne:
        """Give the write that notes, with the effect, that this consumer did as was decided."""
        return UpdateOne({"_id": decision.id}, {"$addToSet": {"obeyed_by": self.consumer}})

    async def not_obeyed(self, session: Session = None) -> list[Document]:
        """Give the decisions that this consumer has not followed, whether or not it has met their facts."""
        where = {"model": self.model, "obeyed_by": {"$ne": self.consumer}}
        return list(await self._rows.find(where, session=session).to_list(None))


def model_of(consumer: str) -> str:
    """Give the name that all generations of a consumer share: `journeys.threads` of `journeys.threads@2`."""
    return consumer.partition("@")[0]
