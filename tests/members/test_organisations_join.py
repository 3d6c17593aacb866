"""Organisations: applying in public, being admitted, taking part; and who belongs to them."""

from __future__ import annotations

import asyncio

from members.agency import API, Agency, contact, organisation

KIM = "kim@example.org"


async def applied(agency: Agency, **more: object) -> dict[str, object]:
    """Let somebody apply in public."""
    body = {**organisation(), "contact": contact(KIM), **more}
    return await agency.done(agency.platform.as_visitor().post(f"{API}/organisations", body), 201)


async def read(agency: Agency, organisation_id: object) -> dict[str, object]:
    return dict((await agency.operator.get(f"{API}/organisations/{organisation_id}")).json())


async def test_an_application_becomes_a_member_that_takes_part(agency: Agency) -> None:
    received = await applied(agency)
    path = f"{API}/organisations/{received['id']}"
    admitted = await agency.done(agency.operator.post(f"{path}/admission", match=1), 200)
    early = await agency.operator.post(f"{path}/activation", match=admitted["version"])
    assert (early.status_code, early.json()["code"]) == (409, "contact_not_reached")

    await agency.settle()
    browser = await agency.sign_in(KIM)
    active = await agency.done(agency.operator.post(f"{path}/activation", match=admitted["version"]), 200)

    assert active["state"] == "active"
    [fact] = await agency.facts("OrganisationActivated")
    assert fact["contact_person_id"] == active["contact_person_id"]
    [confirmed] = await agency.facts("AffiliationConfirmed")
    assert (confirmed["organisation_id"], confirmed["primary"]) == (received["id"], True)
    caller = await browser.caller()
    assert caller is not None
    assert caller.roles == {"member", "organisation_contact"}
    assert caller.organisation_id == received["id"]


async def test_no_name_or_address_enters_a_fact(agency: Agency) -> None:
    await applied(agency)
    await agency.settle()
    await agency.sign_in(KIM)

    facts = str(await agency.stored("facts"))

    for private in ("Kim", "Klee", KIM, "Muster", "Hauptweg"):
        assert private not in facts


async def test_applying_tells_nothing_of_who_is_known(agency: Agency) -> None:
    await agency.enter(KIM)

    known = await applied(agency)
    unknown = await applied(agency, name="Andere GmbH", contact=contact("lee@example.org"))

    assert known["message"] == unknown["message"]
    assert set(known) == set(unknown)
    assert len(await agency.facts("PersonRegistered")) == 3  # the operator, Kim once, Lee


async def test_a_repeated_application_is_shown_again_and_made_once(agency: Agency) -> None:
    visitor, body = agency.platform.as_visitor(), {**organisation(), "contact": contact(KIM)}

    answers = [await visitor.post(f"{API}/organisations", body, key="apply-1") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await agency.stored("organisations")) == 1


