"""What is known of the sources: rows written by facts in any order, each fact setting fields of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pymongo import UpdateOne

from missionare.catalog.events import SourceKind
from missionare.catalog.evidence.domain import Audience, Evidence
from missionare.catalog.source.domain import Journey, Source, Stage, source_key
from missionare.catalog.store import workshop
from missionare.kit.mongo import Document, to_document
from missionare.kit.store import Index, Scope, View
from missionare.kit.work import Work

_TOLD = {"kind": {"$exists": True}}
"""The owner has offered it at least once; before that a row may know only who took part."""


class Sources(View):
    """Insights and goals that the catalog may come to read."""

    collection = "sources"
    indexes = (Index("journey", ["journey_id", "offered", "stage"]),)

    def offer(self, work: Work, source: Source) -> None:
        """Keep what its owner offers now; who took part in which journey is not overwritten."""
        told = to_document(source.model_dump(exclude_none=True))
        self._tell(work, source.key, {**told, "pole": source.pole and source.pole.value})

    def withdraw(self, work: Work, key: str, stamp: str) -> None:
        """Note that its owner no longer offers it."""
        fields = {"offered": False, "stage": Stage.KEPT.value, "stamp": stamp}
        work.write(self.collection, UpdateOne({"$and": [{"_id": key}, _TOLD]}, {"$set": fields}))

    def travelled(self, work: Work, key: str, *, journey_id: str, organisation_id: str) -> None:
        """Note with which completed journey its owner came back, and for whom."""
        self._tell(work, key, {"journey_id": journey_id, "organisation_id": organisation_id})

    def asked(self, work: Work, sources: Iterable[Source]) -> None:
        """Note that the text of each is being fetched."""
        for source in sources:
            self._move(work, source, Stage.ASKED)

    def handled(self, work: Work, source: Source) -> None:
        """Note that its suggestion says what it says, unless a newer fact has come since it was read."""
        self._move(work, source, Stage.HANDLED)

    async def find(self, key: str, scope: Scope) -> Source | None:
        """Load one that its owner has offered at least once."""
        document = await self.rows.find_one({"$and": [{"_id": key}, _TOLD, workshop(scope)]})
        return Source.model_validate(document) if document else None

    async def waiting(self, journey_id: str, scope: Scope) -> list[Source]:
        """Give those of a journey whose suggestion does not yet say what they say."""
        where = {"journey_id": journey_id, "offered": True, "stage": {"$ne": Stage.HANDLED.value}}
        found = await self.rows.find({"$and": [where, workshop(scope)]}).to_list(None)
        return [Source.model_validate(document) for document in found]

    async def count_insights(self, journey_id: str, scope: Scope) -> int:
        """Count the insights of a journey that were ever released."""
        where = {"journey_id": journey_id, "source_kind": SourceKind.INSIGHT.value}
        return int(await self.rows.count_documents({"$and": [where, workshop(scope)]}))

    async def readers(self, evidence: Sequence[Evidence], scope: Scope) -> dict[str, Audience]:
        """Say who may read each piece of evidence now, by its id; what was withdrawn is its author's alone."""
        if not evidence:
            return {}
        keys = {piece.id: source_key(piece.source_kind, piece.source_id) for piece in evidence}
        where = {"_id": {"$in": list(keys.values())}, "offered": True}
        found: list[Document] = await self.rows.find({"$and": [where, workshop(scope)]}).to_list(None)
        open_to = {row["_id"]: Audience(row["audience"]) for row in found}
        return {piece_id: open_to.get(key, Audience.PERSONAL) for piece_id, key in keys.items()}

    def _tell(self, work: Work, key: str, fields: Document) -> None:
        work.write(self.collection, UpdateOne({"_id": key}, {"$set": fields}, upsert=True))

    def _move(self, work: Work, source: Source, stage: Stage) -> None:
        as_read = {"_id": source.key, "stamp": source.stamp}
        work.write(self.collection, UpdateOne(as_read, {"$set": {"stage": stage.value}}))


class Completions(View):
    """Completed journeys, each in its latest revision."""

    collection = "completions"

    def keep(self, work: Work, journey: Journey) -> None:
        """Keep what the journey's completion announced."""
        fields = {"$set": journey.model_dump()}
        work.write(self.collection, UpdateOne({"_id": journey.journey_id}, fields, upsert=True))

    async def find(self, journey_id: str, scope: Scope) -> Journey | None:
        """Load one, or None while the journey is not completed."""
        document = await self.rows.find_one({"$and": [{"_id": journey_id}, workshop(scope)]})
        return Journey.model_validate(document) if document else None


class Participations(View):
    """Who came back, counted: one row per registration, without a person."""

    collection = "participations"
    indexes = (Index("journey", ["journey_id", "revision"]),)

    def keep(self, work: Work, *, registration_id: str, journey_id: str, revision: int) -> None:
        """Keep that a registration's participation was concluded."""
        fields = {"$set": {"journey_id": journey_id, "revision": revision}}
        work.write(self.collection, UpdateOne({"_id": registration_id}, fields, upsert=True))

    async def count(self, journey_id: str, scope: Scope) -> int:
        """Count the concluded participations of a journey."""
        return int(await self.rows.count_documents({"$and": [{"journey_id": journey_id}, workshop(scope)]}))
