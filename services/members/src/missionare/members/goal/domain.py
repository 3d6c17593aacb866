"""Goals: states, the two acts of agreeing, sharing with the catalog, and looking back."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import Forbidden, Invalid, NotFound, Refusal, Text, WrongState
from missionare.members.events import (
    GoalAgreed,
    GoalAssessed,
    GoalAssessmentRequested,
    GoalReturned,
    GoalShared,
    GoalStarted,
    GoalSubmitted,
    GoalUnshared,
    Occasion,
    Pole,
    Result,
    Topic,
)


class GoalState(StrEnum):
    """Where a goal stands between its owner, the coach and the journey."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    AGREED = "agreed"
    IN_PROGRESS = "in_progress"


ALLOWED: Transitions[GoalState] = {
    GoalState.DRAFT: frozenset({GoalState.SUBMITTED}),
    GoalState.SUBMITTED: frozenset({GoalState.AGREED, GoalState.RETURNED}),
    GoalState.RETURNED: frozenset({GoalState.DRAFT}),
    GoalState.AGREED: frozenset({GoalState.IN_PROGRESS}),
    GoalState.IN_PROGRESS: frozenset({GoalState.AGREED}),
}

EDITABLE = frozenset({GoalState.DRAFT, GoalState.RETURNED})
BINDING = frozenset({GoalState.AGREED, GoalState.IN_PROGRESS})
"""States in which the text no longer changes and others may build on it."""


class Audience(StrEnum):
    """Who may read a goal besides its owner and the coach: sets of readers, not ranks."""

    PERSONAL = "personal"
    REPRESENTATION = "representation"
    ORGANISATION = "organisation"
    JOURNEY_GROUP = "journey_group"
    NETWORK = "network"
    PUBLIC = "public"


class GoalText(BaseModel):
    """What a goal says. The coach agrees to exactly this."""

    model_config = ConfigDict(frozen=True)

    statement: str
    topics: tuple[Topic, ...]
    pole: Pole
    sign_of_success: str
    target_on: date
    audience: Audience = Audience.PERSONAL


class Assessment(BaseModel):
    """The owner's look back on one occasion."""

    model_config = ConfigDict(frozen=True)

    occasion: Occasion
    result: Result
    reason: str
    assessed_at: datetime


class Goal(Aggregate):
    """One person's goal."""

    person_id: str
    text: GoalText
    state: GoalState = GoalState.DRAFT
    comment: str | None = None
    """What the coach asked for when returning it."""
    coach_id: str | None = None
    organisation_id: str | None = None
    """The owner's organisation when the goal was agreed."""
    journey_id: str | None = None
    shared_wording: str | None = None
    """The nameless text the owner let the catalog have; None while it is not shared."""
    due: tuple[Occasion, ...] = ()
    """Occasions on which the owner was asked to look back."""
    assessments: tuple[Assessment, ...] = ()


Decided = tuple[Goal, list[Fact]]


class GoalUnknown(NotFound):
    """There is no such goal, or it is not the caller's to see."""

    text: ClassVar[Text] = {
        "de": "Dieses Ziel gibt es nicht, oder es ist für Sie nicht einsehbar. Ihre eigenen Ziele finden Sie "
        "unter „Meine Ziele“.",
        "en": "This goal does not exist, or you may not see it. Your own goals are listed under 'My goals'.",
    }


class NotYourGoal(Forbidden):
    """Only the owner decides about this step."""

    title: ClassVar[Text] = {"de": "Nur für die Eigentümerin oder den Eigentümer", "en": "Only for the owner"}
    text: ClassVar[Text] = {
        "de": "Über diesen Schritt entscheidet nur, wem das Ziel gehört. Bitten Sie diese Person darum.",
        "en": "Only the person who owns the goal decides about this step. Ask them to do it.",
    }


class OwnGoal(Refusal):
    """Agreeing takes two people."""

    title: ClassVar[Text] = {"de": "Eigenes Ziel", "en": "Your own goal"}
    text: ClassVar[Text] = {
        "de": "Ein Ziel vereinbaren zwei Personen. Ihr eigenes Ziel bestätigt eine andere Lernbegleitung.",
        "en": "A goal is agreed by two people. Another coach confirms your own goal.",
    }


