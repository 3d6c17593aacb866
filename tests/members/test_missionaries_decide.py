"""How somebody becomes a missionary, decided purely."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missionare.kit.refusals import Refusal, WrongState
from missionare.members.events import Topic
from missionare.members.invitation import domain as invitations
from missionare.members.journey.domain import ALLOWED as RUN_ALLOWED
from missionare.members.journey.domain import Run, RunState, move_on
from missionare.members.missionary import domain
from missionare.members.missionary.domain import ALLOWED, QUALIFIED, Missionary, MissionaryState


def conclude(journey: str, share: float) -> Callable[[Missionary], domain.Decided]:
    return lambda missionary: domain.conclude(
        missionary,
        journey_id=journey,
        registration_id=f"r-{journey}",
        goal_id="g1",
        topics=(Topic.DATA,),
        attended_share=share,
    )


STEPS: dict[str, Callable[[Missionary], domain.Decided]] = {
    "prepare": lambda missionary: domain.prepare(missionary, goal_id="g2"),
    "depart 1": lambda missionary: domain.depart(missionary, journey_id="j1"),
    "depart 2": lambda missionary: domain.depart(missionary, journey_id="j2"),
    "turn back 1": lambda missionary: domain.turn_back(missionary, journey_id="j1"),
    "turn back 2": lambda missionary: domain.turn_back(missionary, journey_id="j2"),
    "enough of 1": conclude("j1", 0.6),
    "enough of 2": conclude("j2", 1.0),
    "little of 1": conclude("j1", 0.59),
    "activate": lambda missionary: domain.activate(missionary, plan_id="plan"),
}


def nominated() -> Missionary:
    return domain.nominate(missionary_id="m1", person_id="ada", goal_id="g1")[0]


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_whatever_is_told_nobody_loses_what_they_have_reached(steps: list[str]) -> None:
    missionary, qualified = nominated(), []
    for step in steps:
        before = missionary
        try:
            missionary, facts = STEPS[step](missionary)
        except Refusal:
            continue
        names = [type(fact).__name__ for fact in facts]
        qualified += [fact.journey_id for fact in facts if type(fact).__name__ == "MissionaryQualified"]
        assert before.state not in QUALIFIED or missionary.state in QUALIFIED
        assert ("MissionaryActivated" in names) == (
            before.state is not MissionaryState.ACTIVE and missionary.state is MissionaryState.ACTIVE
        )
        assert (missionary.journey_id is not None) == (missionary.state is MissionaryState.TRAVELLING)
    assert len(qualified) == len(set(qualified)), "qualified twice by one journey"
    assert tuple(qualified) == missionary.qualified_by
    assert (missionary.state in QUALIFIED) == bool(qualified)


def test_nomination_comes_with_preparation() -> None:
    _, facts = domain.nominate(missionary_id="m1", person_id="ada", goal_id="g1")
    assert [type(fact).__name__ for fact in facts] == ["MissionaryNominated", "MissionaryPrepared"]


def test_an_end_told_before_the_start_tells_of_the_departure_too() -> None:
    _, facts = STEPS["enough of 1"](nominated())
    assert [type(fact).__name__ for fact in facts] == ["MissionaryDeparted", "MissionaryQualified"]


def test_who_is_not_back_yet_is_not_activated() -> None:
    with pytest.raises(WrongState):
        domain.activate(nominated(), plan_id="plan")


def test_a_second_journey_qualifies_again_and_takes_nothing_away() -> None:
    missionary, _ = STEPS["enough of 1"](nominated())
    missionary, _ = STEPS["activate"](missionary)

    again, facts = STEPS["enough of 2"](missionary)

    assert again.state is MissionaryState.ACTIVE
    assert [type(fact).__name__ for fact in facts] == ["MissionaryQualified"]


def test_every_state_is_in_the_table() -> None:
    assert set(ALLOWED) == set(MissionaryState)
    assert set(invitations.ALLOWED) == set(invitations.InvitationState)


@given(st.lists(st.sampled_from(list(RunState)), max_size=10))
def test_a_journey_never_goes_back(states: list[RunState]) -> None:
    run = Run(id="j1")
    for state in states:
        moved = move_on(run, state)
        assert moved.state is run.state or moved.state in RUN_ALLOWED[run.state]
        run = moved
    if RunState.CALLED_OFF in states:
        assert run.state is RunState.CALLED_OFF
