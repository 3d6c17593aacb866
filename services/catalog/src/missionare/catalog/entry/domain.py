"""Entries: states, content, and the one way a version becomes public."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, field_validator

from missionare.catalog.events import (
    Dimension,
    EntriesMerged,
    EntryDrafted,
    EntryKind,
    EntryMarkedForRevision,
    EntryPublished,
    EntrySubmittedForReview,
    Function,
    Pole,
    Size,
    Stage,
    Topic,
)
from missionare.catalog.evidence.domain import Audience, Citation, check_leaks
from missionare.catalog.review.domain import Review, ReviewState
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text

READERS = Audience.PUBLIC
"""Who reads a published version: everybody."""
LIMITING: Final = frozenset({EntryKind.FRAMEWORK, EntryKind.VALUE, EntryKind.REGIONAL_PECULIARITY})
"""What an entry can name as its limits: what is to be respected, not what is asked or shown."""

Term = TypeVar("Term", bound=StrEnum)


class EntryState(StrEnum):
    """Where the work on an entry stands. Its published version, if it has one, is public in every state."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    NEEDS_REVISION = "needs_revision"
    MERGED = "merged"
    """It is public no longer: another entry says what it said."""


NAME: Text = {"de": "Katalogeintrag", "en": "Entry"}
ALLOWED: Transitions[EntryState] = {
    EntryState.DRAFT: frozenset({EntryState.IN_REVIEW}),
    EntryState.IN_REVIEW: frozenset({EntryState.DRAFT, EntryState.NEEDS_REVISION, EntryState.PUBLISHED}),
    EntryState.PUBLISHED: frozenset({EntryState.NEEDS_REVISION, EntryState.MERGED}),
    EntryState.NEEDS_REVISION: frozenset({EntryState.IN_REVIEW, EntryState.MERGED}),
    EntryState.MERGED: frozenset(),
}


class Content(BaseModel):
    """What an entry says, and on what it rests. A review is bound to all of it."""

    model_config = ConfigDict(frozen=True)

    kind: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    title: str
    """In German, as the text is."""
    text: str
    citations: tuple[Citation, ...] = ()
    functions: tuple[Function, ...] = ()
    sizes: tuple[Size, ...] = ()
    stages: tuple[Stage, ...] = ()
    dimension: Dimension | None = None
    sectors: tuple[str, ...] = ()
    """Sections and divisions of the classification WZ 2008, such as `C` and `C25`; none: all of them."""
    regions: tuple[str, ...] = ()
    """Official keys (AGS) of states, districts and municipalities; none: all of them."""
    limits: tuple[str, ...] = ()
    """Ids of the frameworks, values and peculiarities to respect, in the order in which they are told."""
    source: str | None = None
    """Where a framework is written down."""
    as_of: date | None = None
    """The day whose wording of the source is told."""
    title_en: str | None = None
    text_en: str | None = None
    """None until somebody has translated it."""

    @field_validator("topics", "functions", "sizes", "stages")
    @classmethod
    def _in_one_order(cls, chosen: tuple[Term, ...]) -> tuple[Term, ...]:
        # The order in which topics were ticked says nothing, so it must not make another content.
        return tuple(term for term in type(chosen[0]) if term in chosen) if chosen else ()

    @field_validator("sectors", "regions")
    @classmethod
    def _sorted(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(codes)))

    @property
    def hash(self) -> str:
        """The SHA-256 of the content in one canonical form; any edit gives another."""
        told = {
            name: value
            for name, value in self.model_dump(mode="json").items()
            # What came into the model later counts where it says something: what was approved before stays approved.
            if name in _FROM_THE_BEGINNING or value
        }
        plain = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(plain.encode()).hexdigest()

    @property
    def said(self) -> dict[str, Any]:
        """All that it says, without what it rests on."""
        return self.model_dump(exclude={"citations"})

    def with_evidence(self, evidence_id: str, *, sealed: bool) -> Self:
        """Give the content with one more citation."""
        return self.model_copy(
            update={"citations": (*self.citations, Citation(evidence_id=evidence_id, sealed=sealed))}
        )


_FROM_THE_BEGINNING: Final = frozenset({"kind", "pole", "topics", "title", "text", "citations"})


class Published(BaseModel):
    """The version that everybody reads."""

    model_config = ConfigDict(frozen=True)

    number: int
    content: Content
    content_hash: str
    published_at: datetime


