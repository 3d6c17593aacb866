"""Missionaries: how somebody becomes one, from an agreed goal to an accepted outreach plan."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Text
from missionare.members.events import (
    MissionaryActivated,
    MissionaryDeparted,
    MissionaryNominated,
    MissionaryPrepared,
    MissionaryQualified,
    Topic,
)

THRESHOLD = 0.60
"""The share of a journey's stops from which on it qualifies."""


class MissionaryState(StrEnum):
    """How far somebody has come."""

    CANDIDATE = "candidate"
    PREPARED = "prepared"
    TRAVELLING = "travelling"
    RETURNED = "returned"
    ACTIVE = "active"


ALLOWED: Transitions[MissionaryState] = {
    MissionaryState.CANDIDATE: frozenset({MissionaryState.PREPARED}),
    MissionaryState.PREPARED: frozenset({MissionaryState.TRAVELLING}),
    MissionaryState.TRAVELLING: frozenset({MissionaryState.RETURNED, MissionaryState.PREPARED}),
    MissionaryState.RETURNED: frozenset({MissionaryState.ACTIVE}),
    MissionaryState.ACTIVE: frozenset(),
}

QUALIFIED = frozenset({MissionaryState.RETURNED, MissionaryState.ACTIVE})
"""States of those who have been on a journey; a further journey does not take it away."""


class Missionary(Aggregate):
    """One person's way; there is one per person."""

    person_id: str
    state: MissionaryState = MissionaryState.CANDIDATE
    goal_id: str | None = None
    journey_id: str | None = None
    """The journey they are on."""
    qualified_by: tuple[str, ...] = ()
    """The journeys that qualified them, in order."""
    plan_id: str | None = None
    """The outreach plan that made them active."""


Decided = tuple[Missionary, list[Fact]]


class MissionaryUnknown(NotFound):
    """There is no such missionary, or the caller may not see them."""

    text: ClassVar[Text] = {
        "de": "Diese Person ist nicht als Digitalisierungs-Missionar/in verzeichnet, oder Sie dürfen es nicht sehen.",
        "en": "This person is not listed as a digitalisation ambassador, or you may not see it.",
    }


def nominate(*, missionary_id: str, person_id: str, goal_id: str) -> Decided:
    """Put somebody of an organisation on the way, prepared by the goal that was just agreed."""
    nominated = Missionary(id=missionary_id, person_id=person_id)
    prepared, facts = prepare(nominated, goal_id=goal_id)
    return prepared, [MissionaryNominated(missionary_id=missionary_id, person_id=person_id), *facts]


def prepare(missionary: Missionary, *, goal_id: str) -> Decided:
    """Take an agreed goal along. Who is prepared or further stays as they are: they may have several goals."""
    if missionary.state is not MissionaryState.CANDIDATE:
        return missionary, []
    check_move(ALLOWED, "Missionary", missionary.state, MissionaryState.PREPARED)
    prepared = missionary.changed(state=MissionaryState.PREPARED, goal_id=goal_id)
    fact = MissionaryPrepared(missionary_id=missionary.id, person_id=missionary.person_id, goal_id=goal_id)
    return prepared, [fact]


def depart(missionary: Missionary, *, journey_id: str) -> Decided:
    """Begin a journey. Who has been on one before, or is on one, stays what they are."""
    if missionary.state is not MissionaryState.PREPARED:
        return missionary, []
    check_move(ALLOWED, "Missionary", missionary.state, MissionaryState.TRAVELLING)
    travelling = missionary.changed(state=MissionaryState.TRAVELLING, journey_id=journey_id)
    fact = MissionaryDeparted(missionary_id=missionary.id, person_id=missionary.person_id, journey_id=journey_id)
    return travelling, [fact]


def turn_back(missionary: Missionary, *, journey_id: str) -> Decided:
    """Come home from a journey that was cancelled, or that was attended too little: prepared for another."""
    if missionary.state is not MissionaryState.TRAVELLING or missionary.journey_id != journey_id:
        return missionary, []
    check_move(ALLOWED, "Missionary", missionary.state, MissionaryState.PREPARED)
    return missionary.changed(state=MissionaryState.PREPARED, journey_id=None), []


def conclude(
    missionary: Missionary,
    *,
    journey_id: str,
    registration_id: str,
    goal_id: str | None,
    topics: tuple[Topic, ...],
    attended_share: float,
) -> Decided:
    """Come home from a journey that took place: qualified from the threshold on, once per journey.

    The end of a journey may be told before its start: then the departure is told here.
    """
    if attended_share < THRESHOLD:
        return turn_back(missionary, journey_id=journey_id)
    if journey_id in missionary.qualified_by or missionary.state is MissionaryState.CANDIDATE:
        return missionary, []
    missionary, facts = depart(missionary, journey_id=journey_id)
    if missionary.state not in QUALIFIED:
        check_move(ALLOWED, "Missionary", missionary.state, MissionaryState.RETURNED)
        missionary = missionary.changed(state=MissionaryState.RETURNED, journey_id=None)
    returned = missionary.changed(qualified_by=(*missionary.qualified_by, journey_id))
    fact = MissionaryQualified(
        missionary_id=missionary.id,
        person_id=missionary.person_id,
        journey_id=journey_id,
        registration_id=registration_id,
        goal_id=goal_id,
        topics=topics,
    )
    return returned, [*facts, fact]


def activate(missionary: Missionary, *, plan_id: str) -> Decided:
    """Accept an outreach plan. Who is active already stays so: there is one plan per journey."""
    if missionary.state is MissionaryState.ACTIVE:
        return missionary, []
    check_move(ALLOWED, "Missionary", missionary.state, MissionaryState.ACTIVE)
    active = missionary.changed(state=MissionaryState.ACTIVE, plan_id=plan_id)
    fact = MissionaryActivated(missionary_id=missionary.id, person_id=missionary.person_id, plan_id=plan_id)
    return active, [fact]
