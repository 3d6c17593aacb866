"""Nobody reads in an entry what they may not read at its source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missionare.catalog.evidence.domain import Audience, Citation, EvidenceNotForReaders, check_leaks, includes

audiences = st.sampled_from(Audience)


def citing(*evidence: str, sealed: bool = False) -> list[Citation]:
    return [Citation(evidence_id=piece, sealed=sealed) for piece in evidence]


@given(audiences)
def test_everybody_is_among_themselves_and_among_the_public(audience: Audience) -> None:
    assert includes(audience, audience)
    assert includes(Audience.PUBLIC, audience)


@given(audiences, audiences, audiences)
def test_readers_of_readers_are_readers(widest: Audience, middle: Audience, narrowest: Audience) -> None:
    if includes(widest, middle) and includes(middle, narrowest):
        assert includes(widest, narrowest)


@given(audiences, audiences)
def test_two_different_audiences_are_never_the_same_readers(one: Audience, other: Audience) -> None:
    assert one is other or not (includes(one, other) and includes(other, one))


@pytest.mark.parametrize(
    ("readers", "others"),
    [
        (Audience.ORGANISATION, Audience.REPRESENTATION),
        (Audience.REPRESENTATION, Audience.ORGANISATION),
        (Audience.ORGANISATION, Audience.JOURNEY_GROUP),
        (Audience.JOURNEY_GROUP, Audience.ORGANISATION),
        (Audience.NETWORK, Audience.PUBLIC),
    ],
)
def test_audiences_without_order_do_not_include_each_other(readers: Audience, others: Audience) -> None:
    assert not includes(readers, others)


@given(audiences)
def test_only_public_evidence_stands_openly_behind_a_public_entry(audience: Audience) -> None:
    if audience is Audience.PUBLIC:
        check_leaks(citing("e"), {"e": audience}, Audience.PUBLIC)
    else:
        with pytest.raises(EvidenceNotForReaders):
            check_leaks(citing("e"), {"e": audience}, Audience.PUBLIC)


@given(audiences)
def test_sealed_evidence_never_stands_in_the_way(audience: Audience) -> None:
    check_leaks(citing("e", sealed=True), {"e": audience}, Audience.PUBLIC)


def test_evidence_whose_readers_are_unknown_is_nobodys() -> None:
    with pytest.raises(EvidenceNotForReaders):
        check_leaks(citing("e"), {}, Audience.NETWORK)


def test_the_refusal_names_every_piece_that_stands_in_the_way() -> None:
    readers = {"open": Audience.PUBLIC, "group": Audience.JOURNEY_GROUP, "network": Audience.NETWORK}

    with pytest.raises(EvidenceNotForReaders) as refused:
        check_leaks(citing("open", "group", "network"), readers, Audience.PUBLIC)

    for language in ("de", "en"):
        assert "group, network" in refused.value.say(language)
        assert "open" not in refused.value.say(language)