class GoalNotEditable(Refusal):
    """The text of a goal that was handed in or agreed does not change."""

    title: ClassVar[Text] = {"de": "Text steht fest", "en": "The text is fixed"}
    text: ClassVar[Text] = {
        "de": "Der Text ändert sich nur im Entwurf oder nach einer Rückgabe; dieses Ziel ist im Stand „{state}“. "
        "Bitten Sie die Lernbegleitung um Rückgabe, oder legen Sie ein neues Ziel an.",
        "en": "The text changes only as a draft or after it was returned; this goal is '{state}'. "
        "Ask the coach to return it, or draft a new goal.",
    }


class GoalNotAgreed(Refusal):
    """Only what owner and coach stand by can be shared."""

    title: ClassVar[Text] = {"de": "Noch nicht vereinbart", "en": "Not agreed yet"}
    text: ClassVar[Text] = {
        "de": "Geteilt wird nur ein vereinbartes Ziel. Reichen Sie es ein und warten Sie auf die Lernbegleitung.",
        "en": "Only an agreed goal can be shared. Submit it and wait for the coach.",
    }


class WordingNamesSomebody(Invalid):
    """The wording for the catalog must not tell whose goal it is."""

    field: ClassVar[str] = "wording"
    title: ClassVar[Text] = {"de": "Text nennt Namen", "en": "The text names somebody"}
    text: ClassVar[Text] = {
        "de": "Der Text für den Katalog muss ohne Namen auskommen; dieser enthält {what}. "
        "Formulieren Sie ihn so, dass niemand Sie oder Ihr Haus erkennt.",
        "en": "The text for the catalog must do without names; this one contains {what}. "
        "Word it so that nobody recognises you or your organisation.",
    }


class AssessmentNotDue(Refusal):
    """Nobody has asked for this look back, or it was given already."""

    title: ClassVar[Text] = {"de": "Zielbilanz nicht gefragt", "en": "Goal review not due"}
    text: ClassVar[Text] = {
        "de": "Zu diesem Anlass ist keine Zielbilanz offen. Sie werden nach dem Ende der Lernreise gefragt.",
        "en": "No goal review is open for this occasion. You are asked after the journey has ended.",
    }


_CONTACT = re.compile(r"\S+@\S+\.\S+|https?://|www\.|(?:\+|\b0)\d[\d /()-]{5,}\d")
_SHORTEST_NAME = 3


def draft(*, goal_id: str, person_id: str, text: GoalText, now: datetime) -> Decided:
    """Write down a new goal. Nobody else sees it before it is submitted, and no fact tells of it."""
    return Goal(id=goal_id, person_id=person_id, text=_checked(text, now)), []


def edit(goal: Goal, *, text: GoalText, now: datetime) -> Decided:
    """Change the text of a draft, or of a goal that was returned, which thereby is a draft again."""
    if goal.state not in EDITABLE:
        raise GoalNotEditable(state=goal.state.value)
    if goal.state is GoalState.RETURNED:
        check_move(ALLOWED, "Goal", goal.state, GoalState.DRAFT)
    return goal.changed(text=_checked(text, now), state=GoalState.DRAFT), []


def submit(goal: Goal) -> Decided:
    """Ask the coach to agree."""
    check_move(ALLOWED, "Goal", goal.state, GoalState.SUBMITTED)
    submitted = goal.changed(state=GoalState.SUBMITTED, comment=None)
    return submitted, [GoalSubmitted(goal_id=goal.id, person_id=goal.person_id)]


def agree(goal: Goal, *, coach_id: str, organisation_id: str | None) -> Decided:
    """Let a coach stand by the goal with its owner; `organisation_id` is the owner's at this moment."""
    _not_by_its_owner(goal, coach_id)
    _check_step(goal, GoalState.SUBMITTED, GoalState.AGREED)
    agreed = goal.changed(state=GoalState.AGREED, coach_id=coach_id, organisation_id=organisation_id)
    fact = GoalAgreed(
        goal_id=goal.id,
        person_id=goal.person_id,
        organisation_id=organisation_id,
        coach_id=coach_id,
        pole=goal.text.pole,
        topics=goal.text.topics,
        target_on=goal.text.target_on,
    )
    return agreed, [fact]


def give_back(goal: Goal, *, coach_id: str, comment: str) -> Decided:
    """Return a submitted goal to its owner with what the coach misses."""
    _not_by_its_owner(goal, coach_id)
    check_move(ALLOWED, "Goal", goal.state, GoalState.RETURNED)
    returned = goal.changed(state=GoalState.RETURNED, comment=comment)
    return returned, [GoalReturned(goal_id=goal.id, person_id=goal.person_id)]


