"""The facts notifications publishes: outreach plans, activities, follow-up tasks and messages."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from missionare.kit.facts import Code, Fact, Id


class ActivityKind(StrEnum):
    """What a missionary can do at home, from the small step to the large one."""

    ONE_TO_ONE = "one_to_one"
    STAFF_MEETING = "staff_meeting"
    POST = "post"
    COLLEAGUE_VISIT = "colleague_visit"
    TALK = "talk"
    ARTICLE = "article"
    CHAMBER_EVENT = "chamber_event"


class WebhookReason(StrEnum):
    """Why nothing is sent to a webhook any more."""

    ASKED = "asked"
    GONE = "gone"
    UNREACHED = "unreached"


class OutreachPlanDrafted(Fact, aggregate="outreach_plan"):
    """A plan was drafted for a missionary and a journey, or drafted anew from fresher questions before an answer."""

    outreach_plan_id: Id
    missionary_id: Id
    person_id: Id
    journey_id: Id
    goal_id: Id | None
    activities: int
    questions: tuple[Id, ...]


class OutreachPlanAccepted(Fact, aggregate="outreach_plan"):
    """The missionary made the plan a promise of their own."""

    outreach_plan_id: Id
    missionary_id: Id
    person_id: Id
    journey_id: Id


class OutreachPlanDeclined(Fact, aggregate="outreach_plan"):
    """The missionary said no, which has no consequence."""

    outreach_plan_id: Id
    missionary_id: Id
    person_id: Id
    journey_id: Id


class OutreachPlanLapsed(Fact, aggregate="outreach_plan"):
    """Nobody answered, and after one reminder the plan ended quietly."""

    outreach_plan_id: Id
    missionary_id: Id
    person_id: Id
    journey_id: Id


class OutreachActivityPlanned(Fact, aggregate="outreach_activity"):
    """An activity of an accepted plan is intended by a date."""

    outreach_activity_id: Id
    outreach_plan_id: Id
    person_id: Id
    kind: ActivityKind
    due_on: date


class OutreachActivityRecorded(Fact, aggregate="outreach_activity"):
    """An activity took place and reached so many people."""

    outreach_activity_id: Id
    outreach_plan_id: Id
    person_id: Id
    kind: ActivityKind
    done_on: date
    reach: int


class OutreachActivitySkipped(Fact, aggregate="outreach_activity"):
    """The missionary will not do this one, which has no consequence."""

    outreach_activity_id: Id
    outreach_plan_id: Id
    person_id: Id


class FollowUpTaskOpened(Fact, aggregate="follow_up_task"):
    """An accepted activity has a date on which its missionary is reminded once."""

    follow_up_task_id: Id
    outreach_activity_id: Id
    person_id: Id
    due_on: date


class FollowUpTaskCompleted(Fact, aggregate="follow_up_task"):
    """The activity was recorded, or somebody accepted an invitation that came from it."""

    follow_up_task_id: Id
    outreach_activity_id: Id


class MessageQueued(Fact, aggregate="message"):
    """Exactly one message waits for this template, trigger and recipient."""

    message_id: Id
    template: Code
    person_id: Id | None
    organisation_id: Id | None


class MessageSent(Fact, aggregate="message"):
    """The mail server has accepted the message."""

    message_id: Id
    template: Code


class MessageSuppressed(Fact, aggregate="message"):
    """The message is not sent: there is nobody to send it to any more, or nothing to say."""

    message_id: Id
    reason: Code


class MessageFailed(Fact, aggregate="message"):
    """The mail server has refused the message for good."""

    message_id: Id
    reason: Code


class WebhookVerified(Fact, aggregate="webhook"):
    """Somebody at the address has taken a first ping."""

    webhook_id: Id
    organisation_id: Id


class WebhookKeyEnded(Fact, aggregate="webhook"):
    """The API key that answered for it opens nothing any more, so nothing is sent there."""

    webhook_id: Id
    organisation_id: Id


class WebhookDisabled(Fact, aggregate="webhook"):
    """Nothing is sent there any more: somebody asked for that, it is gone, or nobody took anything for three days."""

    webhook_id: Id
    organisation_id: Id
    reason: WebhookReason
