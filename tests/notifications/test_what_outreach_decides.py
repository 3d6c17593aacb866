"""Plans, activities and tasks: the decisions alone, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from missionare.kit.refusals import Invalid
from missionare.notifications.activity import domain as activities
from missionare.notifications.activity.domain import ACTIVITY_MOVES, ActivityAlreadyClosed, ActivityState
from missionare.notifications.events import ActivityKind
from missionare.notifications.follow_up import domain as tasks
from missionare.notifications.follow_up.domain import TASK_MOVES, TaskState
from missionare.notifications.outreach import domain as plans
from missionare.notifications.outreach.domain import (
    DUE_AFTER_DAYS,
    FITTING_ROLE,
    FITTING_TOPIC,
    PLAN_MOVES,
    OutreachPlan,
    PlanAlreadyAnswered,
    PlanState,
    Question,
)

NOW = datetime(2027, 3, 12, 9, 30, tzinfo=UTC)
TODAY = date(2027, 3, 12)

TOPICS = st.lists(st.sampled_from(sorted(FITTING_TOPIC)), max_size=4, unique=True).map(tuple)
FUNCTIONS = st.lists(st.sampled_from([*sorted(FITTING_ROLE), "other", "unheard_of"]), max_size=3, unique=True).map(
    tuple
)


def question(name: str, *topics: str, age_days: int = 0) -> Question:
    return Question(id=name, topics=topics, published_at=NOW - timedelta(days=age_days))


def drafted(*, topics: Any = ("data",), functions: Any = ("it",), questions: Any = ()) -> OutreachPlan:
    plan, _ = plans.draft(
        id="plan-1",
        missionary_id="m1",
        person_id="p1",
        journey_id="j1",
        goal_id="g1",
        topics=topics,
        functions=functions,
        questions=questions,
        now=NOW,
    )
    return plan


def intended() -> activities.OutreachActivity:
    activity, _ = activities.intend(
        id="a1",
        outreach_plan_id="plan-1",
        person_id="p1",
        journey_id="j1",
        question_id=None,
        kind=ActivityKind.TALK,
        due_on=TODAY,
    )
    return activity


def opened() -> tasks.FollowUpTask:
    task, _ = tasks.open_task(id="t1", outreach_activity_id="a1", person_id="p1", kind=ActivityKind.TALK, due_on=TODAY)
    return task


# --- drafting --------------------------------------------------------------------------------------------------------


@given(topics=TOPICS, functions=FUNCTIONS)
def test_every_plan_suggests_three_different_activities_from_the_small_step_to_the_large(topics, functions):
    plan = drafted(topics=topics, functions=functions)

    kinds = [proposal.kind for proposal in plan.proposals]
    assert len(set(kinds)) == 3
    assert kinds == sorted(kinds, key=list(ActivityKind).index)
    assert tuple(proposal.due_after_days for proposal in plan.proposals) == DUE_AFTER_DAYS


@given(topics=TOPICS, functions=FUNCTIONS)
def test_what_fits_neither_role_nor_topic_never_displaces_what_fits(topics, functions):
    def fits(kind: ActivityKind) -> bool:
        return any(kind in FITTING_ROLE.get(function, ()) for function in functions) or any(
            kind in FITTING_TOPIC[topic] for topic in topics
        )

    chosen = set(plans.fitting_kinds(topics, functions))

    left_out = set(ActivityKind) - chosen
    if any(fits(kind) for kind in left_out):
        assert all(fits(kind) for kind in chosen)


def test_a_works_council_member_and_a_managing_director_are_offered_different_things():
    council = plans.fitting_kinds(["people"], ["employee_representation"])
    director = plans.fitting_kinds(["cooperation"], ["management"])

    assert ActivityKind.STAFF_MEETING in council
    assert ActivityKind.CHAMBER_EVENT not in council
    assert ActivityKind.CHAMBER_EVENT in director


def test_questions_are_chosen_by_shared_topics_then_by_freshness():
    known = [
        question("old", "data", age_days=9),
        question("foreign", "sales"),
        question("both", "data", "security", age_days=30),
        question("new", "security"),
        question("middle", "data", age_days=5),
    ]

    assert plans.fitting_questions(("data", "security"), known) == ("both", "new", "middle")


def test_a_plan_without_questions_suggests_activities_all_the_same():
    plan = drafted(questions=[question("foreign", "sales")])

    assert plan.questions == ()
    assert [proposal.question_id for proposal in plan.proposals] == [None, None, None]


def test_a_fresh_question_enters_a_plan_that_waits_for_an_answer():
    plan = drafted()

    refreshed, facts = plans.refresh(plan, functions=("it",), questions=[question("q1", "data")])

    assert refreshed.questions == ("q1",)
    assert {proposal.question_id for proposal in refreshed.proposals} == {"q1"}
    assert [fact.questions for fact in facts] == [("q1",)]


def test_refreshing_without_news_tells_nobody():
    plan = drafted(questions=[question("q1", "data")])

    assert plans.refresh(plan, functions=("it",), questions=[question("q1", "data")]) == (plan, [])


@pytest.mark.parametrize("answer", [plans.accept, plans.decline, plans.lapse])
def test_an_answered_plan_is_never_refreshed(answer):
    answered, _ = answer(drafted(), now=NOW)

    assert plans.refresh(answered, functions=(), questions=[question("q1", "data")]) == (answered, [])


# --- the tables ------------------------------------------------------------------------------------------------------

ANSWERS = {plans.accept: PlanState.ACCEPTED, plans.decline: PlanState.DECLINED, plans.lapse: PlanState.LAPSED}


@given(state=st.sampled_from(PlanState), answer=st.sampled_from(list(ANSWERS)))
def test_a_plan_moves_as_its_table_says_and_in_no_other_way(state, answer):
    plan = drafted().changed(state=state)

    if ANSWERS[answer] in PLAN_MOVES[state]:
        answered, facts = answer(plan, now=NOW)
        assert answered.state is ANSWERS[answer]
        assert answered.answered_at == NOW
        assert len(facts) == 1
    else:
        with pytest.raises(PlanAlreadyAnswered) as refusal:
            answer(plan, now=NOW)
        assert "{" not in refusal.value.say("de") + refusal.value.say("en")


@given(state=st.sampled_from(ActivityState), skipping=st.booleans())
def test_an_activity_moves_as_its_table_says_and_in_no_other_way(state, skipping):
    activity = intended().changed(state=state)
    new = ActivityState.SKIPPED if skipping else ActivityState.DONE

    def close() -> activities.Acted:
        if skipping:
            return activities.skip(activity, now=NOW)
        return activities.record(
            activity, kind=ActivityKind.POST, done_on=TODAY, reach=3, note=None, now=NOW, today=TODAY
        )

    if new in ACTIVITY_MOVES[state]:
        closed, facts = close()
        assert closed.state is new
        assert closed.closed_at == NOW
        assert len(facts) == 1
    else:
        with pytest.raises(ActivityAlreadyClosed):
            close()


ENDS = {tasks.dismiss: TaskState.DISMISSED, tasks.lapse: TaskState.LAPSED}


@given(state=st.sampled_from(TaskState), steps=st.lists(st.sampled_from(["complete", "dismiss", "lapse"]), max_size=4))
def test_a_task_ends_once_whatever_comes_and_in_whatever_order(state, steps):
    task, told = opened().changed(state=state), 0
    ends = 0

    for step in steps:
        if step == "complete":
            after, facts = tasks.complete(task, now=NOW)
            told += len(facts)
        else:
            after = getattr(tasks, step)(task, now=NOW) or task
        if after != task:
            assert after.state in TASK_MOVES[task.state]
            ends += 1
        task = after

    assert ends == (1 if state is TaskState.OPEN and steps else 0)
    assert told == (1 if ends and steps[0] == "complete" else 0)


# --- what a volunteer is spared --------------------------------------------------------------------------------------


def test_a_plan_is_brought_to_mind_once():
    reminded = plans.remind(drafted(), now=NOW)

    assert reminded is not None
    assert plans.remind(reminded, now=NOW + timedelta(days=1)) is None


def test_a_task_is_brought_to_mind_once():
    reminded = tasks.remind(opened(), now=NOW)

    assert reminded is not None
    assert tasks.remind(reminded, now=NOW + timedelta(days=1)) is None


def test_nobody_is_reminded_of_what_is_done():
    done, _ = tasks.complete(opened(), now=NOW)

    assert tasks.remind(done, now=NOW) is None


def test_an_activity_may_have_become_something_else_than_was_planned():
    done, [fact] = activities.record(
        intended(), kind=ActivityKind.ARTICLE, done_on=TODAY, reach=400, note="im Gemeindeblatt", now=NOW, today=TODAY
    )

    assert (done.kind, done.reach, done.note) == (ActivityKind.ARTICLE, 400, "im Gemeindeblatt")
    assert "note" not in fact.model_dump(), "the note is for the missionary alone"


def test_an_activity_of_tomorrow_cannot_be_recorded_today():
    with pytest.raises(Invalid) as refusal:
        activities.record(
            intended(),
            kind=ActivityKind.TALK,
            done_on=TODAY + timedelta(days=1),
            reach=3,
            note=None,
            now=NOW,
            today=TODAY,
        )

    assert "Zukunft" in refusal.value.say("de")
    assert "future" in refusal.value.say("en")
