"""Messages: one mail per template, trigger and recipient. A message knows ids and dates, never an address.

The address, the name and the link are asked for at the moment of sending, and the written mail is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Text
from missionare.notifications.calendar.domain import Hours
from missionare.notifications.events import (
    ActivityKind,
    MessageFailed,
    MessageQueued,
    MessageSent,
    MessageSuppressed,
)


class Template(StrEnum):
    """What a message says; each has a file per language in `templates/`."""

    GOAL_AGREED = "goal_agreed"
    GOAL_RETURNED = "goal_returned"
    GOAL_ASSESSMENT_REQUESTED = "goal_assessment_requested"
    HOST_REQUESTED = "host_requested"
    REGISTRATION_CONFIRMED = "registration_confirmed"
    REGISTRATION_AWAITING_GOAL = "registration_awaiting_goal"
    REGISTRATION_WAITLISTED = "registration_waitlisted"
    SEAT_OFFERED = "seat_offered"
    SEAT_OFFER_EXPIRED = "seat_offer_expired"
    INSIGHT_RELEASE_REQUESTED = "insight_release_requested"
    INSIGHT_RELEASE_REMINDER = "insight_release_reminder"
    CERTIFICATE_ISSUED = "certificate_issued"
    JOURNEY_PUBLISHED = "journey_published"
    JOURNEY_CANCELLED = "journey_cancelled"
    VISIT_CANCELLED = "visit_cancelled"
    OUTREACH_PLAN_DRAFTED = "outreach_plan_drafted"
    OUTREACH_PLAN_REMINDER = "outreach_plan_reminder"
    FOLLOW_UP_REMINDER = "follow_up_reminder"


class LinkSource(BaseModel):
    """Who makes the link of a template, and for which purpose."""

    model_config = ConfigDict(frozen=True)

    owner: str
    purpose: str


LINKS: Mapping[Template, LinkSource] = MappingProxyType(
    {
        Template.HOST_REQUESTED: LinkSource(owner="journeys", purpose="host_visit"),
        Template.INSIGHT_RELEASE_REQUESTED: LinkSource(owner="journeys", purpose="release_desk"),
        Template.INSIGHT_RELEASE_REMINDER: LinkSource(owner="journeys", purpose="release_desk"),
    }
)
"""Templates whose link opens something without an account; of one purpose, the first asks and the others remind."""

PAGES: Mapping[Template, str] = MappingProxyType(
    {
        Template.GOAL_AGREED: "/me/goals",
        Template.GOAL_RETURNED: "/me/goals",
        Template.GOAL_ASSESSMENT_REQUESTED: "/me/goals",
        Template.REGISTRATION_CONFIRMED: "/me/registrations",
        Template.REGISTRATION_AWAITING_GOAL: "/me/registrations",
        Template.REGISTRATION_WAITLISTED: "/me/registrations",
        Template.SEAT_OFFERED: "/me/registrations",
        Template.SEAT_OFFER_EXPIRED: "/journeys",
        Template.CERTIFICATE_ISSUED: "/me/registrations",
        Template.JOURNEY_PUBLISHED: "/journeys/{journey_id}",
        Template.JOURNEY_CANCELLED: "/journeys",
        Template.OUTREACH_PLAN_DRAFTED: "/me/outreach",
        Template.OUTREACH_PLAN_REMINDER: "/me/outreach",
        Template.FOLLOW_UP_REMINDER: "/me/outreach",
    }
)
"""The page that all others lead to. Whoever is not signed in signs in there first."""


AT_ANY_HOUR: Final = frozenset(
    {
        Template.REGISTRATION_CONFIRMED,
        Template.REGISTRATION_AWAITING_GOAL,
        Template.REGISTRATION_WAITLISTED,
        Template.SEAT_OFFERED,
        Template.JOURNEY_CANCELLED,
        Template.VISIT_CANCELLED,
    }
)
"""What answers to an act of its recipient, spares them a way, or tells of a time that has begun: who waits for a seat
has two working days to take it, and shall not lose a night of them. All others wait for the hours of the day."""


class MessageState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    FAILED = "failed"


M = MessageState
SUBJECT: Final[Text] = {"de": "Nachricht", "en": "Message"}

MESSAGE_MOVES: Transitions[MessageState] = MappingProxyType(
    {
        M.QUEUED: frozenset({M.SENDING, M.SUPPRESSED}),
        M.SENDING: frozenset({M.SENT, M.SUPPRESSED, M.FAILED}),
        M.SENT: frozenset(),
        M.SUPPRESSED: frozenset(),
        M.FAILED: frozenset({M.QUEUED}),
    }
)
OVER = frozenset({M.SENT, M.SUPPRESSED, M.FAILED})
"""Nothing happens to these by itself any more; a person may have a failed one sent again."""


class Suppressed(StrEnum):
    """Why a message is not sent."""

    RECIPIENT_UNKNOWN = "recipient_unknown"
    RECIPIENT_INACTIVE = "recipient_inactive"
    LINK_WITHDRAWN = "link_withdrawn"
    NOT_WANTED = "not_wanted"
    TOO_LATE = "too_late"


class Failed(StrEnum):
    """Why a message cannot be sent."""

    ADDRESS_UNUSABLE = "address_unusable"
    REFUSED_BY_SERVER = "refused_by_server"


class To(BaseModel):
    """For whom a message is: a person, or whoever is an organisation's contact when it is sent."""

    model_config = ConfigDict(frozen=True)

    person_id: str | None = None
    organisation_id: str | None = None


