"""A review is made by somebody who neither wrote the draft nor belongs to those it is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from catalog.examples import AUTHOR, NOW, REVIEWER, approval_of, draft, review_of
from hypothesis import given
from hypothesis import strategies as st

from missionare.catalog.events import ApprovalVoided, ChangesRequested, ReviewApproved
from missionare.catalog.review import domain
from missionare.catalog.review.domain import ALLOWED, Review, ReviewerIsAuthor, ReviewerIsConcerned, ReviewState
from missionare.kit.refusals import WrongState

STEPS: dict[ReviewState, Callable[[Review], tuple[Review, list[Any]]]] = {
    ReviewState.APPROVED: lambda review: domain.approve(
        review, reviewer_id=REVIEWER, reviewer_organisation_id=None, organisations_concerned=set(), now=NOW
    ),
    ReviewState.CHANGES_REQUESTED: lambda review: domain.request_changes(
        review, reviewer_id=REVIEWER, comment="Bitte kürzer", now=NOW
    ),
    ReviewState.WITHDRAWN: lambda review: domain.void(review, now=NOW),
}


def test_the_author_cannot_approve() -> None:
    with pytest.raises(ReviewerIsAuthor):
        approval_of(draft(), reviewer_id=AUTHOR)


def test_nobody_approves_what_rests_on_their_own_organisation() -> None:
    with pytest.raises(ReviewerIsConcerned):
        approval_of(draft(), reviewer_organisation_id="host-1", organisations_concerned={"host-1", "host-2"})


def test_a_reviewer_of_another_organisation_may_approve() -> None:
    approved = approval_of(draft(), reviewer_organisation_id="agency", organisations_concerned={"host-1"})

    assert (approved.state, approved.reviewer_id) == (ReviewState.APPROVED, REVIEWER)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (ReviewState.APPROVED, ReviewApproved),
        (ReviewState.CHANGES_REQUESTED, ChangesRequested),
        (ReviewState.WITHDRAWN, ApprovalVoided),
    ],
)
def test_the_end_of_a_review_is_told(state: ReviewState, told: type) -> None:
    ended, facts = STEPS[state](review_of(draft()))

    assert (ended.state, ended.ended_at) == (state, NOW)
    assert [type(fact) for fact in facts] == [told]


def test_a_comment_is_for_the_authors_and_never_in_a_fact() -> None:
    ended, (fact,) = STEPS[ReviewState.CHANGES_REQUESTED](review_of(draft()))

    assert ended.comment == "Bitte kürzer"
    assert "kürzer" not in fact.model_dump_json()


@given(st.sampled_from(ReviewState), st.sampled_from(sorted(STEPS)))
def test_no_step_takes_a_way_that_the_table_does_not_know(old: ReviewState, new: ReviewState) -> None:
    try:
        ended, _ = STEPS[new](review_of(draft()).changed(state=old))
    except WrongState:
        assert new not in ALLOWED[old]
    else:
        assert new in ALLOWED[old]
        assert ended.state is new
