"""A version becomes public by the approval of exactly its content, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from catalog.examples import AUTHOR, NOW, REVIEWER, approval_of, content, draft, published, review_of, submitted
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from missionare.catalog.entry import domain
from missionare.catalog.entry.domain import ALLOWED, Entry, EntryState, NotApproved, NothingChanged
from missionare.catalog.events import (
    EntryDrafted,
    EntryKind,
    EntryMarkedForRevision,
    EntryPublished,
    EntrySubmittedForReview,
    Topic,
)
from missionare.catalog.evidence.domain import Audience, EvidenceNotForReaders
from missionare.catalog.review import domain as reviews
from missionare.catalog.review.domain import Review, ReviewState
from missionare.kit.refusals import Invalid, Refusal, WrongState


def edited(entry: Entry, **changes: Any) -> Entry:
    return domain.edit(entry, content=content(**changes), author_id=AUTHOR, reason="")[0]


def publish(entry: Entry, approval: Review) -> Entry:
    return domain.publish(entry, approval=approval, readers={}, now=NOW)[0]


def test_a_new_entry_is_a_draft_without_a_published_version() -> None:
    entry, (fact,) = domain.draft(
        id="entry-1", content=content(), author_id=AUTHOR, suggestion_id="suggestion-1", now=NOW
    )

    assert (entry.state, entry.published) == (EntryState.DRAFT, None)
    assert fact == EntryDrafted(
        entry_id="entry-1",
        kind=EntryKind.QUESTION,
        topics=(Topic.DATA, Topic.PEOPLE),
        suggestion_id="suggestion-1",
    )


def test_a_question_is_asked_as_a_challenge_or_as_an_opportunity() -> None:
    with pytest.raises(Invalid):
        draft(pole=None)

    assert draft(kind=EntryKind.VALUE, pole=None).content.pole is None


def test_approval_publishes_the_content_as_the_next_version() -> None:
    entry = submitted()

    public, version, facts = domain.publish(entry, approval=approval_of(entry), readers={}, now=NOW)

    assert public.state is EntryState.PUBLISHED
    assert public.published is not None
    assert public.published.content == version.content == entry.content
    assert (version.number, version.authors, version.reviewer_id) == (1, (AUTHOR,), REVIEWER)
    assert [type(fact) for fact in facts] == [EntryPublished]


def test_an_edited_published_entry_stays_public_as_it_was() -> None:
    public = published()

    revised, facts = domain.edit(public, content=content(title="Neu gefragt"), author_id="other", reason="Neuer Beleg")

    assert revised.state is EntryState.NEEDS_REVISION
    assert revised.published == public.published
    assert facts == [EntryMarkedForRevision(entry_id="entry-1", number=1)]


def test_the_next_version_has_the_next_number_and_its_own_authors() -> None:
    revised, _ = domain.edit(published(), content=content(title="Neu gefragt"), author_id="other", reason="Neuer Beleg")
    waiting, (fact,) = domain.submit(revised, {})

    public, version, _ = domain.publish(waiting, approval=approval_of(waiting), readers={}, now=NOW)

    assert fact == EntrySubmittedForReview(entry_id="entry-1", number=2)
    assert (version.number, version.authors, version.reason) == (2, ("other",), "Neuer Beleg")
    assert public.published is not None
    assert public.published.content.title == "Neu gefragt"


def test_an_edit_under_review_takes_the_entry_back_to_work() -> None:
    assert edited(submitted(), title="Anders gefragt").state is EntryState.DRAFT


def test_an_edit_that_changes_nothing_is_refused_and_leaves_the_review_valid() -> None:
    with pytest.raises(NothingChanged):
        edited(submitted())


def test_what_was_approved_cannot_be_exchanged_for_something_else() -> None:
    entry = submitted()
    approval = approval_of(entry)
    exchanged, _ = domain.submit(edited(entry, title="Unbemerkt ausgetauscht"), {})

    with pytest.raises(NotApproved):
        publish(exchanged, approval)


def test_sealing_a_source_is_another_content_and_needs_another_approval() -> None:
    open_source = content().with_evidence("e", sealed=False)

    assert open_source.hash != content().with_evidence("e", sealed=True).hash != content().hash


def test_the_order_in_which_topics_were_ticked_makes_no_other_content() -> None:
    assert content(topics=(Topic.PEOPLE, Topic.DATA)).hash == content(topics=(Topic.DATA, Topic.PEOPLE)).hash


@pytest.mark.parametrize(
    "changes",
    [
        {"state": ReviewState.REQUESTED},
        {"state": ReviewState.CHANGES_REQUESTED},
        {"state": ReviewState.WITHDRAWN},
        {"entry_id": "entry-2"},
        {"number": 2},
        {"content_hash": "0" * 64},
        {"reviewer_id": None},
    ],
)
def test_only_the_approval_of_this_very_content_publishes(changes: dict[str, Any]) -> None:
    entry = submitted()

    with pytest.raises(NotApproved):
        publish(entry, approval_of(entry).changed(**changes))


def test_evidence_narrowed_after_the_request_stops_the_publication() -> None:
    leaky = draft().changed(content=content().with_evidence("e", sealed=False))
    entry, _ = domain.submit(leaky, {"e": Audience.PUBLIC})

    with pytest.raises(EvidenceNotForReaders):
        domain.publish(entry, approval=approval_of(entry), readers={"e": Audience.JOURNEY_GROUP}, now=NOW)


def test_a_review_is_not_asked_for_while_evidence_would_leak() -> None:
    leaky = draft().changed(content=content().with_evidence("e", sealed=False))

    with pytest.raises(EvidenceNotForReaders):
        domain.submit(leaky, {"e": Audience.NETWORK})


STEPS: dict[EntryState, Callable[[Entry], Entry]] = {
    EntryState.IN_REVIEW: lambda entry: domain.submit(entry, {})[0],
    EntryState.PUBLISHED: lambda entry: publish(entry, approval_of(entry)),
    EntryState.DRAFT: domain.send_back,
    EntryState.NEEDS_REVISION: domain.send_back,
    EntryState.MERGED: lambda entry: domain.merge(entry, into=published().changed(id="other"), reason="gleich")[0],
}


@given(st.sampled_from(EntryState), st.booleans(), st.sampled_from(sorted(STEPS)))
def test_no_step_takes_a_way_that_the_table_does_not_know(old: EntryState, public: bool, new: EntryState) -> None:
    entry = (published() if public else draft()).changed(state=old)
    try:
        reached = STEPS[new](entry).state
    except WrongState:
        return
    assert reached in ALLOWED[old]


class PublicationMachine(RuleBasedStateMachine):
    """Editors and reviewers act in any order; whatever is public was approved as exactly that by somebody else."""

    def __init__(self) -> None:
        super().__init__()
        self.entry = draft()
        self.review: Review | None = None
        self.approved: set[tuple[int, str]] = set()

    @rule(title=st.sampled_from(["eins", "zwei", "drei"]), author=st.sampled_from(["anna", "bernd", "cem"]))
    def edit(self, title: str, author: str) -> None:
        try:
            self.entry, _ = domain.edit(self.entry, content=content(title=title), author_id=author, reason="")
        except NothingChanged:
            return
        if self.review is not None and self.review.state is ReviewState.REQUESTED:
            self.review, _ = reviews.void(self.review, now=NOW)

    @rule()
    def submit(self) -> None:
        try:
            self.entry, _ = domain.submit(self.entry, {})
        except WrongState:
            return
        self.review = review_of(self.entry)

    @rule(reviewer=st.sampled_from(["anna", "bernd", "cem"]), organisation=st.sampled_from([None, "host", "other"]))
    def approve(self, reviewer: str, organisation: str | None) -> None:
        if self.review is None:
            return
        try:
            approval, _ = reviews.approve(
                self.review,
                reviewer_id=reviewer,
                reviewer_organisation_id=organisation,
                organisations_concerned={"host"},
                now=NOW,
            )
            public, version, _ = domain.publish(self.entry, approval=approval, readers={}, now=NOW)
        except Refusal:
            return
        assert reviewer not in version.authors
        assert organisation != "host"
        self.approved.add((version.number, approval.content_hash))
        self.entry, self.review = public, approval

    @rule()
    def send_back(self) -> None:
        if self.review is None or self.review.state is not ReviewState.REQUESTED:
            return
        self.review, _ = reviews.request_changes(self.review, reviewer_id=REVIEWER, comment="Bitte kürzer", now=NOW)
        self.entry = domain.send_back(self.entry)

    @invariant()
    def what_is_public_was_approved_as_it_is(self) -> None:
        public = self.entry.published
        if public is not None:
            assert public.content.hash == public.content_hash
            assert (public.number, public.content_hash) in self.approved

    @invariant()
    def an_entry_is_in_review_exactly_while_a_review_of_its_content_is_open(self) -> None:
        waiting = self.review is not None and self.review.state is ReviewState.REQUESTED
        assert waiting == (self.entry.state is EntryState.IN_REVIEW)
        if waiting and self.review:
            assert self.review.content_hash == self.entry.content.hash


TestPublicationWithoutApprovalNeverHappens = PublicationMachine.TestCase
