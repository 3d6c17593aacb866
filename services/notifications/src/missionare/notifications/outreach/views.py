"""What drafting a plan has to know of others: published questions, and what people do at work."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo import DeleteOne, ReplaceOne, UpdateOne

from missionare.kit.mongo import Document
from missionare.kit.store import Index, Scope, View
from missionare.notifications.outreach.domain import Question

NEWEST = 200
"""So many questions are looked at; of the older ones none would be chosen."""


class PublishedQuestions(View):
    """Questions of the catalog that everybody may read, with their topics. The words stay with the catalog."""

    collection = "published_questions"
    indexes = (Index("topics", ["topics", ("published_at", -1)]),)

    @staticmethod
    def published(question: Question) -> ReplaceOne[Document]:
        """Give the write for a question that everybody may read from now on."""
        row = {"_id": question.id, "topics": list(question.topics), "published_at": question.published_at}
        return ReplaceOne({"_id": question.id}, row, upsert=True)

    @staticmethod
    def merged(question_id: str) -> DeleteOne:
        """Give the write for a question that another one says as well, and that is offered no more."""
        return DeleteOne({"_id": question_id})

    async def on(self, topics: Sequence[str], scope: Scope) -> list[Question]:  # noqa: ARG002 - public for everybody
        """Give the questions that share a topic, the newest first."""
        where = {"topics": {"$in": list(topics)}}
        rows = await self.rows.find(where, sort=[("published_at", -1), ("_id", 1)], limit=NEWEST).to_list(None)
        return [Question(id=row["_id"], topics=row["topics"], published_at=row["published_at"]) for row in rows]


class Functions(View):
    """What people do where they work, by affiliation. Only drafting a plan asks for it, so nobody else is let in."""

    collection = "functions"
    indexes = (Index("of_person", ["person_id"]),)

    @staticmethod
    def confirmed(affiliation_id: str, person_id: str, functions: Sequence[str]) -> ReplaceOne[Document]:
        """Give the write for what somebody does where they work."""
        row = {"_id": affiliation_id, "person_id": person_id, "functions": list(functions), "ended": False}
        return ReplaceOne({"_id": affiliation_id}, row, upsert=True)

    @staticmethod
    def ended(affiliation_id: str) -> UpdateOne:
        """Give the write that forgets what somebody did there."""
        return UpdateOne({"_id": affiliation_id}, {"$set": {"ended": True, "functions": []}})

    async def of(self, person_id: str, scope: Scope) -> list[str]:
        """Give a person's functions in all affiliations that have not ended."""
        if not scope.unbound:
            return []
        rows = await self.rows.find({"person_id": person_id, "ended": False}).to_list(None)
        return sorted({function for row in rows for function in row["functions"]})
