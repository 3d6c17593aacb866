"""Sending: what a message has become by now is asked for, written, handed to the mail server and forgotten."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from functools import cache
from textwrap import fill

import aiosmtplib
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from missionare.kit.crash import crash_point
from missionare.kit.peers import PeerRefused
from missionare.kit.store import Scope
from missionare.kit.timers import Due
from missionare.kit.work import Work
from missionare.notifications.activity.domain import KIND_WORDS
from missionare.notifications.calendar.domain import Language, say_day, say_days, say_moment
from missionare.notifications.message.domain import (
    LINKS,
    AddressUnusable,
    Failed,
    Letter,
    Message,
    MessageState,
    Recipient,
    Suppressed,
    Template,
    begin_sending,
    compose,
    fail,
    may_leave_at,
    page_of,
    sent,
    suppress,
)
from missionare.notifications.message.store import MESSAGE_SENDING, Messages
from missionare.notifications.message.views import Interested, Journeys, Travellers, Visits
from missionare.notifications.settings import NotificationsSettings

SCOPE = Scope.system("a queued message is sent to whom it is for")
WIDTH = 76
SMTP_SECONDS = 20.0
PERMANENT = 500
GONE = frozenset({404, 409, 410})
"""Statuses by which an owner says that something is not, or not any more."""

Words = Mapping[str, str]


class MailServerAway(Exception):
    """The mail server did not take the mail this time: {status}. It is tried again, later each time."""

    def __init__(self, status: int | str) -> None:
        """Keep the status only: what mail servers say quotes addresses."""
        super().__init__(f"the mail server did not take the mail: {status}")


class RefusedForGood(Exception):
    """The mail server will never take this mail."""


async def on_message_due(settings: NotificationsSettings, timer: Due, work: Work) -> None:
    """Send one message within the hours it may leave in, or decide with what is known now that it is not sent.

    `sending` is marked in a transaction of its own before the mail server hears of it. A crash between the
    server's yes and our mark makes the mail go out a second time, with the same Message-ID.

    Raises:
        PeerUnavailable: members, or the owner of the link, is away: the message waits.
        MailServerAway: the same of the mail server.
    """
    messages = work.store(Messages)
    message = await messages.get(timer.subject, SCOPE)
    if message.over:
        work.ignored("the message is over")
        return
    # Asked with every try: what the mail server did not take in the evening does not go out in the night.
    leaves_at = may_leave_at(message, settings.hours, now=work.now)
    if leaves_at > work.now:
        work.schedule(MESSAGE_SENDING, message.id, at=leaves_at)
        return
    try:
        recipient, letter = await _ask(message, settings, work)
    except NotToSend as decision:
        work.save(messages, *suppress(message, decision.reason, now=work.now))
        return
    if message.state is MessageState.QUEUED:
        async with work.separate() as first:
            first.save(messages, begin_sending(message, now=work.now))
        message = await messages.get(message.id, SCOPE)
    try:
        await post(compose(letter, message, recipient, sender=settings.mail_from), settings)
    except AddressUnusable:
        work.save(messages, *fail(message, Failed.ADDRESS_UNUSABLE, now=work.now))
        return
    except RefusedForGood:
        work.save(messages, *fail(message, Failed.REFUSED_BY_SERVER, now=work.now))
        return
    crash_point("mail.accepted_before_mark")
    work.save(messages, *sent(message, now=work.now))


async def on_journey_publication_due(timer: Due, work: Work) -> None:
    """Queue one message for everybody who wanted to hear when a journey is settled."""
    journey_id, messages = timer.subject, work.store(Messages)
    if await work.store(Journeys).cancelled_by(journey_id, SCOPE) is not None:
        work.ignored("the journey is cancelled")
        return
    for person_id in await work.store(Interested).people(journey_id, SCOPE):
        await messages.queue(
            work, Template.JOURNEY_PUBLISHED, person=person_id, trigger=journey_id, journey_id=journey_id
        )


async def on_journey_cancellation_due(timer: Due, work: Work) -> None:
    """Queue one message for everybody whom the cancellation of a journey takes something from."""
    journey_id, messages = timer.subject, work.store(Messages)
    cancelled_by = await work.store(Journeys).cancelled_by(journey_id, SCOPE)
    if cancelled_by is None:
        work.ignored("the journey is not cancelled")
        return
    for person_id in await work.store(Travellers).affected(journey_id, cancelled_by, SCOPE):
        await messages.queue(
            work, Template.JOURNEY_CANCELLED, person=person_id, trigger=journey_id, journey_id=journey_id
        )
    for organisation_id in await work.store(Visits).hosts(journey_id, SCOPE):
        await messages.queue(
            work, Template.VISIT_CANCELLED, organisation=organisation_id, trigger=journey_id, journey_id=journey_id
        )


# --- what is asked at the moment of sending --------------------------------------------------------------------------


class NotToSend(Exception):
    """With what is known now, the message is not sent."""

    def __init__(self, reason: Suppressed) -> None:
        """Keep the reason."""
        super().__init__(reason.value)
        self.reason = reason


async def _ask(message: Message, settings: NotificationsSettings, work: Work) -> tuple[Recipient, Letter]:
    if message.late(work.now):
        raise NotToSend(Suppressed.TOO_LATE)
    if not await _wanted(message, work):
        raise NotToSend(Suppressed.NOT_WANTED)
    recipient = await _recipient(message, work)
    link = await _link(message, settings, work)
    dates = await work.store(Journeys).dates(message.details.journey_id, SCOPE)
    return recipient, write(message.template, recipient.language, words_of(message, recipient, link, dates, settings))


async def _wanted(message: Message, work: Work) -> bool:
    """Whether somebody still wants to hear what they asked to hear; all other messages are about one's own matter."""
    if message.template is not Template.JOURNEY_PUBLISHED:
        return True
    return message.to.person_id in await work.store(Interested).people(message.details.journey_id, SCOPE)


