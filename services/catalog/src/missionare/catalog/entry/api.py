"""Routes of entries as the workshop writes them. What everybody reads is in `reading`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from missionare.catalog.api import (
    EDITORS,
    WORKSHOP,
    Classified,
    Named,
    Prose,
    Reason,
    Reference,
    Said,
    Title,
    Topics,
    person_of,
)
from missionare.catalog.entry import domain
from missionare.catalog.entry.domain import Content, Entry, EntryState
from missionare.catalog.entry.store import Entries
from missionare.catalog.events import EntryKind, SourceKind
from missionare.catalog.evidence.domain import Audience, Citation, includes
from missionare.catalog.evidence.store import EvidenceLinks
from missionare.catalog.review import domain as review_domain
from missionare.catalog.review.api import ReviewView, void_open_review
from missionare.catalog.review.domain import Review
from missionare.catalog.review.store import Reviews
from missionare.catalog.source.views import Sources
from missionare.kit.answers import Answer
from missionare.kit.facts import Fact
from missionare.kit.mongo import Filter
from missionare.kit.refusals import Invalid
from missionare.kit.routes import Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("catalog")

MOST_LIMITS = 30


class DraftView(Said):
    """The working copy of an entry, for the workshop."""

    id: str
    version: int
    state: EntryState
    limits: tuple[str, ...]
    citations: tuple[Citation, ...]
    content_hash: str
    authors: tuple[str, ...]
    reason: str
    suggestion_id: str | None
    next_number: int
    published_number: int | None
    merged_into: str | None
    drafted_at: datetime

    @classmethod
    def of(cls, entry: Entry, scope: Scope) -> Self:
        """Show a working copy."""
        del scope
        own = entry.model_dump(
            include={"id", "version", "state", "authors", "reason", "suggestion_id", "merged_into", "drafted_at"}
        )
        return cls(
            **own,
            **entry.content.said,
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


class EntryDraft(Classified):
    """What a new entry says."""

    kind: EntryKind
    topics: Topics
    title: Title
    text: Prose
    limits: Annotated[tuple[Reference, ...], Field(max_length=MOST_LIMITS)] = ()
    """Ids of the frameworks, values and peculiarities to respect."""

    def content(self) -> Content:
        """Give it as an entry's content, without evidence yet."""
        return Content(**{name: getattr(self, name) for name in EntryDraft.model_fields})


class EntryEdit(EntryDraft):
    """What an entry is to say from now on, and which of its evidence is sealed."""

    sealed: tuple[Reference, ...] = ()
    reason: Reason | None = None


class EntryMerge(Body):
    """Which entry says the same, and why the two are one."""

    into_id: Reference
    reason: Reason


@routes.get("/drafts", policy=WORKSHOP, answers=Paged[DraftView])
async def list_drafts(
    reader: Reader, state: EntryState | None = None, ids: Named = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[DraftView]:
    """List the working copies of entries, or of those with these ids, the newest first."""
    wanted = {"state": state and state.value, "_id": None if ids is None else {"$in": ids}}
    where: Filter = {name: value for name, value in wanted.items() if value is not None}
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
    await check_limits(body.limits, command)
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
    await check_limits(body.limits, command)
    content = body.content().model_copy(update={"citations": _sealed(entry.content, body.sealed)})
    edited, facts = domain.edit(entry, content=content, author_id=person_of(command.caller), reason=body.reason or "")
    command.save(entries, edited, facts)
    await void_open_review(entry_id, command)
    return command.done(entry_id)


@routes.post("/entries/{entry_id}/merge", policy=EDITORS, shows=(Entries, DraftView), changes=True)
async def merge_entry(entry_id: str, body: EntryMerge, command: Command) -> Done:
    """Merge a published entry into another one of its kind: whoever asks for it reads that one from now on."""
    entries = command.store(Entries)
    entry = await entries.get(entry_id, command.scope)
    command.match(entry)
    into = await entries.get(body.into_id, command.scope)
    merged, stays, facts = domain.merge(entry, into=into, reason=body.reason)
    command.save(entries, merged, facts)
    # Of two merges that meet here one comes second and sees the other: no ring, no dead end.
    command.save(entries, stays)
    return command.done(entry_id)


@routes.post(
    "/entries/{entry_id}/review-request", policy=EDITORS, shows=(Reviews, ReviewView), status=201, changes=True
)
async def request_review(entry_id: str, command: Command) -> Done:
    """Hand the working copy to review. The review is bound to exactly this content."""
    entry = await command.store(Entries).get(entry_id, command.scope)
    command.match(entry)
    return command.done((await hand_to_review(entry, command)).id)


async def hand_to_review(entry: Entry, command: Command, facts: Sequence[Fact] = ()) -> Review:
    """Hand an entry to review as it is; `facts` tell of what was decided about it in the same command before.

    Raises:
        EvidenceNotForReaders: before anything was saved.
    """
    evidence = await command.store(EvidenceLinks).cited(entry.content.citations, command.scope)
    submitted, told = domain.submit(entry, await command.store(Sources).readers(evidence, command.scope))
    review, requested = review_domain.request(
        id=command.new_id(),
        entry_id=entry.id,
        number=entry.next_number,
        content_hash=entry.content.hash,
        authors=entry.authors,
        now=command.now,
    )
    if entry.version:
        await void_open_review(entry.id, command)
    command.save(command.store(Entries), submitted, [*facts, *told])
    command.save(command.store(Reviews), review, requested)
    return review


async def check_limits(limits: tuple[str, ...], command: Command) -> None:
    """Let only what can be respected be named as a limit.

    Raises:
        Invalid: an entry that is named does not exist, or asks or shows something instead.
    """
    limiting = {"_id": {"$in": list(limits)}, "content.kind": {"$in": sorted(domain.LIMITING)}}
    if limits and await command.store(Entries).count(limiting, command.scope) != len(set(limits)):
        raise Invalid(
            field="limits",
            reason_de="Genannt werden nur Rahmenbedingungen, Werte und regionale Besonderheiten, die es gibt.",
            reason_en="Only frameworks, values and regional peculiarities that exist can be named.",
        )


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
