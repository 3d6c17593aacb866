"""Outreach activities: what a missionary means to do at home, and has done. Nobody else sees them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from missionare.kit.aggregates import Aggregate, Transitions
from missionare.kit.facts import Fact
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text
from missionare.notifications.events import (
    ActivityKind,
    OutreachActivityPlanned,
    OutreachActivityRecorded,
    OutreachActivitySkipped,
)


class ActivityState(StrEnum):
    """Where an activity stands."""

    PLANNED = "planned"
    DONE = "done"
    SKIPPED = "skipped"


ACTIVITY_MOVES: Transitions[ActivityState] = MappingProxyType(
    {
        ActivityState.PLANNED: frozenset({ActivityState.DONE, ActivityState.SKIPPED}),
        ActivityState.DONE: frozenset(),
        ActivityState.SKIPPED: frozenset(),
    }
)

ACTIVITY_WORDS: Mapping[ActivityState, Text] = {
    ActivityState.PLANNED: {"de": "geplant", "en": "planned"},
    ActivityState.DONE: {"de": "eingetragen", "en": "recorded"},
    ActivityState.SKIPPED: {"de": "übersprungen", "en": "skipped"},
}


KIND_WORDS: Mapping[ActivityKind, Text] = {
    ActivityKind.ONE_TO_ONE: {"de": "ein Gespräch unter vier Augen", "en": "a one-to-one talk"},
    ActivityKind.STAFF_MEETING: {
        "de": "ein Beitrag in einer Betriebsversammlung oder Teamrunde",
        "en": "a contribution to a staff or team meeting",
    },
    ActivityKind.POST: {"de": "ein Beitrag im Intranet oder in einem sozialen Netz", "en": "a post"},
    ActivityKind.COLLEAGUE_VISIT: {"de": "ein Besuch bei einem anderen Betrieb", "en": "a visit to another company"},
    ActivityKind.TALK: {"de": "ein Vortrag", "en": "a talk"},
    ActivityKind.ARTICLE: {"de": "ein Artikel", "en": "an article"},
    ActivityKind.CHAMBER_EVENT: {"de": "eine Veranstaltung der Kammer", "en": "a chamber event"},
}


class ActivityUnknown(NotFound):
    """There is no such activity among the caller's own."""

    text: ClassVar[Text] = {
        "de": "Diese Transferaktivität gibt es nicht, oder sie gehört jemand anderem. "
        "Ihre Aktivitäten finden Sie in der Liste.",
        "en": "There is no such outreach activity, or it is somebody else's. Your own activities are in the list.",
    }


class ActivityAlreadyClosed(Refusal):
    """The activity is {state} already. Load it again to see what was noted."""

    title: ClassVar[Text] = {"de": "Aktivität abgeschlossen", "en": "Activity closed"}
    text: ClassVar[Text] = {
        "de": "Diese Transferaktivität ist bereits {state}. Laden Sie den aktuellen Stand.",
        "en": "This outreach activity is {state} already. Load it again.",
    }


class OutreachActivity(Aggregate):
    """One thing a missionary means to do, or has done. Nobody else sees it; least of all the employer."""

    outreach_plan_id: str
    person_id: str
    journey_id: str
    question_id: str | None
    kind: ActivityKind
    state: ActivityState
    due_on: date
    done_on: date | None = None
    reach: int | None = None
    note: str | None = None
    closed_at: datetime | None = None
    conversions: int = 0
    """How many people accepted an invitation that came from this activity."""


Acted = tuple[OutreachActivity, list[Fact]]


def intend(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    outreach_plan_id: str,
    person_id: str,
    journey_id: str,
    question_id: str | None,
    kind: ActivityKind,
    due_on: date,
) -> Acted:
    """Take one activity of an accepted plan upon oneself."""
    activity = OutreachActivity(
        id=id,
        outreach_plan_id=outreach_plan_id,
        person_id=person_id,
        journey_id=journey_id,
        question_id=question_id,
        kind=kind,
        state=ActivityState.PLANNED,
        due_on=due_on,
    )
    return activity, [
        OutreachActivityPlanned(
            outreach_activity_id=id,
            outreach_plan_id=outreach_plan_id,
            person_id=person_id,
            kind=kind,
            due_on=due_on,
        )
    ]


def record(
    activity: OutreachActivity,
    *,
    kind: ActivityKind,
    done_on: date,
    reach: int,
    note: str | None,
    now: datetime,
    today: date,
) -> Acted:
    """Note what took place; it may have become another kind of activity than was planned.

    Args:
        activity: the planned activity.
        kind: what it became.
        done_on: the day, today at the latest.
        reach: how many people were there or read it.
        note: free words for the missionary alone; they enter no fact.
        now: the present moment.
        today: the present day where the missionary lives.

    Raises:
        ActivityAlreadyClosed: it was recorded or skipped before.
        Invalid: the day lies in the future.
    """
    if done_on > today:
        raise Invalid(
            field="done_on",
            reason_de="Der Tag liegt in der Zukunft. Tragen Sie die Aktivität ein, sobald sie stattgefunden hat.",
            reason_en="The day is in the future. Record the activity once it has taken place.",
        )
    done = _closed(activity, ActivityState.DONE, now).changed(kind=kind, done_on=done_on, reach=reach, note=note)
    return done, [
        OutreachActivityRecorded(
            outreach_activity_id=done.id,
            outreach_plan_id=done.outreach_plan_id,
            person_id=done.person_id,
            kind=kind,
            done_on=done_on,
            reach=reach,
        )
    ]


def skip(activity: OutreachActivity, *, now: datetime) -> Acted:
    """Drop an activity, without giving a reason.

    Raises:
        ActivityAlreadyClosed: it was recorded or skipped before.
    """
    skipped = _closed(activity, ActivityState.SKIPPED, now)
    return skipped, [
        OutreachActivitySkipped(
            outreach_activity_id=skipped.id,
            outreach_plan_id=skipped.outreach_plan_id,
            person_id=skipped.person_id,
        )
    ]


def convert(activity: OutreachActivity) -> OutreachActivity:
    """Count one more person who accepted an invitation that came from this activity, whatever its state."""
    return activity.changed(conversions=activity.conversions + 1)


def _closed(activity: OutreachActivity, new: ActivityState, now: datetime) -> OutreachActivity:
    if new not in ACTIVITY_MOVES[activity.state]:
        raise ActivityAlreadyClosed(state=ACTIVITY_WORDS[activity.state])
    return activity.changed(state=new, closed_at=now)
