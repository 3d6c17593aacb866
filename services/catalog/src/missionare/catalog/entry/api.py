"""Routes of entries. Everybody reads what is published; drafts have an address of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Query

from missionare.catalog.api import EDITORS, WORKSHOP, Prose, Reason, Reference, Title, Topics, person_of
from missionare.catalog.entry import domain
from missionare.catalog.entry.domain import Content, Entry, EntryState, Version
from missionare.catalog.entry.store import Entries, Versions
from missionare.catalog.entry.views import Choice, PublishedEntries, PublishedEntry
from missionare.catalog.events import EntryKind, Pole, SourceKind, Topic
from missionare.catalog.evidence.domain import Audience, Citation, Evidence, includes
from missionare.catalog.evidence.store import EvidenceLinks
from missionare.catalog.review import domain as review_domain
from missionare.catalog.review.api import ReviewView, void_open_review
from missionare.catalog.review.store import Reviews
from missionare.catalog.source.views import Sources
from missionare.kit.answers import Answer
from missionare.kit.refusals import Invalid
from missionare.kit.routes import Body, Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("catalog")
internal = Routes("catalog", internal=True)

Words = Annotated[str, Query(max_length=200, description="words or their beginnings; umlauts may be spelt out")]


class EntryCard(Answer):
    """A published entry in a list."""

    id: str
    version: int
    number: int
    kind: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    title: str
    text: str
    content_hash: str
    published_at: datetime

    @classmethod
    def of(cls, entry: PublishedEntry, scope: Scope) -> Self:
        """Show a published entry."""
        del scope
        return cls(**_shown(entry))


class Provenance(Answer):
    """Where a published entry comes from, as far as readers may know."""

    sealed: bool
    source_kind: SourceKind | None = None
    insight_id: str | None = None
    journey_id: str | None = None

    @classmethod
    def of(cls, citation: Citation, evidence: Evidence) -> Self:
        """Name an insight and its journey; of a goal only that there was one, of a sealed source nothing."""
        if citation.sealed:
            return cls(sealed=True)
        if evidence.source_kind is SourceKind.GOAL:
            return cls(sealed=False, source_kind=SourceKind.GOAL)
        return cls(
            sealed=False,
            source_kind=SourceKind.INSIGHT,
            insight_id=evidence.source_id,
            journey_id=evidence.journey_id,
        )


class EntryView(EntryCard):
    """A published entry with its provenance."""

    provenance: tuple[Provenance, ...]


class CatalogPage(Paged[EntryCard]):
    """One page of the catalog, with how many entries each further choice would show."""

    total: int
    facets: dict[str, dict[str, int]]


class VersionView(Answer):
    """A version that is or was public. Who wrote and reviewed it is shown to the workshop."""

    number: int
    kind: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    title: str
    text: str
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
        return cls(**own, **_said(version.content))


class DraftView(Answer):
    """The working copy of an entry, for the workshop."""

    id: str
    version: int
    state: EntryState
    kind: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    title: str
    text: str
    citations: tuple[Citation, ...]
    content_hash: str
    authors: tuple[str, ...]
    reason: str
    suggestion_id: str | None
    next_number: int
    published_number: int | None
    drafted_at: datetime

    @classmethod
    def of(cls, entry: Entry, scope: Scope) -> Self:
        """Show a working copy."""
        del scope
        own = entry.model_dump(include={"id", "version", "state", "authors", "reason", "suggestion_id", "drafted_at"})
        return cls(
            **own,
            **_said(entry.content),
            citations=entry.content.citations,
            content_hash=entry.content.hash,
            next_number=entry.next_number,
            published_number=entry.published.number if entry.published else None,
        )


class EvidenceView(Answer):
    """A piece of evidence with whoever may read it now."""

    id: str
    source_kind: SourceKind
    source_id: str
    journey_id: str | None
    organisation_id: str | None
    audience: Audience
    sealed: bool
    publishable: bool
    """Whether it stands in the way of publication as it is now."""


class EvidenceList(Answer):
    """All evidence that a draft cites."""

    items: list[EvidenceView]


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


class EntryDraft(Body):
    """What a new entry says."""

    kind: EntryKind
    pole: Pole | None = None
    topics: Topics
    title: Title
    text: Prose

    def content(self) -> Content:
        """Give it as an entry's content, without evidence yet."""
        return Content(kind=self.kind, pole=self.pole, topics=self.topics, title=self.title, text=self.text)


