"""Affiliations: proposed, confirmed, ended; one of a person's is the primary one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Text
from missionare.members.events import AffiliationConfirmed, AffiliationEnded, Function, PrimaryAffiliationChanged


class AffiliationState(StrEnum):
    """Whether somebody belongs to an organisation."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    ENDED = "ended"


ALLOWED: Transitions[AffiliationState] = {
    AffiliationState.PROPOSED: frozenset({AffiliationState.CONFIRMED, AffiliationState.REJECTED}),
    AffiliationState.CONFIRMED: frozenset({AffiliationState.ENDED}),
    AffiliationState.REJECTED: frozenset(),
    AffiliationState.ENDED: frozenset(),
}

OPEN = frozenset({AffiliationState.PROPOSED, AffiliationState.CONFIRMED})


class Affiliation(Aggregate):
    """One person's place in one organisation; open at most once per pair."""

    person_id: str
    organisation_id: str
    functions: tuple[Function, ...]
    state: AffiliationState = AffiliationState.PROPOSED
    primary: bool = False
    """The one they act for first; exactly one of a person's confirmed ones."""
    since_at: datetime | None = None
    until_at: datetime | None = None


Decided = tuple[Affiliation, list[Fact]]


class AffiliationUnknown(NotFound):
    """There is no such affiliation, or the caller may not see it."""

    text: ClassVar[Text] = {
        "de": "Diese Zugehörigkeit gibt es nicht, oder sie ist für Sie nicht einsehbar. Prüfen Sie die Kennung.",
        "en": "This affiliation does not exist, or you may not see it. Check the id.",
    }


def propose(*, affiliation_id: str, person_id: str, organisation_id: str, functions: tuple[Function, ...]) -> Decided:
    """Say that somebody belongs to an organisation, which is to be confirmed; no fact tells of it before."""
    affiliation = Affiliation(
        id=affiliation_id,
        person_id=person_id,
        organisation_id=organisation_id,
        functions=tuple(dict.fromkeys(functions)),
    )
    return affiliation, []


def confirm(affiliation: Affiliation, *, primary: bool, now: datetime) -> Decided:
    """Let the agency vouch for it, also where it is about the employee representation.

    `primary` is true where the person has no other confirmed one.
    """
    check_move(ALLOWED, "Affiliation", affiliation.state, AffiliationState.CONFIRMED)
    confirmed = affiliation.changed(state=AffiliationState.CONFIRMED, primary=primary, since_at=now)
    fact = AffiliationConfirmed(
        affiliation_id=affiliation.id,
        person_id=affiliation.person_id,
        organisation_id=affiliation.organisation_id,
        functions=affiliation.functions,
        primary=primary,
    )
    return confirmed, [fact]


def reject(affiliation: Affiliation) -> Decided:
    """Turn down what was proposed. Nobody was told of it, so no fact tells of its end."""
    check_move(ALLOWED, "Affiliation", affiliation.state, AffiliationState.REJECTED)
    return affiliation.changed(state=AffiliationState.REJECTED), []


def end(affiliation: Affiliation, *, now: datetime) -> Decided:
    """Let somebody leave the organisation, from this minute on."""
    check_move(ALLOWED, "Affiliation", affiliation.state, AffiliationState.ENDED)
    ended = affiliation.changed(state=AffiliationState.ENDED, primary=False, until_at=now)
    fact = AffiliationEnded(
        affiliation_id=affiliation.id, person_id=affiliation.person_id, organisation_id=affiliation.organisation_id
    )
    return ended, [fact]


def make_primary(affiliation: Affiliation) -> Decided:
    """Let a confirmed one take the place of a primary one that has ended."""
    fact = PrimaryAffiliationChanged(
        affiliation_id=affiliation.id, person_id=affiliation.person_id, organisation_id=affiliation.organisation_id
    )
    return affiliation.changed(primary=True), [fact]
