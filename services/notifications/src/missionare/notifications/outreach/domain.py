"""Outreach: what a missionary is offered after a journey, and what becomes of it.

A plan is an offer to a volunteer: accepting makes it a promise, declining and silence have no consequence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Refusal, Text
from missionare.notifications.events import (
    ActivityKind,
    OutreachPlanAccepted,
    OutreachPlanDeclined,
    OutreachPlanDrafted,
    OutreachPlanLapsed,
)

DUE_AFTER_DAYS = (14, 45, 90)
"""An accepted plan has one activity for each of these days after its acceptance."""

REMINDED_AFTER = timedelta(days=14)
"""A plan without an answer is brought to mind once, this long after it was drafted."""

LAPSES_AFTER = timedelta(days=28)
"""A plan without an answer ends quietly, this long after it was drafted."""

MAX_QUESTIONS = 3


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFTED = "drafted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"


PLAN_MOVES: Transitions[PlanState] = MappingProxyType(
    {
        PlanState.DRAFTED: frozenset({PlanState.ACCEPTED, PlanState.DECLINED, PlanState.LAPSED}),
        PlanState.ACCEPTED: frozenset(),
        PlanState.DECLINED: frozenset(),
        PlanState.LAPSED: frozenset(),
    }
)


PLAN_WORDS: Mapping[PlanState, Text] = {
    PlanState.DRAFTED: {"de": "offen", "en": "open"},
    PlanState.ACCEPTED: {"de": "angenommen", "en": "accepted"},
    PlanState.DECLINED: {"de": "abgelehnt", "en": "declined"},
    PlanState.LAPSED: {"de": "ausgelaufen", "en": "lapsed"},
}


class PlanUnknown(NotFound):
    """There is no such outreach plan among the caller's own."""

    text: ClassVar[Text] = {
        "de": "Diesen Transferplan gibt es nicht, oder er gehört jemand anderem. Ihre Pläne finden Sie in der Liste.",
        "en": "There is no such outreach plan, or it is somebody else's. Your own plans are in the list.",
    }


class PlanAlreadyAnswered(Refusal):
    """The plan no longer waits for an answer: it is {state}. Load it again to see where it stands."""

    title: ClassVar[Text] = {"de": "Plan nicht mehr offen", "en": "Plan no longer open"}
    text: ClassVar[Text] = {
        "de": "Dieser Transferplan wartet nicht mehr auf eine Antwort: Er ist {state}. "
        "Laden Sie den aktuellen Stand; möchten Sie doch anders entscheiden, rufen Sie die Regionalagentur an.",
        "en": "This outreach plan no longer waits for an answer: it is {state}. "
        "Load it again; if you have changed your mind, call the agency.",
    }


class Question(BaseModel):
    """A published question of the catalog, as far as a plan needs it."""

    model_config = ConfigDict(frozen=True)

    id: str
    topics: tuple[str, ...]
    published_at: datetime


class Proposal(BaseModel):
    """One suggested activity: what, about which question, and how long after acceptance."""

    model_config = ConfigDict(frozen=True)

    kind: ActivityKind
    due_after_days: int
    question_id: str | None


class OutreachPlan(Aggregate):
    """The offer to one missionary after one journey."""

    missionary_id: str
    person_id: str
    journey_id: str
    goal_id: str | None
    topics: tuple[str, ...]
    state: PlanState
    proposals: tuple[Proposal, ...]
    questions: tuple[str, ...]
    drafted_at: datetime
    reminded_at: datetime | None = None
    answered_at: datetime | None = None


Drafted = tuple[OutreachPlan, list[Fact]]
K = ActivityKind

FITTING_ROLE: Mapping[str, frozenset[ActivityKind]] = {
    "management": frozenset({K.STAFF_MEETING, K.COLLEAGUE_VISIT, K.CHAMBER_EVENT}),
    "employee_representation": frozenset({K.ONE_TO_ONE, K.STAFF_MEETING, K.TALK}),
    "it": frozenset({K.ONE_TO_ONE, K.POST, K.TALK}),
    "hr": frozenset({K.ONE_TO_ONE, K.STAFF_MEETING, K.ARTICLE}),
    "production": frozenset({K.ONE_TO_ONE, K.STAFF_MEETING, K.COLLEAGUE_VISIT}),
}
"""What people in a function can do without asking anybody first."""

FITTING_TOPIC: Mapping[str, frozenset[ActivityKind]] = {
    "production": frozenset({K.COLLEAGUE_VISIT, K.STAFF_MEETING}),
    "data": frozenset({K.TALK, K.ARTICLE}),
    "security": frozenset({K.STAFF_MEETING, K.TALK}),
    "people": frozenset({K.STAFF_MEETING, K.ONE_TO_ONE}),
    "leadership": frozenset({K.ONE_TO_ONE, K.TALK}),
    "sales": frozenset({K.POST, K.CHAMBER_EVENT}),
    "logistics": frozenset({K.COLLEAGUE_VISIT, K.POST}),
    "administration": frozenset({K.STAFF_MEETING, K.ARTICLE}),
    "sustainability": frozenset({K.POST, K.ARTICLE}),
    "cooperation": frozenset({K.CHAMBER_EVENT, K.COLLEAGUE_VISIT}),
}
"""Where a topic finds its listeners."""