class EntryEdit(EntryDraft):
    """What an entry is to say from now on, and which of its evidence is sealed."""

    sealed: tuple[Reference, ...] = ()
    reason: Reason | None = None


@routes.get("/entries", policy=Policy.public(), answers=CatalogPage)
async def list_entries(
    reader: Reader,
    kind: EntryKind | None = None,
    pole: Pole | None = None,
    topic: Topic | None = None,
    q: Words = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CatalogPage:
    """List published entries, the newest first, with exact facets."""
    choice = Choice(kind=kind, pole=pole, topic=topic, words=q)
    entries = reader.store(PublishedEntries)
    page = await entries.matching(choice, reader.scope, cursor=cursor, limit=limit)
    return CatalogPage(
        items=[EntryCard.of(entry, reader.scope) for entry in page.items],
        next_cursor=page.next_cursor,
        total=await entries.count(choice.where, reader.scope),
        facets=await entries.facets(choice, reader.scope),
    )


@routes.get("/entries/{entry_id}", policy=Policy.public(), answers=EntryView)
async def read_entry(entry_id: str, reader: Reader) -> EntryView:
    """Show a published entry."""
    entry = await reader.store(PublishedEntries).get(entry_id, reader.scope)
    citations = {citation.evidence_id: citation for citation in entry.published.content.citations}
    evidence = await reader.store(EvidenceLinks).cited(
        citations.values(), Scope.system("readers see the provenance that the published content shows")
    )
    provenance = tuple(Provenance.of(citations[piece.id], piece) for piece in evidence)
    return EntryView(**_shown(entry), provenance=provenance)


@routes.get("/entries/{entry_id}/versions", policy=Policy.public(), answers=Paged[VersionView])
async def list_versions(entry_id: str, reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[VersionView]:
    """List every version of an entry that was ever public, the first one first."""
    await reader.store(PublishedEntries).get(entry_id, reader.scope)
    versions = reader.store(Versions)
    page = await versions.page({"entry_id": entry_id}, reader.scope, cursor=cursor, limit=limit)
    return Paged[VersionView].of(page, VersionView, reader.scope)


@routes.get("/drafts", policy=WORKSHOP, answers=Paged[DraftView])
async def list_drafts(
    reader: Reader, state: EntryState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[DraftView]:
    """List the working copies of entries, the newest first."""
    where = {"state": state.value} if state else {}
    page = await reader.store(Entries).page(where, reader.scope, cursor=cursor, limit=limit, newest_first=True)
    return Paged[DraftView].of(page, DraftView, reader.scope)


@routes.get("/drafts/{entry_id}", policy=WORKSHOP, answers=DraftView)
async def read_draft(entry_id: str, reader: Reader) -> DraftView:
    """Show the working copy of an entry."""
    return DraftView.of(await reader.store(Entries).get(entry_id, reader.scope), reader.scope)


@routes.get("/drafts/{entry_id}/evidence", policy=WORKSHOP, answers=EvidenceList)
async def list_evidence(entry_id: str, reader: Reader) -> EvidenceList:
    """List the evidence of a draft with its readers, and what stands in the way of publication."""
    entry = await reader.store(Entries).get(entry_id, reader.scope)
    sealed = {citation.evidence_id: citation.sealed for citation in entry.content.citations}
    evidence = await reader.store(EvidenceLinks).cited(entry.content.citations, reader.scope)
    readers = await reader.store(Sources).readers(evidence, reader.scope)
    items = [
        EvidenceView(
            **piece.model_dump(include=set(EvidenceView.model_fields)),
            audience=readers[piece.id],
            sealed=sealed[piece.id],
            publishable=sealed[piece.id] or includes(readers[piece.id], domain.READERS),
        )
        for piece in evidence
    ]
    return EvidenceList(items=items)


@routes.post("/entries", policy=EDITORS, shows=(Entries, DraftView), status=201)
async def draft_entry(body: EntryDraft, command: Command) -> Done:
    """Begin an entry that rests on no suggestion: a framework, a value, a question of the agency's own."""
    entry, facts = domain.draft(
        id=command.new_id(),
        content=body.content(),
        author_id=person_of(command.caller),
        suggestion_id=None,
        now=command.now,
    )
    command.save(command.store(Entries), entry, facts)
    return command.done(entry.id)


@routes.put("/entries/{entry_id}", policy=EDITORS, shows=(Entries, DraftView), changes=True)
async def edit_entry(entry_id: str, body: EntryEdit, command: Command) -> Done:
    """Change the working copy. An open review is void; what is published stays public until the next version."""
    entries = command.store(Entries)
    entry = await entries.get(entry_id, command.scope)
    command.match(entry)
    content = body.content().model_copy(update={"citations": _sealed(entry.content, body.sealed)})
    edited, facts = domain.edit(entry, content=content, author_id=person_of(command.caller), reason=body.reason or "")
    command.save(entries, edited, facts)
    await void_open_review(entry_id, command)
    return command.done(entry_id)


@routes.post(
    "/entries/{entry_id}/review-request", policy=EDITORS, shows=(Reviews, ReviewView), status=201, changes=True
)
async def request_review(entry_id: str, command: Command) -> Done:
    """Hand the working copy to review. The review is bound to exactly this content."""
    entries = command.store(Entries)
    entry = await entries.get(entry_id, command.scope)
    command.match(entry)
    evidence = await command.store(EvidenceLinks).cited(entry.content.citations, command.scope)
    submitted, facts = domain.submit(entry, await command.store(Sources).readers(evidence, command.scope))
    review, requested = review_domain.request(
        id=command.new_id(),
        entry_id=entry_id,
        number=entry.next_number,
        content_hash=entry.content.hash,
        authors=entry.authors,
        now=command.now,
    )
    command.save(entries, submitted, facts)
    command.save(command.store(Reviews), review, requested)
    return command.done(review.id)


@internal.get("/questions", policy=Policy.services("notifications"), answers=Questions)
async def list_questions(
    reader: Reader,
    topics: Annotated[str, Query(min_length=1, max_length=200, description="topics, separated by commas")],
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> Questions:
    """Give published questions on any of the topics, those that fit best first."""
    found = await reader.store(PublishedEntries).questions(_topics(topics), limit, reader.scope)
    return Questions(items=[QuestionView(**_shown(entry, QuestionView)) for entry in found])


def _said(content: Content) -> dict[str, object]:
    return content.model_dump(include={"kind", "pole", "topics", "title", "text"})


def _shown(entry: PublishedEntry, view: type[Answer] = EntryCard) -> dict[str, object]:
    public = entry.published
    known = {
        "id": entry.id,
        "version": entry.version,
        **public.model_dump(include={"number", "content_hash", "published_at"}),
        **_said(public.content),
    }
    return {name: known[name] for name in view.model_fields}


def _sealed(content: Content, sealed: tuple[str, ...]) -> tuple[Citation, ...]:
    unknown = set(sealed) - {citation.evidence_id for citation in content.citations}
    if unknown:
        raise Invalid(
            field="sealed",
            reason_de="Nur Belege dieses Eintrags können versiegelt werden.",
            reason_en="Only evidence of this entry can be sealed.",
        )
    return tuple(
        Citation(evidence_id=citation.evidence_id, sealed=citation.evidence_id in sealed)
        for citation in content.citations
    )


def _topics(listed: str) -> list[Topic]:
    try:
        return [Topic(topic.strip()) for topic in listed.split(",")]
    except ValueError:
        raise Invalid(
            field="topics",
            reason_de=f"Bekannt sind: {', '.join(Topic)}.",
            reason_en=f"Known are: {', '.join(Topic)}.",
        ) from None
