"""Invitations: from a missionary's activity, passed on by hand, to a new member with a proved address."""

from __future__ import annotations

import pytest
from members.agency import API, HIDDEN, Agency
from members.test_organisations_join import KIM

ADA = "ada@example.org"
REPLY = {
    "given_name": "Kim",
    "family_name": "Klee",
    "email": KIM,
    "organisation": "Neue Wege GmbH",
    "kind": "company",
    "municipality": "05966024",
    "size": "small",
    "sector": "C",
    "function": "management",
    "notice": "yes",
}


async def issued(agency: Agency) -> tuple[str, dict[str, str]]:
    """Give a missionary and an invitation of theirs, with its address."""
    ada = await agency.missionary(ADA)
    await agency.tell(agency.planned("act-1", ada))
    answer = await agency.as_person(ada, "missionary").post(f"{API}/invitations", {"activity_id": "act-1"})
    assert answer.status_code == 201, answer.text
    return ada, answer.json()


def path_of(invitation: dict[str, str]) -> str:
    return invitation["url"].removeprefix("http://127.0.0.1:8080")


async def test_a_reply_counts_once_the_address_is_proved(agency: Agency) -> None:
    ada, invitation = await issued(agency)

    thanks = await agency.browser().confirm(path_of(invitation), "accept", **REPLY)

    assert thanks.status_code == 200, thanks.text
    assert await agency.facts("InvitationAccepted") == []
    await agency.settle()
    browser = agency.browser()
    assert (await browser.confirm(agency.mailbox.link(KIM))).status_code == 200
    [fact] = await agency.facts("InvitationAccepted")
    caller = await browser.caller()
    assert caller is not None
    [applied] = [fact for fact in await agency.facts("OrganisationApplied") if fact["channel"] == "invitation"]
    assert fact == {
        "invitation_id": invitation["id"],
        "activity_id": "act-1",
        "issuer_person_id": ada,
        "person_id": caller.person_id,
        "organisation_id": applied["organisation_id"],
    }
    assert set((await agency.told())[-3:]) == {"person_verified", "person_activated", "invitation_accepted"}


async def test_the_admission_still_knows_the_invitation(agency: Agency) -> None:
    _, invitation = await issued(agency)
    await agency.browser().confirm(path_of(invitation), "accept", **REPLY)
    await agency.settle()
    await agency.sign_in(KIM)
    listed = (await agency.operator.get(f"{API}/organisations?state=applied")).json()["items"]

    [house] = [item for item in listed if item["invitation_id"] == invitation["id"]]
    await agency.done(agency.operator.post(f"{API}/organisations/{house['id']}/admission", match=1), 200)

    admitted = [fact for fact in await agency.facts("OrganisationAdmitted") if fact["invitation_id"]]
    assert admitted == [{"organisation_id": house["id"], "invitation_id": invitation["id"]}]


async def test_the_platform_mails_nobody_before_they_ask(agency: Agency) -> None:
    await issued(agency)
    before = len(agency.mailbox.mails)

    await agency.settle()

    assert len(agency.mailbox.mails) == before


async def test_the_address_is_shown_once_and_kept_as_a_hash(agency: Agency) -> None:
    ada = await agency.missionary(ADA)
    await agency.tell(agency.planned("act-1", ada))
    me, body = agency.as_person(ada, "missionary"), {"activity_id": "act-1"}

    first = await me.post(f"{API}/invitations", body, key="i-1")
    again = await me.post(f"{API}/invitations", body, key="i-1")

    assert first.json()["url"] is not None
    assert again.json()["url"] is None
    assert again.json()["id"] == first.json()["id"]
    assert first.json()["url"].rpartition("/")[2] not in str(await agency.everything())
    listed = (await me.get(f"{API}/invitations")).json()["items"]
    assert [item["url"] for item in listed] == [None]


async def test_an_invitation_names_an_activity_of_its_issuer(agency: Agency) -> None:
    ada = await agency.missionary(ADA)
    await agency.tell(agency.planned("act-1", "somebody else"))
    me = agency.as_person(ada, "missionary")

    for activity in ("act-1", "unknown"):
        answer = await me.post(f"{API}/invitations", {"activity_id": activity})
        assert (answer.status_code, answer.json()["code"]) == (409, "activity_unknown")
    assert (await agency.as_person(ada).post(f"{API}/invitations", {"activity_id": "act-1"})).status_code == 403


