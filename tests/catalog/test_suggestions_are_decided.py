"""An editor accepts, merges or rejects a suggestion, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from catalog.examples import NOW, source, suggestion
from hypothesis import given
from hypothesis import strategies as st

from missionare.catalog.events import SuggestionAccepted, SuggestionMerged, SuggestionRaised, SuggestionRejected
from missionare.catalog.suggestion import domain
from missionare.catalog.suggestion.domain import ALLOWED, SourceWithdrawn, Suggestion, SuggestionState
from missionare.kit.aggregates import terminal
from missionare.kit.refusals import WrongState

DECISIONS: dict[SuggestionState, Callable[[Suggestion], tuple[Suggestion, list[Any]]]] = {
    SuggestionState.ACCEPTED: lambda s: domain.accept(s, entry_id="entry-1", editor_id="editor", now=NOW),
    SuggestionState.MERGED: lambda s: domain.merge(s, entry_id="entry-1", editor_id="editor", now=NOW),
    SuggestionState.REJECTED: lambda s: domain.reject(s, reason="Schon beantwortet", editor_id="editor", now=NOW),
}


def test_a_raised_suggestion_is_open_and_tells_of_its_source_without_its_text() -> None:
    raised, facts = domain.suggest(
        source(), id="s", text="Der Wortlaut", journey_id="j", organisation_id="h", likely_entries=(), now=NOW
    )

    assert raised.state is SuggestionState.OPEN
    (fact,) = facts
    assert isinstance(fact, SuggestionRaised)
    assert "Wortlaut" not in fact.model_dump_json()


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (SuggestionState.ACCEPTED, SuggestionAccepted),
        (SuggestionState.MERGED, SuggestionMerged),
        (SuggestionState.REJECTED, SuggestionRejected),
    ],
)
def test_a_decision_is_kept_with_who_made_it_and_told(state: SuggestionState, told: type) -> None:
    decided, facts = DECISIONS[state](suggestion())

    assert (decided.state, decided.decided_by, decided.decided_at) == (state, "editor", NOW)
    assert [type(fact) for fact in facts] == [told]


@given(st.sampled_from(SuggestionState), st.sampled_from(sorted(DECISIONS)))
def test_no_decision_takes_a_way_that_the_table_does_not_know(old: SuggestionState, new: SuggestionState) -> None:
    try:
        decided, _ = DECISIONS[new](suggestion(state=old))
    except WrongState:
        assert new not in ALLOWED[old]
    else:
        assert new in ALLOWED[old]
        assert decided.state is new


def test_what_is_decided_stays_decided() -> None:
    assert terminal(ALLOWED) == set(SuggestionState) - {SuggestionState.OPEN}


@pytest.mark.parametrize("state", [SuggestionState.ACCEPTED, SuggestionState.MERGED])
def test_a_suggestion_whose_source_was_withdrawn_cannot_be_taken_over(state: SuggestionState) -> None:
    silent: Suggestion = domain.retell(suggestion(), None)

    with pytest.raises(SourceWithdrawn):
        DECISIONS[state](silent)


def test_a_suggestion_whose_source_was_withdrawn_can_be_rejected() -> None:
    rejected, _ = DECISIONS[SuggestionState.REJECTED](domain.retell(suggestion(), None))

    assert rejected.state is SuggestionState.REJECTED


@pytest.mark.parametrize("state", SuggestionState)
def test_a_withdrawn_text_is_forgotten_in_every_state(state: SuggestionState) -> None:
    assert domain.retell(suggestion(state=state), None).text is None