def share(goal: Goal, *, wording: str, names: frozenset[str]) -> Decided:
    """Let the catalog use a wording in which none of `names` and no address or number occurs."""
    if goal.state not in BINDING:
        raise GoalNotAgreed
    _refuse_names(wording, names)
    shared = goal.changed(shared_wording=wording)
    return shared, [GoalShared(goal_id=goal.id, pole=goal.text.pole, topics=goal.text.topics)]


def unshare(goal: Goal) -> Decided:
    """Take the wording back from the catalog; a goal that is not shared stays as it is."""
    if goal.shared_wording is None:
        return goal, []
    return goal.changed(shared_wording=None), [GoalUnshared(goal_id=goal.id)]


def start(goal: Goal, *, journey_id: str) -> Decided:
    """Begin the journey that the goal goes on."""
    check_move(ALLOWED, "Goal", goal.state, GoalState.IN_PROGRESS)
    started = goal.changed(state=GoalState.IN_PROGRESS, journey_id=journey_id)
    return started, [GoalStarted(goal_id=goal.id, person_id=goal.person_id, journey_id=journey_id)]


def take_home(goal: Goal) -> Decided:
    """Give back an agreed goal whose journey was cancelled: it may go on another."""
    _check_step(goal, GoalState.IN_PROGRESS, GoalState.AGREED)
    return goal.changed(state=GoalState.AGREED, journey_id=None), []


def ask_for_assessment(goal: Goal, *, journey_id: str, occasion: Occasion) -> Decided:
    """Ask the owner once per occasion what became of the goal.

    The end of a journey may be told before its start: then the goal starts here.
    """
    facts: list[Fact] = []
    if goal.state is GoalState.AGREED:
        goal, facts = start(goal, journey_id=journey_id)
    if goal.state is not GoalState.IN_PROGRESS or goal.journey_id != journey_id or occasion in goal.due:
        return goal, facts
    fact = GoalAssessmentRequested(goal_id=goal.id, person_id=goal.person_id, journey_id=journey_id, occasion=occasion)
    return goal.changed(due=(*goal.due, occasion)), [*facts, fact]


def assess(goal: Goal, *, occasion: Occasion, result: Result, reason: str, now: datetime) -> Decided:
    """Keep what the owner says became of the goal, once per occasion that was asked about."""
    if occasion not in goal.due or any(given.occasion is occasion for given in goal.assessments):
        raise AssessmentNotDue
    given = Assessment(occasion=occasion, result=result, reason=reason, assessed_at=now)
    assessed = goal.changed(assessments=(*goal.assessments, given))
    return assessed, [GoalAssessed(goal_id=goal.id, person_id=goal.person_id, occasion=occasion, result=result)]


def check_owner(goal: Goal, person_id: str | None) -> None:
    """Let only the owner pass.

    Raises:
        NotYourGoal: somebody else asks.
    """
    if goal.person_id != person_id:
        raise NotYourGoal


def _check_step(goal: Goal, old: GoalState, new: GoalState) -> None:
    """Allow a step from one state only: two ways lead to an agreed goal, and each has one beginning."""
    if goal.state is not old:
        raise WrongState(subject="Goal", old=goal.state.value, new=new.value)
    check_move(ALLOWED, "Goal", old, new)


def _checked(text: GoalText, now: datetime) -> GoalText:
    if text.target_on <= now.date():
        raise Invalid(
            field="target_on", reason_de="Das Datum liegt nicht in der Zukunft.", reason_en="not in the future."
        )
    return text.model_copy(update={"topics": tuple(dict.fromkeys(text.topics))})


def _not_by_its_owner(goal: Goal, coach_id: str) -> None:
    if goal.person_id == coach_id:
        raise OwnGoal


def _refuse_names(wording: str, names: frozenset[str]) -> None:
    if _CONTACT.search(wording):
        raise WordingNamesSomebody(
            what={"de": "eine Adresse oder Telefonnummer", "en": "an address or a telephone number"}
        )
    for name in names:
        spaced = r"\s+".join(re.escape(word) for word in name.split())
        if len(name) >= _SHORTEST_NAME and re.search(rf"(?<!\w){spaced}(?!\w)", wording, re.IGNORECASE):
            raise WordingNamesSomebody(what={"de": "Ihren Namen oder den Ihres Hauses", "en": "your or its name"})
