"""A completed journey proposes an edition; a person publishes or discards it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from catalog.examples import NOW
from hypothesis import given
from hypothesis import strategies as st

from missionare.catalog.edition import domain
from missionare.catalog.edition.domain import ALLOWED, Edition, EditionState, FrozenVersion, NothingToFreeze
from missionare.catalog.events import CatalogEditionPublished, CatalogUpdateDiscarded, CatalogUpdateProposed
from missionare.catalog.source.domain import Journey, complete
from missionare.kit.refusals import WrongState

VERSIONS = [FrozenVersion(entry_id="entry-1", number=4, content_hash="f" * 64)]

STEPS: dict[EditionState, Callable[[Edition], tuple[Edition, list[Any]]]] = {
    EditionState.PUBLISHED: lambda e: domain.publish(e, versions=VERSIONS, editor_id="editor", now=NOW),
    EditionState.DISCARDED: lambda e: domain.discard(e, editor_id="editor", now=NOW),
}


def proposed(**changes: object) -> Edition:
    edition, _ = domain.propose(id="edition-1", journey_id="j", revision=1, suggestions=3, entries=1, now=NOW)
    return edition.changed(**changes)


def test_a_proposal_tells_how_much_there_is_to_decide() -> None:
    _, facts = domain.propose(id="edition-1", journey_id="j", revision=2, suggestions=3, entries=1, now=NOW)

    assert facts == [
        CatalogUpdateProposed(edition_id="edition-1", journey_id="j", revision=2, suggestions=3, entries=1)
    ]


def test_publishing_freezes_the_versions_of_the_moment() -> None:
    published, facts = STEPS[EditionState.PUBLISHED](proposed())

    assert published.versions == tuple(VERSIONS)
    assert facts == [CatalogEditionPublished(edition_id="edition-1", entries=1)]


def test_an_empty_edition_is_not_published() -> None:
    with pytest.raises(NothingToFreeze):
        domain.publish(proposed(), versions=[], editor_id="editor", now=NOW)


def test_a_discarded_proposal_is_told() -> None:
    _, facts = STEPS[EditionState.DISCARDED](proposed())

    assert facts == [CatalogUpdateDiscarded(edition_id="edition-1")]


@given(st.sampled_from(EditionState), st.sampled_from(sorted(STEPS)))
def test_no_step_takes_a_way_that_the_table_does_not_know(old: EditionState, new: EditionState) -> None:
    try:
        decided, _ = STEPS[new](proposed(state=old))
    except WrongState:
        assert new not in ALLOWED[old]
    else:
        assert new in ALLOWED[old]
        assert decided.state is new


@given(st.integers(0, 5), st.integers(0, 5))
def test_a_journey_is_complete_when_everything_announced_has_come(insights: int, participations: int) -> None:
    journey = Journey(journey_id="j", revision=1, insights_released=3, participations=2)

    assert complete(journey, insights=insights, participations=participations) == (
        insights >= 3 and participations >= 2
    )
