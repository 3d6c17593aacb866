"""Messages: their table, their headers, and every template in both languages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import meta

from missionare.kit.refusals import WrongState
from missionare.notifications.calendar.domain import ALWAYS, REGION, Hours
from missionare.notifications.events import ActivityKind
from missionare.notifications.message import domain, jobs
from missionare.notifications.message.domain import (
    AT_ANY_HOUR,
    MESSAGE_MOVES,
    AddressUnusable,
    Details,
    Failed,
    Letter,
    Message,
    MessageState,
    Recipient,
    Suppressed,
    Template,
    To,
    compose,
)
from missionare.notifications.settings import NotificationsSettings

NOW = datetime(2027, 3, 12, 9, 30, tzinfo=UTC)
SENDER = "Regionalagentur Südwestfalen <no-reply@missionare.example>"
LINK = "https://missionare.example/api/journeys/v1/links/geheim"
DETAILS = Details(
    journey_id="j1",
    link_subject="j1:s1",
    until_at=datetime(2027, 3, 26, 17, tzinfo=UTC),
    due_on=date(2027, 3, 26),
    kind=ActivityKind.TALK,
)
DATES = (datetime(2027, 3, 12, 7, tzinfo=UTC), datetime(2027, 3, 13, 16, tzinfo=UTC))


def queued(template: Template = Template.GOAL_AGREED, **changes: Any) -> Message:
    message, _ = domain.queue(
        id="m-1", template=template, trigger="f-1", to=To(person_id="p1"), details=DETAILS, now=NOW
    )
    return message.changed(**changes)


def recipient(**changes: Any) -> Recipient:
    known = {
        "email": "aylin.oeztuerk@example.org",
        "given_name": "Aylin",
        "family_name": "Öztürk",
        "language": "de",
        "active": True,
    }
    return Recipient.model_validate({**known, **changes})


def settings(**changes: Any) -> NotificationsSettings:
    return NotificationsSettings(
        mongo_url="mongodb://127.0.0.1/notifications",
        kafka_bootstrap_servers="127.0.0.1:9092",
        mail_from=SENDER,
        agency_contact="Telefon 0271 000000",
        **changes,
    )


def letter(template: Template, language: str, dates: Any = DATES, details: Details = DETAILS) -> Letter:
    message = queued(template, details=details)
    to = recipient(language=language)
    return jobs.write(template, to.language, jobs.words_of(message, to, LINK, dates, settings()))


# --- the hours -------------------------------------------------------------------------------------------------------

A_DAY = timedelta(days=1)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - in UTC
# One hour alone may be the one that the clocks leave out in spring.
HOURS = st.tuples(st.integers(0, 22), st.integers(2, 24)).filter(lambda pair: pair[0] + 2 <= pair[1])


@given(moment=MOMENTS, pair=HOURS)
def test_what_can_wait_leaves_at_the_next_moment_within_the_hours_whatever_the_clocks_do(moment, pair):
    hours = Hours(*pair)
    leaves_at = hours.next(moment)

    assert pair[0] <= leaves_at.astimezone(REGION).hour < pair[1]
    assert moment <= leaves_at <= moment + A_DAY + timedelta(hours=1)
    assert hours.next(leaves_at) == leaves_at
    if leaves_at != moment:
        quarters = range(int((leaves_at - moment) / timedelta(minutes=15)))
        between = [(moment + quarter * timedelta(minutes=15)).astimezone(REGION).hour for quarter in quarters]
        assert not [hour for hour in between if pair[0] <= hour < pair[1]]


@pytest.mark.parametrize(
    ("at", "leaves_at"),
    [
        ("2027-03-27T18:00+01:00", "2027-03-28T08:00+02:00"),  # summer begins in this night
        ("2027-03-28T07:59+02:00", "2027-03-28T08:00+02:00"),
        ("2027-10-30T18:00+02:00", "2027-10-31T08:00+01:00"),  # and ends in this one
        ("2027-10-31T17:59+01:00", "2027-10-31T17:59+01:00"),
    ],
)
def test_eight_is_eight_on_the_clocks_of_the_region(at, leaves_at):
    now = datetime.fromisoformat(at).astimezone(UTC)
    assert Hours(8, 18).next(now) == datetime.fromisoformat(leaves_at)


@given(now=MOMENTS, template=st.sampled_from(Template), until=st.none() | MOMENTS, asked=st.booleans())
def test_answers_and_cancellations_never_wait_and_nothing_waits_past_its_deadline(now, template, until, asked):
    message = queued(template, details=Details(until_at=until, asked_for=asked))
    leaves_at = domain.may_leave_at(message, Hours(8, 18), now=now)

    if asked or template in AT_ANY_HOUR:
        assert leaves_at == now
    assert leaves_at == now or (leaves_at == Hours(8, 18).next(now) and not message.late(leaves_at))
    if until is None and not asked and template not in AT_ANY_HOUR:
        assert leaves_at == Hours(8, 18).next(now)


def test_mails_go_out_at_any_hour_only_on_throw_away_data_or_where_somebody_says_so():
    assert settings().hours == Hours(8, 18)
    assert settings(mail_hours="0-24").hours == settings(temporary_data=True).hours == ALWAYS
    assert settings(temporary_data=True, mail_hours="9-17").hours == Hours(9, 17)
    for broken in ("18-8", "8-25", "8-8", "8:00-18:00", "acht"):
        with pytest.raises(ValueError, match="mail_hours"):
            settings(mail_hours=broken)


# --- the table -------------------------------------------------------------------------------------------------------

STEPS = {
    MessageState.SENT: lambda message: domain.sent(message, now=NOW)[0],
    MessageState.SUPPRESSED: lambda message: domain.suppress(message, Suppressed.TOO_LATE, now=NOW)[0],
    MessageState.QUEUED: domain.retry,
    MessageState.FAILED: lambda message: domain.fail(message, Failed.REFUSED_BY_SERVER, now=NOW)[0],
}


@given(state=st.sampled_from(MessageState), new=st.sampled_from(list(STEPS)))
def test_a_message_moves_as_its_table_says_and_in_no_other_way(state, new):
    message = queued(state=state)

    if new in MESSAGE_MOVES[state]:
        assert STEPS[new](message).state is new
    else:
        with pytest.raises(WrongState):
            STEPS[new](message)


def test_sending_may_begin_again_after_a_crash_and_keeps_its_first_mark():
    begun = domain.begin_sending(queued(), now=NOW)

    assert domain.begin_sending(begun, now=NOW.replace(hour=11)) == begun


def test_nothing_is_sent_twice_once_it_is_over():
    sent, _ = domain.sent(domain.begin_sending(queued(), now=NOW), now=NOW)

    with pytest.raises(WrongState):
        domain.begin_sending(sent, now=NOW)


def test_another_trigger_template_or_recipient_is_another_message():
    keys = {
        domain.key_of(template, trigger, to)
        for template in (Template.GOAL_AGREED, Template.GOAL_RETURNED)
        for trigger in ("f-1", "f-2")
        for to in (To(person_id="x"), To(organisation_id="x"))
    }

    assert len(keys) == 8


# --- the words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("template", list(Template))
def test_every_template_says_everything_in_both_languages(template, language):
    written = letter(template, language)

    whole = written.subject + written.text + written.html
    assert 10 < len(written.subject) < 78
    assert not re.search(r"\{[{%#]|None|Undefined", whole)
    assert "Aylin Öztürk" in written.text
    if template is not Template.VISIT_CANCELLED:  # where there is nothing left to open
        assert LINK in written.text.split("\n"), "a link stands on a line of its own"
        assert f'<a href="{LINK}">' in written.html
    assert "Telefon 0271 000000" in written.text
    assert max(len(line) for line in written.text.split("\n") if LINK not in line) <= 78


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("template", list(Template))
def test_every_template_can_do_without_the_days_of_a_journey_that_is_not_published(template, language):
    written = letter(template, language, dates=None)

    assert "  " not in written.text.replace("\n", "|")
    assert " ." not in written.text
    assert not re.search(r"\{[{%#]|None|Undefined", written.text)


@pytest.mark.parametrize(("language", "said"), [("de", "nichts tun"), ("en", "need not do anything")])
def test_a_seat_whose_deadline_pauses_is_held_without_a_date(language, said):
    paused = DETAILS.model_copy(update={"until_at": None})

    assert said in letter(Template.REGISTRATION_AWAITING_GOAL, language, details=paused).text


@pytest.mark.parametrize("template", list(Template))
def test_both_languages_of_a_template_use_the_same_words(template):
    environment = jobs._templates()

    def used(language: str) -> set[str]:
        source = environment.loader.get_source(environment, f"{language}/{template.value}.txt.jinja2")[0]
        return meta.find_undeclared_variables(environment.parse(source))

    assert used("de") == used("en")
    assert used("de") <= {"link", "journey", "until", "due", "kind"}


def test_there_is_no_template_that_nobody_sends():
    folder = Path(jobs.__file__).parent / "templates"

    for language in ("de", "en"):
        names = {path.name.removesuffix(".txt.jinja2") for path in (folder / language).iterdir()}
        assert names == {template.value for template in Template} | {"letter"}


def test_subjects_are_told_apart():
    for language in ("de", "en"):
        subjects = {letter(template, language).subject for template in Template}
        assert len(subjects) == len(Template)


def test_german_letters_are_formal():
    for template in Template:
        text = letter(template, "de").text
        greeting, first = text.split("\n\n")[:2]
        assert greeting == "Guten Tag Aylin Öztürk,"
        assert first[0].islower() or first.startswith(("Sie", "Ihr", "Teilnehmende")), "the sentence goes on"
        assert not re.search(r"\b([Dd]u|[Dd]ein|[Dd]ich|[Dd]ir)\b", text)
        assert "!" not in text


def test_a_deadline_is_said_to_the_minute_in_the_regions_time():
    assert "bis Freitag, 26. März 2027, 18.00 Uhr" in " ".join(letter(Template.SEAT_OFFERED, "de").text.split())


# --- the mail --------------------------------------------------------------------------------------------------------


def mail_to(**changes: Any) -> Any:
    written = letter(Template.GOAL_AGREED, "de")
    mail = compose(written, queued(), recipient(**changes), sender=SENDER)
    return message_from_bytes(mail.as_bytes(), policy=SMTP)


def test_a_mail_is_text_and_html_in_utf_8_and_safe_for_every_server():
    raw = compose(letter(Template.GOAL_AGREED, "de"), queued(), recipient(), sender=SENDER).as_bytes()
    mail = message_from_bytes(raw, policy=SMTP)

    raw.decode("ascii")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert (text.get_content_type(), text.get_content_charset()) == ("text/plain", "utf-8")
    assert (html.get_content_type(), html.get_content_charset()) == ("text/html", "utf-8")
    assert "Guten Tag Aylin Öztürk," in text.get_content()
    assert mail["Subject"] == "Ihr Ziel ist vereinbart"
    assert mail["From"] == SENDER
    assert mail["To"].addresses[0].display_name == "Aylin Öztürk"
    assert mail["Message-ID"] == "<m-1@missionare>"
    assert mail["Auto-Submitted"] == "auto-generated"


HOSTILE = [
    "Eve\r\nBcc: everybody@example.org",
    "Eve\nSubject: Gewonnen",
    "Eve\r\n\r\n<script>alert(1)</script>",
    "Eve\u2028Bcc: everybody@example.org",
    'Eve" <other@example.org>, "x',
    "Eve\x00\x1b[31m",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_never_makes_a_header_or_a_second_recipient(name):
    mail = mail_to(given_name=name)

    assert set(mail.keys()) == set(mail_to().keys())
    assert len(mail.keys()) == len(mail_to().keys())
    assert [address.addr_spec for address in mail["To"].addresses] == ["aylin.oeztuerk@example.org"]
    assert mail["Subject"] == "Ihr Ziel ist vereinbart"


@given(name=st.text(max_size=80), family=st.text(max_size=80))
def test_no_name_whatever_breaks_a_mail(name, family):
    try:
        (name + family).encode()
    except UnicodeEncodeError:
        return  # half a surrogate pair never came out of JSON

    written = letter(Template.GOAL_AGREED, "de")
    raw = compose(written, queued(), recipient(given_name=name, family_name=family), sender=SENDER).as_bytes()
    mail = message_from_bytes(raw, policy=SMTP)

    assert "Bcc" not in mail
    assert [address.addr_spec for address in mail["To"].addresses] == ["aylin.oeztuerk@example.org"]


def test_a_name_is_only_text_in_html():
    written = jobs.write(
        Template.GOAL_AGREED,
        "de",
        jobs.words_of(queued(), recipient(family_name="<img src=x>"), LINK, DATES, settings()),
    )

    assert "<img" not in written.html
    assert "&lt;img src=x&gt;" in written.html


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b@c@",
        "a b@example.org",
        "a@example.org\r\nBcc: x@example.org",
        "a@example.org\n",
        "a@example.org, b@example.org",
        "<a@example.org>",
        "a..b@example.org",
        "a@-example.org",
        "ä@example.org",
        f"{'a' * 65}@example.org",
        f"a@{'a' * 64}.org",
        "a@example..org",
    ],
)
def test_what_is_no_single_plain_address_is_not_written_into_a_mail(address):
    with pytest.raises(AddressUnusable) as refusal:
        mail_to(email=address)

    assert not str(refusal.value), "an address never enters an exception"


def test_a_domain_with_umlauts_is_written_in_its_ascii_form():
    assert mail_to(email="info@müller.example")["To"].addresses[0].addr_spec == "info@xn--mller-kva.example"


# --- the settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "port", "plain", "tls", "starttls"),
    [
        ("127.0.0.1", 1025, False, False, False),
        ("mail.example.org", 587, False, False, True),
        ("mail.example.org", 465, False, True, False),
        ("mailbox", 1025, True, False, False),
    ],
)
def test_mail_leaves_the_machine_only_encrypted_unless_said_otherwise(host, port, plain, tls, starttls):
    chosen = settings(smtp_host=host, smtp_port=port, smtp_plain=plain)

    assert (chosen.smtp_tls, chosen.smtp_starttls) == (tls, starttls)


@pytest.mark.parametrize("broken", ["nobody", "", "A <a@example.org>\r\nBcc: b@example.org"])
def test_a_sender_that_is_no_address_stops_the_start(broken):
    with pytest.raises(ValueError, match="mail"):
        NotificationsSettings(
            mongo_url="mongodb://127.0.0.1/notifications", kafka_bootstrap_servers="b:1", mail_from=broken
        )
