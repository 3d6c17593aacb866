"""Signing in by mailed link and by password, from a browser's side and from a stranger's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from members.agency import API, HIDDEN, Agency

from missionare.members.session.jobs import MailServerAway

ADA = "ada@example.org"


async def test_a_mailed_link_signs_in_and_proves_the_address(agency: Agency) -> None:
    person_id = await agency.enter(ADA)

    browser = await agency.sign_in("Ada@EXAMPLE.org")

    caller = await browser.caller()
    assert caller is not None
    assert (caller.person_id, caller.roles) == (person_id, {"member"})
    assert (await agency.told())[-3:] == ["person_registered", "person_verified", "person_activated"]


async def test_opening_the_link_changes_nothing(agency: Agency) -> None:
    await agency.enter(ADA)
    await agency.done(agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key=""), 202)
    await agency.settle()
    before = await agency.everything()

    for _ in range(3):
        page = await agency.browser().open(agency.mailbox.link(ADA))
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "same-origin"

    assert await agency.everything() == before


async def test_a_known_and_an_unknown_address_are_answered_alike(agency: Agency) -> None:
    await agency.enter(ADA)
    visitor = agency.platform.as_visitor()

    known = await visitor.post(f"{API}/sign-in", {"email": ADA}, key="")
    unknown = await visitor.post(f"{API}/sign-in", {"email": "nobody@example.org"}, key="")

    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    alike = {"content-type", "content-length", "cache-control"}
    assert {name: known.headers[name] for name in alike} == {name: unknown.headers[name] for name in alike}
    waiting = [row for row in await agency.due() if row["name"] == "sign_in_mail"]
    assert len(waiting) == 2
    await agency.settle()
    assert [str(mail["To"]) for mail in agency.mailbox.mails] == ["Ada Lovelace <ada@example.org>"]


async def test_a_mailbox_is_not_flooded_and_nobody_is_told(agency: Agency) -> None:
    await agency.enter(ADA)
    visitor = agency.platform.as_visitor()

    answers = [await visitor.post(f"{API}/sign-in", {"email": ADA}, key="") for _ in range(8)]
    await agency.settle()

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert 3 <= len(agency.mailbox.mails) <= 4


async def test_a_link_works_once_and_ends_its_siblings(agency: Agency) -> None:
    await agency.enter(ADA)
    visitor = agency.platform.as_visitor()
    await visitor.post(f"{API}/sign-in", {"email": ADA}, key="")
    await agency.settle()
    first = agency.mailbox.link(ADA)
    await agency.sign_in(ADA)

    assert (await agency.browser().open(first)).status_code == 410
    assert (await agency.browser().open(agency.mailbox.link(ADA))).status_code == 410
    assert len(await agency.stored("sessions")) == 1


async def test_of_two_clicks_at_once_one_signs_in(agency: Agency) -> None:
    await agency.enter(ADA)
    await agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key="")
    await agency.settle()
    path, browser = agency.mailbox.link(ADA), agency.browser()
    fields = dict(HIDDEN.findall((await browser.open(path)).text))

    answers = await asyncio.gather(*(browser.submit(f"{path}/confirm", fields) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410, 410]
    assert len(await agency.stored("sessions")) == 1


async def test_the_link_is_confirmed_in_the_browser_that_opened_it(agency: Agency) -> None:
    await agency.enter(ADA)
    await agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key="")
    await agency.settle()
    path = agency.mailbox.link(ADA)
    fields = dict(HIDDEN.findall((await agency.browser().open(path)).text))
    other = agency.browser()
    await other.open(path)

    assert (await agency.browser().submit(f"{path}/confirm", fields)).status_code == 403
    assert (await other.submit(f"{path}/confirm", fields)).status_code == 403
    assert (await other.submit(f"{path}/confirm", {"visit": ""})).status_code == 403
    assert await agency.stored("sessions") == []
    # Refused is not used: the link still works where it is opened anew.
    assert (await other.confirm(path)).status_code == 200


async def test_another_site_cannot_send_the_form(agency: Agency) -> None:
    await agency.enter(ADA)
    await agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key="")
    await agency.settle()
    path, browser = agency.mailbox.link(ADA), agency.browser()
    fields = dict(HIDDEN.findall((await browser.open(path)).text))

    answer = await browser.submit(f"{path}/confirm", fields, Origin="https://elsewhere.example")

    assert answer.status_code == 403
    assert await agency.stored("sessions") == []


async def test_after_fifteen_minutes_the_page_offers_a_new_link(agency: Agency) -> None:
    await agency.enter(ADA)
    await agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key="")
    await agency.settle()
    path, browser = agency.mailbox.link(ADA), agency.browser()
    agency.pass_time(minutes=15)

    page = await browser.open(path)
    assert page.status_code == 410
    renewed = await browser.submit(f"{path}/renewal", dict(HIDDEN.findall(page.text)))

    assert renewed.status_code == 200
    await agency.settle()
    assert agency.mailbox.link(ADA) != path
    assert (await browser.confirm(agency.mailbox.link(ADA))).status_code == 200


async def test_the_mail_speaks_the_persons_language_and_carries_no_trick(agency: Agency) -> None:
    await agency.enter(ADA, language="en")

    await agency.sign_in(ADA)

    [mail] = agency.mailbox.mails
    assert mail["Subject"] == "Your sign-in link"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(mail["Message-ID"]).startswith("<sign-in.")


async def test_while_the_mail_server_is_away_the_mail_waits_and_keeps_its_id(agency: Agency) -> None:
    await agency.enter(ADA)
    await agency.mailbox.close()
    await agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key="")
    [row] = await agency.due()

    for _ in range(2):
        with pytest.raises(MailServerAway) as away:
            await agency.fire(row)
        assert ADA not in repr(away.value)
    assert len(await agency.due()) == 1
    await agency.mailbox.open()
    await agency.settle()

    [mail] = agency.mailbox.mails
    assert str(mail["Message-ID"]) == f"<sign-in.{row['subject']}@missionare>"


async def test_a_mail_that_is_refused_for_good_is_given_up(agency: Agency) -> None:
    await agency.enter(ADA)
    agency.mailbox.answer_to_recipient = "550 no such mailbox"
    await agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key="")

    await agency.settle()

    assert agency.mailbox.mails == []
    assert await agency.due() == []


async def test_signing_in_again_changes_the_sessions_secret(agency: Agency) -> None:
    await agency.enter(ADA)
    browser = await agency.sign_in(ADA)
    before = browser.client.cookies["missionare_session"]

    await agency.sign_in(ADA, browser)

    after = browser.client.cookies["missionare_session"]
    assert after != before
    thief = agency.browser()
    thief.client.cookies.set("missionare_session", before)
    assert await thief.caller() is None
    assert len(await agency.stored("sessions")) == 1


async def test_signing_out_acts_with_the_next_request(agency: Agency) -> None:
    await agency.enter(ADA)
    browser = await agency.sign_in(ADA)
    secret = browser.client.cookies["missionare_session"]

    answer = await browser.client.delete(f"{API}/sessions/current")

    assert answer.status_code == 200
    assert "missionare_session" not in browser.client.cookies
    browser.client.cookies.set("missionare_session", secret)
    assert await browser.caller() is None
    assert (await browser.client.delete(f"{API}/sessions/current")).status_code == 200


async def test_the_cookie_is_out_of_reach_and_only_its_hash_is_kept(agency: Agency) -> None:
    await agency.enter(ADA)
    await agency.platform.as_visitor().post(f"{API}/sign-in", {"email": ADA}, key="")
    await agency.settle()
    browser = agency.browser()

    answer = await browser.confirm(agency.mailbox.link(ADA))

    [cookie] = [value for value in answer.headers.get_list("set-cookie") if value.startswith("missionare_session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    secret = browser.client.cookies["missionare_session"]
    assert secret not in str(await agency.everything())
    assert secret not in str(await agency.audit())


async def test_signing_in_is_in_the_audit_trail(agency: Agency) -> None:
    person_id = await agency.enter(ADA)

    await agency.sign_in(ADA)

    row = next(row for row in await agency.audit() if row["what"] == "signed_in")
    assert f"person:{person_id}" in row["objects"]
    assert ADA not in str(await agency.audit())


async def test_a_session_ends_when_it_is_not_used_and_in_any_case(agency: Agency) -> None:
    await agency.enter(ADA)
    browser = await agency.sign_in(ADA)
    rows, now = agency.context.database["sessions"], datetime.now(UTC)

    await rows.update_one({}, {"$set": {"seen_at": now - timedelta(hours=23)}})
    assert await browser.caller() is not None
    [row] = await agency.stored("sessions")
    assert now - row["seen_at"] < timedelta(minutes=1)  # being used has kept it alive
    await rows.update_one({}, {"$set": {"seen_at": now - timedelta(hours=25)}})
    assert await browser.caller() is None
    await rows.update_one({}, {"$set": {"seen_at": now, "ends_at": now}})
    assert await browser.caller() is None


async def test_moving_the_demonstrations_clock_signs_nobody_out(agency: Agency) -> None:
    await agency.enter(ADA)
    browser = await agency.sign_in(ADA)

    agency.pass_time(days=100)

    assert await browser.caller() is not None
