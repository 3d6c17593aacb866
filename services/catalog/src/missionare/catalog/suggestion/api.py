"""Routes of suggestions: an editor accepts, merges or rejects; nothing publishes itself."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from missionare.catalog.api import EDITORS, WORKSHOP, Reason, Reference, person_of
from missionare.catalog.entry import domain as entry_domain
from missionare.catalog.entry.api import DraftView, EntryDraft, check_limits
from missionare.catalog.entry.store import Entries
from missionare.catalog.events import EntryKind, Pole, SourceKind, Topic
from missionare.catalog.evidence import domain as evidence_domain
from missionare.catalog.evidence.domain import Evidence
from missionare.catalog.evidence.store import EvidenceLinks
from missionare.catalog.review.api import void_open_review
from missionare.catalog.suggestion import domain
from missionare.catalog.suggestion.domain import Suggestion, SuggestionState
from missionare.catalog.suggestion.store import Suggestions
from missionare.catalog.suggestion.views import Candidates
from missionare.kit.answers import Answer
from missionare.kit.routes import Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("catalog")


class SuggestionView(Answer):
    """A suggestion as the workshop sees it."""

    id: str
    version: int
    state: SuggestionState
    source_kind: SourceKind
    source_id: str
    journey_id: str | None
    kind: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    text: str | None
    raised_at: datetime
    entry_id: str | None
    reason: str | None
    decided_at: datetime | None

    @classmethod
    def of(cls, suggestion: Suggestion, scope: Scope) -> Self:
        """Show a suggestion."""
        del scope
        return cls(**suggestion.model_dump(include=set(SuggestionView.model_fields)))


class LikelyDuplicate(Answer):
    """An entry that says something similar already."""

    entry_id: str
    title: str
    score: int
    """Of 100."""


class SuggestionWithDuplicates(SuggestionView):
    """A suggestion with the entries it may merely repeat, the most similar first."""

    likely_duplicates: tuple[LikelyDuplicate, ...] = ()


class Acceptance(EntryDraft):
    """The entry that an editor writes from a suggestion."""

    sealed: bool = False
    """The agency vouches for the source, and readers never learn which one it is."""


class Merge(Body):
    """The entry that a suggestion is to support."""

    entry_id: Reference
    sealed: bool = False


class Rejection(Body):
    """Why a suggestion does not become part of the catalog."""

    reason: Reason


@routes.get("/suggestions", policy=WORKSHOP, answers=Paged[SuggestionView])
async def list_suggestions(
    reader: Reader,
    state: SuggestionState | None = None,
    journey_id: Reference | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[SuggestionView]:
    """List suggestions, the oldest first."""
    where = {**({"state": state.value} if state else {}), **({"journey_id": journey_id} if journey_id else {})}
    page = await reader.store(Suggestions).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[SuggestionView].of(page, SuggestionView, reader.scope)


@routes.get("/suggestions/{suggestion_id}", policy=WORKSHOP, answers=SuggestionWithDuplicates)
async def read_suggestion(suggestion_id: str, reader: Reader) -> SuggestionWithDuplicates:
    """Show a suggestion, with likely duplicates ranked as of now."""
    suggestion = await reader.store(Suggestions).get(suggestion_id, reader.scope)
    ranked = await reader.store(Candidates).ranked(suggestion.text or "", reader.scope)
    view = SuggestionWithDuplicates.of(suggestion, reader.scope)
    likely = tuple(LikelyDuplicate(entry_id=like.entry_id, title=like.title, score=like.score) for like in ranked)
    return view.model_copy(update={"likely_duplicates": likely})


@routes.post(
    "/suggestions/{suggestion_id}/acceptance", policy=EDITORS, shows=(Entries, DraftView), status=201, changes=True
)
async def accept_suggestion(suggestion_id: str, body: Acceptance, command: Command) -> Done:
    """Draft an entry from a suggestion, resting on its source."""
    suggestions = command.store(Suggestions)
    suggestion = await suggestions.get(suggestion_id, command.scope)
    command.match(suggestion)
    await check_limits(body.limits, command)
    editor_id, entry_id = person_of(command.caller), command.new_id()
    evidence = _rest_on(suggestion, entry_id, command)
    entry, drafted = entry_domain.draft(
        id=entry_id,
        content=body.content().with_evidence(evidence.id, sealed=body.sealed),
        author_id=editor_id,
        suggestion_id=suggestion_id,
        now=command.now,
    )
    accepted, facts = domain.accept(suggestion, entry_id=entry_id, editor_id=editor_id, now=command.now)
    command.save(suggestions, accepted, facts)
    command.save(command.store(Entries), entry, drafted)
    return command.done(entry_id)


@routes.post("/suggestions/{suggestion_id}/merge", policy=EDITORS, shows=(Suggestions, SuggestionView), changes=True)
async def merge_suggestion(suggestion_id: str, body: Merge, command: Command) -> Done:
    """Let a suggestion support an existing entry. That edits the entry, so an open review of it is void."""
    suggestions, entries = command.store(Suggestions), command.store(Entries)
    suggestion = await suggestions.get(suggestion_id, command.scope)
    command.match(suggestion)
    entry = await entries.get(body.entry_id, command.scope)
    editor_id = person_of(command.caller)
    merged, facts = domain.merge(suggestion, entry_id=entry.id, editor_id=editor_id, now=command.now)
    evidence = _rest_on(suggestion, entry.id, command)
    content = entry.content.with_evidence(evidence.id, sealed=body.sealed)
    edited, marked = entry_domain.edit(entry, content=content, author_id=editor_id, reason="")
    command.save(suggestions, merged, facts)
    command.save(entries, edited, marked)
    await void_open_review(entry.id, command)
    return command.done(suggestion_id)


@routes.post(
    "/suggestions/{suggestion_id}/rejection", policy=EDITORS, shows=(Suggestions, SuggestionView), changes=True
)
async def reject_suggestion(suggestion_id: str, body: Rejection, command: Command) -> Done:
    """Decline a suggestion for a reason that its author may read."""
    suggestions = command.store(Suggestions)
    suggestion = await suggestions.get(suggestion_id, command.scope)
    command.match(suggestion)
    rejected, facts = domain.reject(
        suggestion, reason=body.reason, editor_id=person_of(command.caller), now=command.now
    )
    command.save(suggestions, rejected, facts)
    return command.done(suggestion_id)


def _rest_on(suggestion: Suggestion, entry_id: str, command: Command) -> Evidence:
    evidence, facts = evidence_domain.link(
        id=command.new_id(),
        entry_id=entry_id,
        source=(suggestion.source_kind, suggestion.source_id),
        journey_id=suggestion.journey_id,
        organisation_id=suggestion.organisation_id,
        now=command.now,
    )
    command.save(command.store(EvidenceLinks), evidence, facts)
    return evidence
