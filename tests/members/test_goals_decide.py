"""What goals allow, decided purely."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missionare.kit.refusals import Invalid, Refusal, WrongState
from missionare.members.events import Occasion, Pole, Result, Topic
from missionare.members.goal import domain
from missionare.members.goal.domain import ALLOWED, BINDING, EDITABLE, Goal, GoalState, GoalText, WordingNamesSomebody

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = GoalText(
    statement="Wartung planen",
    topics=(Topic.DATA, Topic.PRODUCTION, Topic.DATA),
    pole=Pole.OPPORTUNITY,
    sign_of_success="Ein Prototyp",
    target_on=date(2027, 6, 1),
)

STEPS: dict[str, Callable[[Goal], domain.Decided]] = {
    "edit": lambda goal: domain.edit(goal, text=TEXT, now=NOW),
    "submit": domain.submit,
    "agree": lambda goal: domain.agree(goal, coach_id="coach", organisation_id="o1"),
    "own agreement": lambda goal: domain.agree(goal, coach_id="ada", organisation_id="o1"),
    "give back": lambda goal: domain.give_back(goal, coach_id="coach", comment="Woran?"),
    "share": lambda goal: domain.share(goal, wording="Wie plant man?", names=frozenset({"Ada"})),
    "unshare": domain.unshare,
    "start": lambda goal: domain.start(goal, journey_id="j1"),
    "take home": domain.take_home,
    "ask": lambda goal: domain.ask_for_assessment(goal, journey_id="j1", occasion=Occasion.END),
    "assess": lambda goal: domain.assess(goal, occasion=Occasion.END, result=Result.REACHED, reason="Ja.", now=NOW),
}


def drafted() -> Goal:
    return domain.draft(goal_id="g1", person_id="ada", text=TEXT, now=NOW)[0]


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=30))
def test_whatever_is_tried_the_table_and_the_promises_hold(steps: list[str]) -> None:
    goal, told = drafted(), []
    for step in steps:
        before = goal
        try:
            goal, facts = STEPS[step](goal)
        except Refusal:
            continue
        told += [type(fact).__name__ for fact in facts]
        assert all(fact.subject == goal.id for fact in facts)
        assert goal.state is before.state or goal.state in ALLOWED[before.state]
        if before.state not in EDITABLE:
            assert goal.text == before.text
        assert (goal.coach_id is not None) == (goal.state in BINDING)
        assert goal.coach_id != goal.person_id
        assert (goal.journey_id is not None) == (goal.state is GoalState.IN_PROGRESS)
        assert goal.shared_wording is None or goal.state in BINDING
    assert told.count("GoalAssessmentRequested") <= 1
    assert told.count("GoalAssessed") <= told.count("GoalAssessmentRequested")


def test_every_state_can_be_reached_and_none_is_a_trap() -> None:
    reached, waiting = {GoalState.DRAFT}, [GoalState.DRAFT]
    while waiting:
        following = ALLOWED[waiting.pop()] - reached
        reached |= following
        waiting += following
    assert reached == set(GoalState)
    assert set(ALLOWED) == set(GoalState)
    assert all(ALLOWED.values())


def test_a_goal_under_way_is_not_agreed_to_again() -> None:
    goal, _ = domain.agree(domain.submit(drafted())[0], coach_id="coach", organisation_id=None)
    goal, _ = domain.start(goal, journey_id="j1")
    with pytest.raises(WrongState):
        domain.agree(goal, coach_id="coach", organisation_id=None)


def test_topics_are_named_once() -> None:
    assert drafted().text.topics == (Topic.DATA, Topic.PRODUCTION)


@pytest.mark.parametrize("days", [-1, 0])
def test_a_target_lies_ahead(days: int) -> None:
    late = TEXT.model_copy(update={"target_on": NOW.date() + timedelta(days=days)})
    with pytest.raises(Invalid):
        domain.draft(goal_id="g1", person_id="ada", text=late, now=NOW)


def test_a_goal_on_another_journey_is_not_asked_about() -> None:
    goal, _ = domain.agree(domain.submit(drafted())[0], coach_id="coach", organisation_id=None)
    goal, _ = domain.start(goal, journey_id="j2")

    asked, facts = domain.ask_for_assessment(goal, journey_id="j1", occasion=Occasion.END)

    assert (asked, facts) == (goal, [])


def test_a_draft_is_not_asked_about_either() -> None:
    assert domain.ask_for_assessment(drafted(), journey_id="j1", occasion=Occasion.END)[1] == []


def test_what_is_not_submitted_is_not_agreed() -> None:
    with pytest.raises(WrongState):
        domain.agree(drafted(), coach_id="coach", organisation_id=None)


NAMES = st.text(st.characters(whitelist_categories=("Ll", "Lu")), min_size=3, max_size=12)


@given(NAMES, st.text(max_size=40), st.text(max_size=40))
def test_no_wording_with_a_name_standing_free_in_it_is_shared(name: str, before: str, after: str) -> None:
    goal, _ = domain.agree(domain.submit(drafted())[0], coach_id="coach", organisation_id=None)
    with pytest.raises(WordingNamesSomebody):
        domain.share(goal, wording=f"{before} {name} {after}", names=frozenset({name}))


def test_a_name_inside_another_word_is_no_name() -> None:
    goal, _ = domain.agree(domain.submit(drafted())[0], coach_id="coach", organisation_id=None)
    shared, _ = domain.share(goal, wording="Wie plant man Schadensfälle?", names=frozenset({"Ada", "Plan"}))
    assert shared.shared_wording is not None