class Details(BaseModel):
    """What the words of a message depend on: ids, dates and codes from the fact that caused it."""

    model_config = ConfigDict(frozen=True)

    journey_id: str | None = None
    link_subject: str | None = None
    until_at: datetime | None = None
    due_on: date | None = None
    kind: ActivityKind | None = None
    asked_for: bool = False
    """Its recipient has just asked for this very mail."""


class Message(Aggregate):
    """One mail to one recipient."""

    template: Template
    key: str
    """Template, trigger and recipient: there is one message for each, and an index holds it."""
    to: To
    details: Details
    state: MessageState
    queued_at: datetime
    sending_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str | None = None

    def late(self, now: datetime) -> bool:
        """Whether what it asks for was to be done by a moment that has passed."""
        return self.details.until_at is not None and self.details.until_at <= now

    @property
    def over(self) -> bool:
        """Whether nothing happens to it by itself any more."""
        return self.state in OVER


class MessageUnknown(NotFound):
    """There is no such message."""

    text: ClassVar[Text] = {
        "de": "Diese Nachricht gibt es nicht. Prüfen Sie die Kennung, oder suchen Sie sie in der Liste.",
        "en": "There is no such message. Check the id, or look for it in the list.",
    }


Posted = tuple[Message, list[Fact]]


def page_of(message: Message) -> str:
    """Give the path of the page that a message leads to."""
    return PAGES.get(message.template, "/").format(journey_id=message.details.journey_id)


def key_of(template: Template, trigger: str, to: To) -> str:
    """Name the one message that this template may become for this trigger and recipient."""
    return f"{template.value}|{trigger}|{to.person_id or ''}|{to.organisation_id or ''}"


def queue(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    template: Template,
    trigger: str,
    to: To,
    details: Details,
    now: datetime,
) -> Posted:
    """Put a message in the queue. Whether it is the only one of its key is the store's matter."""
    message = Message(
        id=id,
        template=template,
        key=key_of(template, trigger, to),
        to=to,
        details=details,
        state=MessageState.QUEUED,
        queued_at=now,
    )
    queued = MessageQueued(
        message_id=id, template=template.value, person_id=to.person_id, organisation_id=to.organisation_id
    )
    return message, [queued]


def retry(message: Message) -> Message:
    """Send a message again that could not be sent: to the address, and with the link, that there is then.

    Raises:
        WrongState: it has not failed.
    """
    check_move(MESSAGE_MOVES, SUBJECT, message.state, MessageState.QUEUED)
    return message.changed(state=MessageState.QUEUED, sending_at=None, closed_at=None, reason=None)