def fitting_kinds(topics: Sequence[str], functions: Sequence[str]) -> tuple[ActivityKind, ...]:
    """Choose as many kinds as a plan has dates, the small step first.

    A kind counts two for each function of the person it fits and one for each topic of the goal; of equals the
    smaller step wins. Codes that are not known here count nothing.
    """
    order = list(ActivityKind)
    score = {
        kind: 2 * sum(kind in FITTING_ROLE.get(function, ()) for function in functions)
        + sum(kind in FITTING_TOPIC.get(topic, ()) for topic in topics)
        for kind in order
    }
    best = sorted(order, key=lambda kind: (-score[kind], order.index(kind)))[: len(DUE_AFTER_DAYS)]
    return tuple(sorted(best, key=order.index))


def fitting_questions(topics: Sequence[str], questions: Sequence[Question]) -> tuple[str, ...]:
    """Choose up to three published questions: most topics in common first, then the newest, then by id."""
    common = {question.id: len(set(topics) & set(question.topics)) for question in questions}
    fitting = [question for question in questions if common[question.id]]
    fitting.sort(key=lambda question: (-common[question.id], -question.published_at.timestamp(), question.id))
    return tuple(question.id for question in fitting[:MAX_QUESTIONS])


def draft(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    missionary_id: str,
    person_id: str,
    journey_id: str,
    goal_id: str | None,
    topics: Sequence[str],
    functions: Sequence[str],
    questions: Sequence[Question],
    now: datetime,
) -> Drafted:
    """Draft the plan of a missionary who has just qualified."""
    chosen = fitting_questions(topics, questions)
    plan = OutreachPlan(
        id=id,
        missionary_id=missionary_id,
        person_id=person_id,
        journey_id=journey_id,
        goal_id=goal_id,
        topics=tuple(topics),
        state=PlanState.DRAFTED,
        proposals=_proposals(fitting_kinds(topics, functions), chosen),
        questions=chosen,
        drafted_at=now,
    )
    return plan, [_drafted(plan)]


def refresh(plan: OutreachPlan, *, functions: Sequence[str], questions: Sequence[Question]) -> Drafted:
    """Draft the plan anew from what is known by now; a plan that is answered or up to date stays as it is."""
    chosen = fitting_questions(plan.topics, questions)
    proposals = _proposals(fitting_kinds(plan.topics, functions), chosen)
    if plan.state is not PlanState.DRAFTED or (proposals, chosen) == (plan.proposals, plan.questions):
        return plan, []
    refreshed = plan.changed(proposals=proposals, questions=chosen)
    return refreshed, [_drafted(refreshed)]


def accept(plan: OutreachPlan, *, now: datetime) -> Drafted:
    """Make the plan a promise.

    Raises:
        PlanAlreadyAnswered: it no longer waits for an answer.
    """
    accepted = _answered(plan, PlanState.ACCEPTED, now)
    return accepted, [OutreachPlanAccepted(**_names(plan))]


def decline(plan: OutreachPlan, *, now: datetime) -> Drafted:
    """Say no, without giving a reason.

    Raises:
        PlanAlreadyAnswered: it no longer waits for an answer.
    """
    declined = _answered(plan, PlanState.DECLINED, now)
    return declined, [OutreachPlanDeclined(**_names(plan))]


def lapse(plan: OutreachPlan, *, now: datetime) -> Drafted:
    """End a plan that nobody answered.

    Raises:
        PlanAlreadyAnswered: it no longer waits for an answer.
    """
    lapsed = _answered(plan, PlanState.LAPSED, now)
    return lapsed, [OutreachPlanLapsed(**_names(plan))]


def remind(plan: OutreachPlan, *, now: datetime) -> OutreachPlan | None:
    """Note the one reminder; None when the plan is answered or was brought to mind before."""
    if plan.state is not PlanState.DRAFTED or plan.reminded_at is not None:
        return None
    return plan.changed(reminded_at=now)


def _proposals(kinds: Sequence[ActivityKind], questions: Sequence[str]) -> tuple[Proposal, ...]:
    return tuple(
        Proposal(kind=kind, due_after_days=days, question_id=questions[at % len(questions)] if questions else None)
        for at, (kind, days) in enumerate(zip(kinds, DUE_AFTER_DAYS, strict=True))
    )


def _drafted(plan: OutreachPlan) -> OutreachPlanDrafted:
    return OutreachPlanDrafted(
        **_names(plan), goal_id=plan.goal_id, activities=len(plan.proposals), questions=plan.questions
    )


def _names(plan: OutreachPlan) -> dict[str, str]:
    return {
        "outreach_plan_id": plan.id,
        "missionary_id": plan.missionary_id,
        "person_id": plan.person_id,
        "journey_id": plan.journey_id,
    }


def _answered(plan: OutreachPlan, new: PlanState, now: datetime) -> OutreachPlan:
    if new not in PLAN_MOVES[plan.state]:
        raise PlanAlreadyAnswered(state=PLAN_WORDS[plan.state])
    return plan.changed(state=new, answered_at=now)