async def test_the_link_works_once(agency: Agency) -> None:
    _, invitation = await issued(agency)
    path = path_of(invitation)
    await agency.browser().confirm(path, "accept", **REPLY)

    assert (await agency.browser().open(path)).status_code == 410
    assert len(await agency.facts("OrganisationApplied")) == 2  # the missionary's house and the new one


async def test_a_revoked_invitation_is_over(agency: Agency) -> None:
    ada, invitation = await issued(agency)
    other = agency.as_person("other", "missionary")
    revocation = f"{API}/invitations/{invitation['id']}/revocation"
    assert (await other.post(revocation, match=1)).status_code == 404

    revoked = await agency.as_person(ada, "missionary").post(revocation, match=1)

    assert revoked.json()["state"] == "revoked"
    assert (await agency.browser().open(path_of(invitation))).status_code == 410
    assert (await agency.told())[-1] == "invitation_revoked"


async def test_an_unused_invitation_expires(agency: Agency) -> None:
    _, invitation = await issued(agency)

    agency.pass_time(days=30)
    await agency.settle()

    assert (await agency.told())[-1] == "invitation_expired"
    assert (await agency.browser().open(path_of(invitation))).status_code == 410


async def test_an_accepted_one_never_expires(agency: Agency) -> None:
    _, invitation = await issued(agency)
    await agency.browser().confirm(path_of(invitation), "accept", **REPLY)
    await agency.settle()
    await agency.sign_in(KIM)

    agency.pass_time(days=31)
    await agency.settle()

    assert "invitation_expired" not in await agency.told()


async def test_a_member_is_not_won_anew_and_nobody_learns_that_they_are_one(agency: Agency) -> None:
    _, invitation = await issued(agency)
    await agency.employee(KIM)
    organisations = len(await agency.stored("organisations"))

    thanks = await agency.browser().confirm(path_of(invitation), "accept", **REPLY)

    assert thanks.status_code == 200
    await agency.settle()
    await agency.sign_in(KIM)
    assert await agency.facts("InvitationAccepted") == []
    assert len(await agency.stored("organisations")) == organisations


async def test_nobody_accepts_their_own_invitation(agency: Agency) -> None:
    _, invitation = await issued(agency)

    answer = await agency.browser().confirm(path_of(invitation), "accept", **{**REPLY, "email": ADA})

    assert answer.status_code == 409
    assert await agency.facts("InvitationAccepted") == []


async def test_a_colleague_joins_the_organisation_that_is_there(agency: Agency) -> None:
    _, invitation = await issued(agency)
    house = await agency.done(
        agency.operator.post(
            f"{API}/organisations",
            {
                "name": "Neue Wege GmbH",
                "kind": "company",
                "municipality_code": "05966024",
                "sector": "C",
                "size": "small",
            },
        ),
        201,
    )

    await agency.browser().confirm(path_of(invitation), "accept", **REPLY)
    await agency.settle()
    await agency.sign_in(KIM)

    [fact] = await agency.facts("InvitationAccepted")
    assert fact["organisation_id"] == house["id"]
    proposed = (await agency.operator.get(f"{API}/affiliations?state=proposed")).json()["items"]
    assert [place["organisation_id"] for place in proposed] == [house["id"]]
    path = f"{API}/affiliations/{proposed[0]['id']}/confirmation"
    assert (await agency.operator.post(path, match=1)).json()["state"] == "confirmed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "no address"},
        {"email": "kim@example.org\r\nBcc: all@example.org"},
        {"given_name": "Kim\nKlee"},
        {"given_name": ""},
        {"municipality": "Olpe"},
        {"sector": "ZZ"},
        {"kind": "empire"},
        {"notice": ""},
        {"more": "than asked"},
    ],
)
async def test_a_wrong_reply_changes_nothing_and_the_link_still_works(agency: Agency, wrong: dict[str, str]) -> None:
    _, invitation = await issued(agency)
    path, browser = path_of(invitation), agency.browser()
    before = await agency.everything()

    answer = await browser.confirm(path, "accept", **{**REPLY, **wrong})

    assert answer.status_code == 422, answer.text
    assert await agency.everything() == before
    assert (await browser.confirm(path, "accept", **REPLY)).status_code == 200


async def test_the_page_asks_in_both_languages_and_offers_what_there_is(agency: Agency) -> None:
    _, invitation = await issued(agency)

    german = await agency.browser().open(path_of(invitation))
    english = await agency.browser().open(path_of(invitation), **{"Accept-Language": "en"})

    assert '<option value="05970040">Siegen</option>' in german.text
    assert "Vorname" in german.text
    assert "Given name" in english.text
    assert set(dict(HIDDEN.findall(german.text))) == {"idempotency_key"}
