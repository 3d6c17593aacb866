"""Stores and views: how a service reaches its documents.

Every method takes the caller's scope; a store says in `within` what a caller may see, so that a query without
a scope does not type-check and a foreign document is simply not found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure

from missionare.kit.aggregates import Aggregate
from missionare.kit.mongo import Database, Document, Filter, to_document
from missionare.kit.refusals import NotFound

if TYPE_CHECKING:
    from missionare.kit.callers import Caller

A = TypeVar("A", bound=Aggregate)
Item = TypeVar("Item")
Sort = Sequence[tuple[str, int]]

NOTHING: Filter = {"_id": {"$in": []}}
"""The filter for a caller who may see none of these documents."""
MAX_PAGE = 200
_INDEX_CONFLICTS = frozenset({85, 86})
"""MongoDB's IndexOptionsConflict and IndexKeySpecsConflict."""


@dataclass(frozen=True)
class Scope:
    """On whose behalf documents are read. Made from a caller, or, with a reason, for the platform itself."""

    caller: Caller | None
    why: str = ""

    @classmethod
    def system(cls, why: str) -> Scope:
        """Give the scope of a handler or timer, which acts for nobody; `why` explains it to a reader."""
        return cls(None, why)

    @property
    def unbound(self) -> bool:
        """True where the platform itself reads, and no caller limits what it sees."""
        return self.caller is None


@dataclass(frozen=True)
class Index:
    """An index to be there before the first request."""

    name: str
    fields: Sequence[str | tuple[str, int]]
    unique: bool = False
    where: Filter | None = None
    expires_seconds: int | None = None

    def model(self) -> IndexModel:
        """Give the driver's description of this index."""
        options: dict[str, Any] = {"name": self.name, "unique": self.unique}
        if self.where is not None:
            options["partialFilterExpression"] = self.where
        if self.expires_seconds is not None:
            options["expireAfterSeconds"] = self.expires_seconds
        keys = [(field, ASCENDING) if isinstance(field, str) else field for field in self.fields]
        return IndexModel(keys, **options)


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list; `next_cursor` is None on the last."""

    items: list[Item]
    next_cursor: str | None


class IndexDiffers(Exception):
    """A collection has an index of the same name or fields in another form. An index that changes gets a new name."""

    def __init__(self, collection: str, names: Sequence[str]) -> None:
        """Name the collection and the indexes that it should have."""
        super().__init__(f"one of the indexes {', '.join(names)} of {collection} is there in another form")


class View:
    """A read model: documents without a version, written through `Work.write` by handlers.

    Subclasses add named queries over `self.rows`, each with a scope.
    """

    collection: ClassVar[str]
    indexes: ClassVar[Sequence[Index]] = ()
    of_the_trail: ClassVar[bool] = False
    """Whether it reads the audit trail beside the service's database, to which documents are only added."""
    backed_up: ClassVar[bool] = True
    """Whether a backup holds its documents. Those that open something do not come back: they may have ended since."""

    def __init__(self, database: Database) -> None:
        """Bind the view to its service's database."""
        self.database = database
        self.rows: Any = database.audit if self.of_the_trail else database[self.collection]

    def stand_in(self, place: str) -> None:
        """Read from this collection: where a read model's documents are once it was built anew."""
        self.rows = self.database[place]

    async def restored(self) -> None:
        """Put right what its documents say after a restore; nobody else uses the database meanwhile.

        A restore that is interrupted is done again, and calls this again.
        """

    async def ensure_indexes(self) -> None:
        """Create the indexes that are missing; an unchanged one costs nothing.

        Raises:
            IndexDiffers: one of them is there with other fields or options.
        """
        if not self.indexes:
            return
        try:
            await self.rows.create_indexes([index.model() for index in self.indexes])
        except OperationFailure as error:
            if error.code in _INDEX_CONFLICTS:
                raise IndexDiffers(self.collection, [index.name for index in self.indexes]) from error
            raise


class Store(View, Generic[A]):
    """The documents of one aggregate. Reading stands here; saving is `Work.save`."""

    aggregate: ClassVar[str]
    """The aggregate's type as its facts name it, for example the `thing` of `thing_id`."""
    model: type[A]
    unknown: ClassVar[type[NotFound]] = NotFound

    def within(self, scope: Scope) -> Filter:
        """Say which documents the scope's caller may see. Only asked for scopes with a caller."""
        raise NotImplementedError(f"{type(self).__name__} must say who sees what")

    async def get(self, id: str, scope: Scope) -> A:  # noqa: A002 - the field is called id everywhere
        """Load one.

        Raises:
            NotFound: this store's refusal, whether it does not exist or may not be seen.
        """
        found = await self.find(id, scope)
        if found is None:
            raise self.unknown(id=id)
        return found

    async def find(self, id: str, scope: Scope) -> A | None:  # noqa: A002
        """Load one, or None."""
        return await self.first({"_id": id}, scope)

    async def first(self, where: Filter, scope: Scope, *, sort: Sort = (("_id", 1),)) -> A | None:
        """Load the first that matches, or None."""
        document = await self.rows.find_one(self._seen_by(scope, where), sort=list(sort))
        return None if document is None else self.loaded(document)

    async def every(self, where: Filter, scope: Scope, *, sort: Sort = (("_id", 1),), limit: int = 1_000) -> list[A]:
        """Load all that match, at most `limit`."""
        cursor = self.rows.find(self._seen_by(scope, where), sort=list(sort), limit=limit)
        return [self.loaded(document) for document in await cursor.to_list(None)]

    async def page(
        self, where: Filter, scope: Scope, *, cursor: str | None = None, limit: int = 50, newest_first: bool = False
    ) -> Page[A]:
        """Load one page in order of creation; `cursor` is the id that the page before ended with."""
        limit = max(1, min(limit, MAX_PAGE))
        beyond: Filter = {"_id": {"$lt" if newest_first else "$gt": cursor}} if cursor else {}
        sort = (("_id", -1 if newest_first else 1),)
        found = await self.every({"$and": [where, beyond]}, scope, sort=sort, limit=limit + 1)
        items = found[:limit]
        return Page(items, items[-1].id if len(found) > limit else None)

    async def count(self, where: Filter, scope: Scope) -> int:
        """Count those that match and may be seen."""
        return int(await self.rows.count_documents(self._seen_by(scope, where)))

    def _seen_by(self, scope: Scope, where: Filter) -> Filter:
        return where if scope.unbound else {"$and": [where, self.within(scope)]}

    def loaded(self, document: Mapping[str, Any]) -> A:
        """Turn a stored document into the aggregate's state."""
        fields = dict(document)
        return self.model.model_validate({"id": fields.pop("_id"), **fields})

    @staticmethod
    def stored(aggregate: Aggregate) -> Document:
        """Turn the aggregate's state into the document to store."""
        fields: Document = to_document(aggregate.model_dump(mode="python"))
        return {"_id": fields.pop("id"), **fields}