class Version(Aggregate):
    """One published content. It is written once and never changed."""

    entry_id: str
    number: int
    content: Content
    content_hash: str
    authors: tuple[str, ...]
    reviewer_id: str
    reason: str
    published_at: datetime


class Inherited(BaseModel):
    """What an entry that was merged rested on when it was public last."""

    model_config = ConfigDict(frozen=True)

    entry_id: str
    number: int
    title: str
    citations: tuple[Citation, ...]


class Entry(Aggregate):
    """A question, a practice, a framework, a value or a peculiarity of the region."""

    state: EntryState
    content: Content
    """The working copy. Once published and not edited since, it equals the published content."""
    authors: tuple[str, ...]
    """Everybody who wrote on the working copy since the last publication."""
    reason: str
    """Why there is to be a next version, or why another entry speaks for this one."""
    suggestion_id: str | None
    drafted_at: datetime
    published: Published | None = None
    key: str | None = None
    """What a file calls it that it was imported from."""
    imported_hash: str | None = None
    """The hash of what the file said last, so that the same file changes nothing, whatever editors did since."""
    merged_into: str | None = None
    """The entry that says it now; its readers are led there."""
    inherited: tuple[Inherited, ...] = ()
    """From entries that were merged into this one. It is told beside the content, and no part of what is reviewed."""

    @property
    def next_number(self) -> int:
        """The number that the working copy gets when it is published."""
        return self.published.number + 1 if self.published else 1


class EntryUnknown(NotFound):
    """There is no such entry, or it is not public."""

    title: ClassVar[Text] = {"de": "Eintrag nicht gefunden", "en": "Entry not found"}


class NothingChanged(Refusal):
    """The edit says exactly what the entry says already."""

    title: ClassVar[Text] = {"de": "Nichts geändert", "en": "Nothing changed"}
    text: ClassVar[Text] = {
        "de": "Diese Fassung gleicht der vorhandenen. Ändern Sie etwas, oder lassen Sie den Eintrag, wie er ist.",
        "en": "This is what the entry says already. Change something, or leave the entry as it is.",
    }


class NotOneAndTheSame(Refusal):
    """Only two public entries of one kind can be one."""

    title: ClassVar[Text] = {"de": "Nicht zusammenzuführen", "en": "Cannot be merged"}
    text: ClassVar[Text] = {
        "de": "Zusammenführen lassen sich zwei verschiedene Einträge derselben Art, die beide veröffentlicht sind. "
        "Wählen Sie einen anderen.",
        "en": "Two different entries of one kind can be merged, of which both are published. Choose another one.",
    }


class NotApproved(Refusal):
    """Nobody has approved exactly this content."""

    title: ClassVar[Text] = {"de": "Nicht freigegeben", "en": "Not approved"}
    text: ClassVar[Text] = {
        "de": "Für genau diesen Inhalt liegt keine Freigabe vor. Bitten Sie um eine neue Fachprüfung.",
        "en": "Exactly this content has not been approved. Ask for a new review.",
    }


def draft(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    content: Content,
    author_id: str,
    suggestion_id: str | None,
    now: datetime,
    key: str | None = None,
) -> tuple[Entry, list[EntryDrafted]]:
    """Begin an entry that only the workshop can read; `key` is what a file calls it."""
    _check_classed(content)
    entry = Entry(
        id=id,
        state=EntryState.DRAFT,
        content=content,
        authors=(author_id,),
        reason="",
        suggestion_id=suggestion_id,
        drafted_at=now,
        key=key,
    )
    return entry, [EntryDrafted(entry_id=id, kind=content.kind, topics=content.topics, suggestion_id=suggestion_id)]


def edit(entry: Entry, *, content: Content, author_id: str, reason: str) -> tuple[Entry, list[Fact]]:
    """Change the working copy. An entry under review leaves it, and its review is void.

    Raises:
        NothingChanged: the content is what the entry says already.
    """
    if content == entry.content:
        raise NothingChanged
    _check_classed(content)
    authors = entry.authors if author_id in entry.authors else (*entry.authors, author_id)
    edited = _back_to_work(entry).changed(content=content, authors=authors, reason=reason or entry.reason)
    if entry.state is EntryState.PUBLISHED and entry.published:
        return edited, [EntryMarkedForRevision(entry_id=entry.id, number=entry.published.number)]
    return edited, []


