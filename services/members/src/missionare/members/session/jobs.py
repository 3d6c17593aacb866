"""Mailing sign-in links. members does it itself, so that signing in works while the broker is away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

import aiosmtplib

from missionare.kit.callers import Language
from missionare.kit.crash import crash_point
from missionare.kit.links import LinkTokens
from missionare.kit.logs import log
from missionare.kit.refusals import Text
from missionare.kit.store import Scope
from missionare.kit.timers import Due
from missionare.kit.work import Work
from missionare.members.person.domain import Person
from missionare.members.person.store import People
from missionare.members.session.domain import LINK_LIFETIME
from missionare.members.session.store import SIGN_IN
from missionare.members.settings import MembersSettings

EVERYTHING = Scope.system("a job acts on nobody's behalf")
GIVE_UP_AFTER: Final = timedelta(hours=1)
"""Nobody waits longer for a sign-in link; whoever still wants one has asked again."""
SMTP_SECONDS: Final = 10.0
PERMANENT: Final = 500
"""From this reply code on the mail server will not take the mail later either (RFC 5321, section 4.2.1)."""

SUBJECT: Text = {"de": "Ihr Anmeldelink", "en": "Your sign-in link"}
BODY: Mapping[str, str] = {
    "de": """Guten Tag {given_name} {family_name},

mit diesem Link melden Sie sich an:

{url}

Er gilt 15 Minuten und nur einmal. Wenn Sie sich nicht anmelden wollten,
brauchen Sie nichts zu tun.

Ihre Regionalagentur
""",
    "en": """Dear {given_name} {family_name},

with this link you sign in:

{url}

It is valid for 15 minutes and works once. If you did not want to sign in,
you need not do anything.

Your regional agency
""",
}


class MailServerAway(Exception):
    """The mail server cannot be reached or does not want the mail now; the job comes again."""


async def on_sign_in_mail(settings: MembersSettings, timer: Due, work: Work) -> None:
    """Mail a fresh link. After a crash it is mailed again with the same Message-ID; either link works once."""
    person_id = timer.payload["person_id"]
    person = await work.store(People).find(person_id, EVERYTHING) if person_id else None
    if person is None:
        work.ignored("nobody is registered with this address")
        return
    if work.now - timer.due_at > GIVE_UP_AFTER:
        work.ignored("nobody waits for this link any more")
        return
    async with work.separate() as first:
        token = first.store(LinkTokens).issue(
            first, SIGN_IN, person.id, first.now + LINK_LIFETIME, single_use=True, holder=person.id
        )
    language: Language = timer.payload["language"] or person.contact.language
    url = f"{settings.public_url}/api/members/v1/links/{token}"
    await _send(_written(person, url, language, timer.subject, settings), person.contact.email, settings)
    crash_point("mail.accepted_before_mark")


def _written(person: Person, url: str, language: Language, mail_id: str, settings: MembersSettings) -> EmailMessage:
    contact = person.contact
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = SUBJECT[language]
    mail["From"] = settings.mail_from
    mail["To"] = Address(f"{contact.given_name} {contact.family_name}", addr_spec=contact.email)
    mail["Message-ID"] = f"<sign-in.{mail_id}@missionare>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = language
    mail.set_content(BODY[language].format(given_name=contact.given_name, family_name=contact.family_name, url=url))
    return mail


async def _send(mail: EmailMessage, address: str, settings: MembersSettings) -> None:
    """Hand the mail to the mail server.

    Raises:
        MailServerAway: it could not be reached, or does not want the mail now.
    """
    server = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_username or None,
        password=settings.smtp_password.get_secret_value() or None,
        local_hostname=settings.sender_address.rpartition("@")[2],
        use_tls=settings.smtp_tls,
        start_tls=settings.smtp_starttls,
        timeout=SMTP_SECONDS,
    )
    # What a mail server answers may quote the address: no exception of its own leaves this function.
    try:
        async with server:
            await server.sendmail(settings.sender_address, [address], mail.as_bytes())
    except aiosmtplib.SMTPRecipientsRefused as refusal:
        _judge(refusal.recipients[0].code)
    except aiosmtplib.SMTPDataError as refusal:
        _judge(refusal.code)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise MailServerAway(type(error).__name__) from None


def _judge(code: int) -> None:
    """Give up a mail that is refused for good; let another one come again."""
    if code < PERMANENT:
        raise MailServerAway(str(code))
    log.warning("the mail server refused a sign-in link for good", code=code)
