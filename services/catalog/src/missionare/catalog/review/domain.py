"""Reviews: states, four eyes, and the tie to exactly one content."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from missionare.catalog.events import ApprovalVoided, ChangesRequested, ReviewApproved, ReviewRequested
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.refusals import Forbidden, NotFound, Text


class ReviewState(StrEnum):
    """Where a review stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    WITHDRAWN = "withdrawn"


NAME: Text = {"de": "Fachprüfung", "en": "Review"}
ALLOWED: Transitions[ReviewState] = {
    ReviewState.REQUESTED: frozenset({ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED, ReviewState.WITHDRAWN}),
    ReviewState.APPROVED: frozenset(),
    ReviewState.CHANGES_REQUESTED: frozenset(),
    ReviewState.WITHDRAWN: frozenset(),
}


class Review(Aggregate):
    """One request to read one content. It ends with that content, whatever happens to the entry."""

    state: ReviewState
    entry_id: str
    number: int
    content_hash: str
    authors: tuple[str, ...]
    requested_at: datetime
    reviewer_id: str | None = None
    comment: str | None = None
    ended_at: datetime | None = None


class ReviewUnknown(NotFound):
    """There is no such review, or the caller may not see it."""

    title: ClassVar[Text] = {"de": "Fachprüfung nicht gefunden", "en": "Review not found"}


class ReviewerIsAuthor(Forbidden):
    """Whoever wrote on this draft cannot be the second pair of eyes."""

    title: ClassVar[Text] = {"de": "Vier-Augen-Prinzip", "en": "Four eyes"}
    text: ClassVar[Text] = {
        "de": "Sie haben an diesem Entwurf mitgeschrieben und können ihn deshalb nicht selbst freigeben.",
        "en": "You wrote on this draft, so you cannot approve it yourself.",
    }
    next: ClassVar[Text] = {
        "de": "Bitten Sie eine andere Person mit der Rolle Fachprüfung.",
        "en": "Ask another person with the role of reviewer.",
    }


class ReviewerIsConcerned(Forbidden):
    """The reviewer belongs to an organisation that the evidence is about."""

    title: ClassVar[Text] = {"de": "Befangen", "en": "Conflict of interest"}
    text: ClassVar[Text] = {
        "de": "Der Eintrag stützt sich auf Ihre eigene Organisation; die Prüfung braucht jemanden von außen.",
        "en": "The entry rests on your own organisation; the review needs somebody from outside.",
    }
    next: ClassVar[Text] = {
        "de": "Bitten Sie eine Person aus einer anderen Organisation.",
        "en": "Ask a person of another organisation.",
    }


def request(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    entry_id: str,
    number: int,
    content_hash: str,
    authors: tuple[str, ...],
    now: datetime,
) -> tuple[Review, list[ReviewRequested]]:
    """Ask for the review of the content with this hash."""
    review = Review(
        id=id,
        state=ReviewState.REQUESTED,
        entry_id=entry_id,
        number=number,
        content_hash=content_hash,
        authors=authors,
        requested_at=now,
    )
    fact = ReviewRequested(review_id=id, entry_id=entry_id, number=number, content_hash=content_hash)
    return review, [fact]


def approve(
    review: Review,
    *,
    reviewer_id: str,
    reviewer_organisation_id: str | None,
    organisations_concerned: AbstractSet[str],
    now: datetime,
) -> tuple[Review, list[ReviewApproved]]:
    """Approve the content that was reviewed, as somebody who neither wrote it nor is its subject.

    Raises:
        ReviewerIsAuthor: the reviewer wrote on the draft.
        ReviewerIsConcerned: the reviewer's organisation is one the evidence is about.
    """
    if reviewer_id in review.authors:
        raise ReviewerIsAuthor
    if reviewer_organisation_id in organisations_concerned:
        raise ReviewerIsConcerned
    ended = _ended(review, ReviewState.APPROVED, now).changed(reviewer_id=reviewer_id)
    fact = ReviewApproved(review_id=review.id, entry_id=review.entry_id, number=review.number, reviewer_id=reviewer_id)
    return ended, [fact]


def request_changes(
    review: Review, *, reviewer_id: str, comment: str, now: datetime
) -> tuple[Review, list[ChangesRequested]]:
    """Give the draft back, saying what is missing."""
    ended = _ended(review, ReviewState.CHANGES_REQUESTED, now).changed(reviewer_id=reviewer_id, comment=comment)
    return ended, [ChangesRequested(review_id=review.id, entry_id=review.entry_id, number=review.number)]


def void(review: Review, *, now: datetime) -> tuple[Review, list[ApprovalVoided]]:
    """End a review whose content is no longer what the entry says."""
    ended = _ended(review, ReviewState.WITHDRAWN, now)
    return ended, [ApprovalVoided(review_id=review.id, entry_id=review.entry_id, number=review.number)]


def _ended(review: Review, state: ReviewState, now: datetime) -> Review:
    check_move(ALLOWED, NAME, review.state, state)
    return review.changed(state=state, ended_at=now)
