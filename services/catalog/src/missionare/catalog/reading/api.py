"""Routes by which everybody finds and reads what is published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, ClassVar, Final, Self

from fastapi import Query

from missionare.catalog.api import Region, Said, Sector
from missionare.catalog.entry.domain import LIMITING, READERS, Version
from missionare.catalog.entry.store import Versions
from missionare.catalog.entry.views import MergedEntries, PublishedEntries, PublishedEntry
from missionare.catalog.events import Dimension, EntryKind, Function, Pole, Size, SourceKind, Stage, Topic
from missionare.catalog.evidence.domain import Citation, Evidence, includes
from missionare.catalog.evidence.store import EvidenceLinks
from missionare.catalog.reading.domain import Choice
from missionare.catalog.reading.views import Search
from missionare.catalog.source.views import Sources
from missionare.kit.answers import Answer
from missionare.kit.problems import Unavailable
from missionare.kit.refusals import Invalid, Text
from missionare.kit.routes import Cursor, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("catalog")
internal = Routes("catalog", internal=True)

PROVENANCE: Final = Scope.system("readers see the provenance that the published content shows")

PATIENCE_SECONDS: Final = 5.0
"""How long a request waits for a search that is still being built."""

Words = Annotated[
    str, Query(max_length=200, description="words, parts or beginnings of them; umlauts may be spelt out")
]
Several = Query(max_length=20, description="may be given several times; any of the values fits")


class SearchIsBuilding(Unavailable):
    """The process has just started and reads the catalog; other processes answer."""

    text: ClassVar[Text] = {
        "de": "Die Suche im Katalog wird gerade aufgebaut. Versuchen Sie es in einigen Sekunden noch einmal.",
        "en": "The search of the catalog is being built. Try again in some seconds.",
    }


class EntryCard(Said):
    """A published entry in a list."""

    id: str
    version: int
    number: int
    content_hash: str
    published_at: datetime

    @classmethod
    def of(cls, entry: PublishedEntry, scope: Scope) -> Self:
        """Show a published entry."""
        del scope
        return cls(**_shown(entry))


class CatalogPage(Paged[EntryCard]):
    """One page of the catalog, with how many entries there are, and how many each choice in a facet would show."""

    total: int
    facets: dict[str, dict[str, int]]


class LimitView(Answer):
    """A framework, value or peculiarity that an entry respects, as it is public now."""

    id: str
    kind: EntryKind
    title: str
    text: str
    title_en: str | None
    text_en: str | None
    source: str | None
    as_of: date | None


class MergedFrom(Answer):
    """An entry that was merged into the one that is shown, with the version that was public last and its title."""

    id: str
    number: int
    title: str


class Provenance(Answer):
    """Where a published entry comes from, as far as readers may know."""

    sealed: bool
    """Nothing is told of the source: the agency vouches for it, or it is not released to everybody any more."""
    source_kind: SourceKind | None = None
    insight_id: str | None = None
    journey_id: str | None = None
    merged_from: MergedFrom | None = None
    """The entry that rested on it before it was merged into this one."""

    @classmethod
    def of(cls, evidence: Evidence, merged_from: MergedFrom | None, *, sealed: bool) -> Self:
        """Name an insight and its journey; of a goal only that there was one, of a sealed source nothing."""
        if sealed:
            return cls(sealed=True, merged_from=merged_from)
        if evidence.source_kind is SourceKind.GOAL:
            return cls(sealed=False, source_kind=SourceKind.GOAL, merged_from=merged_from)
        return cls(
            sealed=False,
            source_kind=SourceKind.INSIGHT,
            insight_id=evidence.source_id,
            journey_id=evidence.journey_id,
            merged_from=merged_from,
        )


class EntryView(EntryCard):
    """A published entry with what it respects and what it rests on."""

    limits: tuple[LimitView, ...]
    provenance: tuple[Provenance, ...]


class VersionView(Said):
    """A version that is or was public. Who wrote and reviewed it is shown to the workshop."""

    number: int
    limits: tuple[str, ...]
    content_hash: str
    reason: str
    published_at: datetime
    authors: tuple[str, ...] | None = None
    reviewer_id: str | None = None

    @classmethod
    def of(cls, version: Version, scope: Scope) -> Self:
        """Show a version."""
        people = {"authors", "reviewer_id"} if Versions.names_people_to(scope) else set()
        own = version.model_dump(include={"number", "content_hash", "reason", "published_at", *people})
        return cls(**own, **version.content.said)


class QuestionView(Answer):
    """A published question, for planning outreach."""

    id: str
    number: int
    title: str
    pole: Pole | None
    topics: tuple[Topic, ...]


class Questions(Answer):
    """Published questions, those that fit best first."""

    items: list[QuestionView]


@routes.get("/entries", policy=Policy.public(), answers=CatalogPage)
async def list_entries(
    reader: Reader,
    kind: Annotated[tuple[EntryKind, ...], Several] = (),
    pole: Annotated[tuple[Pole, ...], Several] = (),
    topic: Annotated[tuple[Topic, ...], Several] = (),
    function: Annotated[tuple[Function, ...], Several] = (),
    size: Annotated[tuple[Size, ...], Several] = (),
    sector: Annotated[tuple[Sector, ...], Several] = (),
    stage: Annotated[tuple[Stage, ...], Several] = (),
    dimension: Annotated[tuple[Dimension, ...], Several] = (),
    region: Annotated[tuple[Region, ...], Several] = (),
    q: Words = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CatalogPage:
    """List published entries, the newest first or those that fit the words best, with exact facets.

    Values of one facet are alternatives, facets narrow each other down.
    """
    values = {"kind": kind, "pole": pole, "topic": topic, "function": function, "size": size, "sector": sector,
              "stage": stage, "dimension": dimension, "region": region}  # fmt: skip
    choice = Choice({name: frozenset(map(str, chosen)) for name, chosen in values.items()}, q)
    search = reader.store(Search)
    if not await search.wait_until_built(PATIENCE_SECONDS):
        raise SearchIsBuilding
    found = search.find(choice, cursor=cursor, limit=limit)
    entries = await reader.store(PublishedEntries).listed(found.entry_ids, reader.scope)
    return CatalogPage(
        items=[EntryCard.of(entry, reader.scope) for entry in entries],
        next_cursor=found.next_cursor,
        total=found.total,
        facets=found.facets,
    )


@routes.get("/entries/{entry_id}", policy=Policy.public(), answers=EntryView)
async def read_entry(entry_id: str, reader: Reader) -> EntryView:
    """Show a published entry with what it respects and, as far as readers may know, what it rests on.

    Of an entry that was merged, the one is shown that it was merged into; it has an id of its own.
    """
    published, merged = reader.store(PublishedEntries), reader.store(MergedEntries)
    entry = await published.find(entry_id, reader.scope)
    if entry is None:
        [entry_id] = await merged.led_on([entry_id], reader.scope)
        entry = await published.get(entry_id, reader.scope)
    limits = await published.listed(entry.published.content.limits, reader.scope)
    if len(limits) < len(entry.published.content.limits):
        led_on = await merged.led_on(entry.published.content.limits, reader.scope)
        limits = await published.listed(led_on, reader.scope)
    return EntryView(**_shown(entry), limits=_respected(limits), provenance=await _provenance(entry, reader))


@routes.get("/entries/{entry_id}/versions", policy=Policy.public(), answers=Paged[VersionView])
async def list_versions(entry_id: str, reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[VersionView]:
    """List every version of an entry that was ever public, the first one first."""
    if await reader.store(MergedEntries).find(entry_id, reader.scope) is None:
        await reader.store(PublishedEntries).get(entry_id, reader.scope)
    versions = reader.store(Versions)
    page = await versions.page({"entry_id": entry_id}, reader.scope, cursor=cursor, limit=limit)
    return Paged[VersionView].of(page, VersionView, reader.scope)


@internal.get("/questions", policy=Policy.services("notifications"), answers=Questions)
async def list_questions(
    reader: Reader,
    topics: Annotated[str, Query(min_length=1, max_length=200, description="topics, separated by commas")],
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> Questions:
    """Give published questions on any of the topics, those that fit best first."""
    found = await reader.store(PublishedEntries).questions(_topics(topics), limit, reader.scope)
    return Questions(
        items=[
            QuestionView(
                id=entry.id,
                number=entry.published.number,
                **entry.published.content.model_dump(include={"title", "pole", "topics"}),
            )
            for entry in found
        ]
    )


def _shown(entry: PublishedEntry) -> dict[str, object]:
    public = entry.published
    own = public.model_dump(include={"number", "content_hash", "published_at"})
    said = {name: value for name, value in public.content.said.items() if name in Said.model_fields}
    return {"id": entry.id, "version": entry.version, **own, **said}


def _respected(limits: Sequence[PublishedEntry]) -> tuple[LimitView, ...]:
    return tuple(
        LimitView.model_validate(_shown(limit)) for limit in limits if limit.published.content.kind in LIMITING
    )


async def _provenance(entry: PublishedEntry, reader: Reader) -> tuple[Provenance, ...]:
    """Tell what the entry rests on, then what came with those merged into it; each source once, as it is told first."""
    cited: list[tuple[Citation, MergedFrom | None]] = [(each, None) for each in entry.published.content.citations]
    for gone in entry.inherited:
        merged = MergedFrom(id=gone.entry_id, number=gone.number, title=gone.title)
        cited += [(each, merged) for each in gone.citations]
    found = await reader.store(EvidenceLinks).cited([citation for citation, _ in cited], PROVENANCE)
    readers = await reader.store(Sources).readers(found, PROVENANCE)
    evidence = {piece.id: piece for piece in found}
    told: dict[tuple[SourceKind, str], Provenance] = {}
    for citation, merged_from in cited:
        if piece := evidence.get(citation.evidence_id):
            sealed = citation.sealed or not includes(readers[piece.id], READERS)
            told.setdefault((piece.source_kind, piece.source_id), Provenance.of(piece, merged_from, sealed=sealed))
    return tuple(told.values())


def _topics(listed: str) -> list[Topic]:
    try:
        return [Topic(topic.strip()) for topic in listed.split(",")]
    except ValueError:
        raise Invalid(
            field="topics",
            reason_de=f"Bekannt sind: {', '.join(Topic)}.",
            reason_en=f"Known are: {', '.join(Topic)}.",
        ) from None