async def _recipient(message: Message, work: Work) -> Recipient:
    """Ask members who this is and whether they may still be written to."""
    try:
        answer = await work.peers.post("members", "/internal/recipients", json=message.to.model_dump(exclude_none=True))
    except PeerRefused as refusal:
        if refusal.status in GONE:
            raise NotToSend(Suppressed.RECIPIENT_UNKNOWN) from None
        raise
    recipient = Recipient.model_validate(answer)
    if not recipient.active:
        raise NotToSend(Suppressed.RECIPIENT_INACTIVE)
    return recipient


async def _link(message: Message, settings: NotificationsSettings, work: Work) -> str:
    """Ask the owner of the link for a fresh one; without an owner it is the page that shows it."""
    source = LINKS.get(message.template)
    if source is None:
        return settings.public_url + page_of(message)
    wanted = {"purpose": source.purpose, "subject": message.details.link_subject}
    try:
        answer = await work.peers.post(source.owner, "/internal/links", json=wanted)
    except PeerRefused as refusal:
        if refusal.status in GONE:
            raise NotToSend(Suppressed.LINK_WITHDRAWN) from None
        raise
    return str(answer["url"])


# --- writing ---------------------------------------------------------------------------------------------------------


def words_of(
    message: Message,
    recipient: Recipient,
    link: str,
    dates: Sequence[datetime] | None,
    settings: NotificationsSettings,
) -> Words:
    """Put what a message depends on into words of the recipient's language."""
    language, details = recipient.language, message.details
    journey = "Lernreise" if language == "de" else "learning journey"
    return {
        "name": recipient.name,
        "link": link,
        "contact": settings.agency_contact,
        "journey": f"{journey} {say_days(dates[0], dates[1], language)}" if dates else journey,
        "until": say_moment(details.until_at, language) if details.until_at else "",
        "due": say_day(details.due_on, language) if details.due_on else "",
        "kind": KIND_WORDS[details.kind][language] if details.kind else "",
    }


def write(template: Template, language: Language, words: Words) -> Letter:
    """Write a template out, as text and as HTML of the same words.

    Raises:
        UndefinedError: the template uses a word there is not.
    """
    written = _templates().get_template(f"{language}/{template.value}.txt.jinja2").render(words)
    subject, *paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", written.strip())]
    html = _templates().get_template("letter.html.jinja2")
    return Letter(
        language=language,
        subject=subject,
        text="\n\n".join(fill(part, WIDTH, break_long_words=False, break_on_hyphens=False) for part in paragraphs)
        + "\n",
        html=html.render(language=language, subject=subject, paragraphs=paragraphs, link=words["link"]),
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("missionare.notifications.message", "templates"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html.jinja2",)),
        trim_blocks=True,
        lstrip_blocks=True,
    )


# --- the mail server -------------------------------------------------------------------------------------------------


async def post(mail: EmailMessage, settings: NotificationsSettings) -> None:
    """Hand a mail to the mail server. When this returns, the server has taken responsibility for it.

    Raises:
        MailServerAway: it could not be reached, or does not want the mail now.
        RefusedForGood: it does not want this mail, or not for this recipient, and never will.
    """
    server = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
        local_hostname=settings.sender_domain,
        use_tls=settings.smtp_tls,
        start_tls=settings.smtp_starttls,
        timeout=SMTP_SECONDS,
    )
    address = mail["To"].addresses[0].addr_spec
    # What a mail server answers may quote the address: no exception of its own leaves this function.
    try:
        async with server:
            await server.sendmail(settings.sender_address, [address], mail.as_bytes())
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        raise _refused(refusal.recipients[0].code) from None
    except aiosmtplib.SMTPDataError as refusal:
        raise _refused(refusal.code) from None
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailServerAway(type(error).__name__) from None


def _refused(code: int) -> Exception:
    return RefusedForGood() if code >= PERMANENT else MailServerAway(code)