def submit(entry: Entry, readers: Mapping[str, Audience]) -> tuple[Entry, list[EntrySubmittedForReview]]:
    """Hand the working copy to review.

    Args:
        entry: the entry.
        readers: who may read each piece of evidence, by its id.

    Raises:
        EvidenceNotForReaders: the editor has to seal evidence first; no need to trouble a reviewer.
    """
    check_move(ALLOWED, NAME, entry.state, EntryState.IN_REVIEW)
    check_leaks(entry.content.citations, readers, READERS)
    return entry.changed(state=EntryState.IN_REVIEW), [
        EntrySubmittedForReview(entry_id=entry.id, number=entry.next_number)
    ]


def send_back(entry: Entry) -> Entry:
    """Give the working copy back to its authors."""
    check_move(ALLOWED, NAME, entry.state, _working_state(entry))
    return _back_to_work(entry)


def publish(
    entry: Entry, *, approval: Review, readers: Mapping[str, Audience], now: datetime
) -> tuple[Entry, Version, list[EntryPublished]]:
    """Make the working copy public as a new, immutable version.

    Args:
        entry: the entry under review.
        approval: its approved review.
        readers: who may read each piece of evidence now, by its id.
        now: the moment of publication.

    Raises:
        NotApproved: the review is not an approval of exactly this content of this entry.
        EvidenceNotForReaders: evidence was narrowed since the review was requested.
    """
    check_move(ALLOWED, NAME, entry.state, EntryState.PUBLISHED)
    content, number = entry.content, entry.next_number
    approved = approval.state is ReviewState.APPROVED and approval.reviewer_id is not None
    if not approved or (approval.entry_id, approval.number, approval.content_hash) != (entry.id, number, content.hash):
        raise NotApproved
    check_leaks(content.citations, readers, READERS)
    published = Published(number=number, content=content, content_hash=content.hash, published_at=now)
    version = Version(
        id=f"{entry.id}.{number}",
        entry_id=entry.id,
        number=number,
        content=content,
        content_hash=content.hash,
        authors=entry.authors,
        reviewer_id=str(approval.reviewer_id),
        reason=entry.reason,
        published_at=now,
    )
    fact = EntryPublished(
        entry_id=entry.id,
        kind=content.kind,
        number=number,
        topics=content.topics,
        pole=content.pole,
        suggestion_id=entry.suggestion_id,
    )
    settled = entry.changed(state=EntryState.PUBLISHED, published=published, authors=(), reason="")
    return settled, version, [fact]


def merge(entry: Entry, *, into: Entry, reason: str) -> tuple[Entry, Entry, list[EntriesMerged]]:
    """Let another entry speak for this one from now on. Its versions stay as they were; its readers are led on.

    Gives the entry, and the one that stays: it says what it said, and tells what this one rested on, too.

    Raises:
        NotOneAndTheSame: it is the same entry, one of another kind, or one that nobody can read.
        WrongState: this one is not public, or under review.
    """
    check_move(ALLOWED, NAME, entry.state, EntryState.MERGED)
    if entry.id == into.id or entry.content.kind is not into.content.kind or into.published is None:
        raise NotOneAndTheSame
    merged = entry.changed(
        state=EntryState.MERGED, published=None, merged_into=into.id, inherited=(), authors=(), reason=reason
    )
    stays = into.changed(inherited=(*into.inherited, *_own(entry), *entry.inherited))
    return merged, stays, [EntriesMerged(entry_id=entry.id, into_entry_id=into.id, kind=entry.content.kind)]


def _own(entry: Entry) -> tuple[Inherited, ...]:
    if entry.published is None:
        return ()
    number, public = entry.published.number, entry.published.content
    return (Inherited(entry_id=entry.id, number=number, title=public.title, citations=public.citations),)


def _check_classed(content: Content) -> None:
    if content.kind is EntryKind.QUESTION and content.pole is None:
        raise Invalid(
            field="pole",
            reason_de="Eine Frage ist als Herausforderung oder als Chance gestellt.",
            reason_en="A question is asked as a challenge or as an opportunity.",
        )


def _working_state(entry: Entry) -> EntryState:
    return EntryState.NEEDS_REVISION if entry.published else EntryState.DRAFT


def _back_to_work(entry: Entry) -> Entry:
    state = _working_state(entry)
    if state is not entry.state:
        check_move(ALLOWED, NAME, entry.state, state)
    return entry.changed(state=state)