async def test_what_is_wrong_with_the_contact_is_named_where_it_stands(agency: Agency) -> None:
    body = {**organisation(), "contact": contact("kim.example.org")}

    answer = await agency.platform.as_visitor(Accept_Language="en").post(f"{API}/organisations", body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    wrong = {"field": "contact.email", "reason": "is no e-mail address.", "pointer": "#/contact/email"}
    assert answer.json()["errors"] == [wrong]
    assert await agency.stored("organisations") == []


async def test_a_name_and_seat_belong_to_one_organisation(agency: Agency) -> None:
    await applied(agency)
    body = {**organisation("  MUSTER gmbh "), "contact": contact("lee@example.org")}

    answer = await agency.platform.as_visitor().post(f"{API}/organisations", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "organisation_taken")
    assert len(await agency.facts("PersonRegistered")) == 2


async def test_of_many_applications_at_once_one_is_kept(agency: Agency) -> None:
    visitor = agency.platform.as_visitor()
    bodies = [{**organisation(), "contact": contact(f"kim{number}@example.org")} for number in range(6)]

    answers = await asyncio.gather(*(visitor.post(f"{API}/organisations", body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len(await agency.facts("OrganisationApplied")) == 1


async def test_a_rejected_one_may_apply_again(agency: Agency) -> None:
    received = await applied(agency)

    rejected = await agency.operator.post(f"{API}/organisations/{received['id']}/rejection", match=1)

    assert rejected.json()["state"] == "rejected"
    assert [row["state"] for row in await agency.stored("affiliations")] == ["rejected"]
    assert (await applied(agency))["id"] != received["id"]


async def test_who_sees_which_organisation(agency: Agency) -> None:
    received = await applied(agency)
    path = f"{API}/organisations/{received['id']}"
    member, inside = agency.as_person("m"), agency.as_person("i", organisation_id=str(received["id"]))

    assert (await member.get(path)).status_code == 404
    assert (await inside.get(path)).json()["contact_person_id"] is not None
    await agency.settle()
    await agency.sign_in(KIM)
    await agency.operator.post(f"{path}/admission", match=1)
    await agency.operator.post(f"{path}/activation", match=2)

    assert (await member.get(path)).json()["contact_person_id"] is None
    assert (await agency.platform.as_visitor().get(path)).status_code == 401


async def test_a_visitor_without_a_contact_is_refused(agency: Agency) -> None:
    answer = await agency.platform.as_visitor().post(f"{API}/organisations", organisation())

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_leaving_ends_access_at_once_and_another_becomes_primary(agency: Agency) -> None:
    first, second = await agency.organisation("Erste GmbH"), await agency.organisation("Zweite GmbH")
    ada = await agency.enter("ada@example.org", organisation_id=first["id"], functions=["it"])
    rows = [{"line": 2, "organisation": row("Zweite GmbH"), "person": person_row("ada@example.org")}]
    await agency.done(agency.operator.post(f"{API}/imports", {"dry_run": False, "rows": rows}), 201)
    browser = await agency.sign_in("ada@example.org")
    before = await browser.caller()
    assert before is not None
    assert before.organisation_id == first["id"]
    listed = (await agency.operator.get(f"{API}/affiliations?organisation_id={first['id']}")).json()["items"]
    assert [item["person_id"] for item in listed] == [ada]

    path = f"{API}/affiliations/{listed[0]['id']}/ending"
    ended = await agency.operator.post(path, match=listed[0]["version"])

    assert ended.json()["state"] == "ended"
    after = await browser.caller()
    assert after is not None
    assert after.organisation_id == second["id"]
    assert [name for name in await agency.told() if "affiliation" in name] == [
        "affiliation_confirmed",
        "affiliation_confirmed",
        "affiliation_ended",
        "primary_affiliation_changed",
    ]


async def test_an_active_organisation_keeps_a_contact(agency: Agency) -> None:
    rows = [
        {"line": 2, "organisation": row(), "person": person_row("kim@example.org", contact=True)},
        {"line": 3, "organisation": row(), "person": person_row("lee@example.org")},
    ]
    await agency.done(agency.operator.post(f"{API}/imports", {"dry_run": False, "rows": rows}), 201)
    [house] = (await agency.operator.get(f"{API}/organisations")).json()["items"]
    places = (await agency.operator.get(f"{API}/affiliations")).json()["items"]
    kims = next(place for place in places if place["person_id"] == house["contact_person_id"])
    lees = next(place for place in places if place is not kims)

    refused = await agency.operator.post(f"{API}/affiliations/{kims['id']}/ending", match=kims["version"])
    assert (refused.status_code, refused.json()["code"]) == (409, "still_the_contact")
    appointed = await agency.operator.send(
        "PUT",
        f"{API}/organisations/{house['id']}/contact",
        body={"person_id": lees["person_id"]},
        match=house["version"],
    )
    assert appointed.json()["contact_person_id"] == lees["person_id"]
    [fact] = await agency.facts("OrganisationContactChanged")
    assert fact == {"organisation_id": house["id"], "contact_person_id": lees["person_id"]}
    ended = await agency.operator.post(f"{API}/affiliations/{kims['id']}/ending", match=kims["version"])
    assert ended.status_code == 200


async def test_a_stranger_does_not_become_the_contact(agency: Agency) -> None:
    house, stranger = await agency.organisation(), await agency.enter("lee@example.org")

    answer = await agency.operator.send(
        "PUT", f"{API}/organisations/{house['id']}/contact", body={"person_id": stranger}, match=house["version"]
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "contact_not_of_this_organisation")


async def test_services_ask_for_an_address_at_the_moment_of_sending(agency: Agency) -> None:
    received = await applied(agency)
    notifications = agency.platform.as_service("notifications")

    unproved = await notifications.post("/internal/recipients", {"organisation_id": received["id"]})
    assert unproved.json()["active"] is False
    await agency.settle()
    await agency.sign_in(KIM)
    await agency.operator.post(f"{API}/organisations/{received['id']}/admission", match=1)
    await agency.operator.post(f"{API}/organisations/{received['id']}/activation", match=2)
    told = await notifications.post("/internal/recipients", {"organisation_id": received["id"]})

    expected = {"email": KIM, "given_name": "Kim", "family_name": "Klee", "language": "de", "active": True}
    assert told.json() == expected
    person_id = (await read(agency, received["id"]))["contact_person_id"]
    assert (await notifications.post("/internal/recipients", {"person_id": person_id})).json() == expected
    assert (await notifications.post("/internal/recipients", {"person_id": "nobody"})).status_code == 404
    assert (await notifications.post("/internal/recipients", {})).status_code == 404
    for other in (agency.platform.as_service("catalog"), agency.operator):
        assert (await other.post("/internal/recipients", {"person_id": person_id})).status_code == 403


def row(name: str = "Muster GmbH") -> dict[str, object]:
    """An organisation's cells."""
    return {**organisation(name), "register_id": None}


def person_row(email: str, *, contact: bool = False) -> dict[str, object]:
    """A person's cells."""
    return {
        "given_name": "Ada",
        "family_name": "Lovelace",
        "email": email,
        "telephone": None,
        "language": "de",
        "functions": ["it"],
        "contact": contact,
    }
