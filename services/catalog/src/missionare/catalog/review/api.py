"""Routes of reviews: the second pair of eyes."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from missionare.catalog.api import REVIEWERS, WORKSHOP, Reason, person_of
from missionare.catalog.entry import domain as entry_domain
from missionare.catalog.entry.store import Entries, Versions
from missionare.catalog.evidence.store import EvidenceLinks
from missionare.catalog.review import domain
from missionare.catalog.review.domain import Review, ReviewState
from missionare.catalog.review.store import Reviews
from missionare.catalog.source.views import Sources
from missionare.kit.answers import Answer
from missionare.kit.routes import Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("catalog")


class ReviewView(Answer):
    """A review as the workshop sees it."""

    id: str
    version: int
    state: ReviewState
    entry_id: str
    number: int
    content_hash: str
    authors: tuple[str, ...]
    requested_at: datetime
    reviewer_id: str | None
    comment: str | None
    ended_at: datetime | None

    @classmethod
    def of(cls, review: Review, scope: Scope) -> Self:
        """Show a review."""
        del scope
        return cls(**review.model_dump(include=set(cls.model_fields)))


class Comment(Body):
    """What is missing, for the authors."""

    comment: Reason


@routes.get("/reviews", policy=WORKSHOP, answers=Paged[ReviewView])
async def list_reviews(
    reader: Reader, state: ReviewState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[ReviewView]:
    """List reviews, the oldest first."""
    where = {"state": state.value} if state else {}
    page = await reader.store(Reviews).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[ReviewView].of(page, ReviewView, reader.scope)


@routes.get("/reviews/{review_id}", policy=WORKSHOP, answers=ReviewView)
async def read_review(review_id: str, reader: Reader) -> ReviewView:
    """Show a review; the content it is bound to is the entry's draft."""
    return ReviewView.of(await reader.store(Reviews).get(review_id, reader.scope), reader.scope)


@routes.post("/reviews/{review_id}/approval", policy=REVIEWERS, shows=(Reviews, ReviewView), changes=True)
async def approve_review(review_id: str, command: Command) -> Done:
    """Approve the content under review; in the same moment it is published as the next version."""
    reviews, entries = command.store(Reviews), command.store(Entries)
    review = await reviews.get(review_id, command.scope)
    command.match(review)
    entry = await entries.get(review.entry_id, command.scope)
    evidence = await command.store(EvidenceLinks).cited(entry.content.citations, command.scope)
    approved, approval = domain.approve(
        review,
        reviewer_id=person_of(command.caller),
        reviewer_organisation_id=command.caller.organisation_id,
        organisations_concerned={piece.organisation_id for piece in evidence if piece.organisation_id},
        now=command.now,
    )
    published, version, publication = entry_domain.publish(
        entry,
        approval=approved,
        readers=await command.store(Sources).readers(evidence, command.scope),
        now=command.now,
    )
    command.save(reviews, approved, approval)
    command.save(entries, published, publication)
    command.save(command.store(Versions), version)
    return command.done(review_id)


@routes.post("/reviews/{review_id}/changes-requested", policy=REVIEWERS, shows=(Reviews, ReviewView), changes=True)
async def request_changes(review_id: str, body: Comment, command: Command) -> Done:
    """Give the draft back to its authors, saying what is missing."""
    reviews, entries = command.store(Reviews), command.store(Entries)
    review = await reviews.get(review_id, command.scope)
    command.match(review)
    entry = await entries.get(review.entry_id, command.scope)
    ended, facts = domain.request_changes(
        review, reviewer_id=person_of(command.caller), comment=body.comment, now=command.now
    )
    command.save(reviews, ended, facts)
    command.save(entries, entry_domain.send_back(entry))
    return command.done(review_id)


async def void_open_review(entry_id: str, command: Command) -> None:
    """End the review of an entry that has just been edited, if one was open."""
    reviews = command.store(Reviews)
    review = await reviews.open_of(entry_id, command.scope)
    if review is not None:
        ended, facts = domain.void(review, now=command.now)
        command.save(reviews, ended, facts)