def may_leave_at(message: Message, hours: Hours, *, now: datetime) -> datetime:
    """Give when a message may be sent: now, or when the hours begin next in which people are written to.

    What would have come too late by then is sent at once.
    """
    if message.template in AT_ANY_HOUR or message.details.asked_for:
        return now
    begin_at = hours.next(now)
    return now if message.late(begin_at) else begin_at


def begin_sending(message: Message, *, now: datetime) -> Message:
    """Mark the message before the mail server sees it. After a crash it is sent again, from the same mark.

    Raises:
        WrongState: it is over.
    """
    if message.state is MessageState.SENDING:
        return message
    check_move(MESSAGE_MOVES, SUBJECT, message.state, MessageState.SENDING)
    return message.changed(state=MessageState.SENDING, sending_at=now)


def sent(message: Message, *, now: datetime) -> Posted:
    """Note that the mail server has taken the message.

    Raises:
        WrongState: it was not being sent.
    """
    done = _closed(message, MessageState.SENT, None, now)
    return done, [MessageSent(message_id=done.id, template=done.template.value)]


def suppress(message: Message, reason: Suppressed, *, now: datetime) -> Posted:
    """Decide, with what is known at the moment of sending, not to send.

    Raises:
        WrongState: it is over.
    """
    done = _closed(message, MessageState.SUPPRESSED, reason, now)
    return done, [MessageSuppressed(message_id=done.id, reason=reason.value)]


def fail(message: Message, reason: Failed, *, now: datetime) -> Posted:
    """Note that the mail server, or the address itself, leaves no way to send.

    Raises:
        WrongState: it was not being sent.
    """
    done = _closed(message, MessageState.FAILED, reason, now)
    return done, [MessageFailed(message_id=done.id, reason=reason.value)]


def _closed(message: Message, new: MessageState, reason: Suppressed | Failed | None, now: datetime) -> Message:
    check_move(MESSAGE_MOVES, SUBJECT, message.state, new)
    return message.changed(state=new, reason=reason.value if reason else None, closed_at=now)


class Recipient(BaseModel):
    """Who gets the mail, as members knows them at this moment. It lives as long as the sending and is not kept."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    email: str
    given_name: str
    family_name: str
    language: Literal["de", "en"]
    active: bool

    @property
    def name(self) -> str:
        """The name on one line: whatever could break a header or fake a paragraph becomes a space."""
        return _one_line(f"{self.given_name} {self.family_name}")


class Letter(BaseModel):
    """What a template came to: the subject and the same words as text and as HTML."""

    model_config = ConfigDict(frozen=True)

    language: Literal["de", "en"]
    subject: str
    text: str
    html: str


class AddressUnusable(ValueError):
    """The address cannot be written into a mail. The message says no more: the address is personal."""


def compose(letter: Letter, message: Message, recipient: Recipient, *, sender: str) -> EmailMessage:
    """Write the mail: UTF-8, text and HTML, safe for every mail server, the same Message-ID each time.

    Raises:
        AddressUnusable: the address is not one, or tries to be more than one.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = _address(recipient)
    mail["Subject"] = _one_line(letter.subject)
    mail["Date"] = format_datetime(message.sending_at or message.queued_at)
    mail["Message-ID"] = f"<{message.id}@missionare>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = letter.language
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


# Seven bits, so that no server on the way has a reason to rewrite the mail.
_POLICY = SMTP.clone(cte_type="7bit")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@.{{1,253}}\Z){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f\u0085\u2028\u2029]+")


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _address(recipient: Recipient) -> Address:
    name, _, domain = recipient.email.rpartition("@")
    try:
        # Umlauts stand before the @ of no usual address; behind it they have an ASCII form.
        address = f"{name}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise AddressUnusable from None
    if not _ADDRESS.fullmatch(address):
        raise AddressUnusable
    return Address(display_name=recipient.name, addr_spec=address)
