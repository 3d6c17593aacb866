"""Whoever telephones is found by the beginning of a name: people, organisations and journeys, as far as one may see."""

from __future__ import annotations

import re

import pytest
from journeys.region import Region as Trips
from web.people import Town
from web.region import Region

from missionare.members.person.store import People

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def town(shared: Region) -> Town:
    return Town(shared)


async def test_the_beginning_of_a_name_finds_people_organisations_and_journeys(shared: Region, town: Town) -> None:
    trips = Trips(shared.platforms["journeys"], shared.clock)
    anne = await town.somebody("Änne")
    await town.somebody("Berta")
    journey = await trips.draft(title="Änderungen an der Maschine")
    lead = shared.signed_in("finder", roles=["operator"])

    page = await lead.look("/console/search?q=aen")
    twice = await lead.look("/console/search?q=aenne%20groess")
    house = await lead.look("/console/search?q=HAUS%201")

    assert page.title == "Gefunden zu „aen“"
    assert page.links[anne.name] == f"/console/people/{anne.id}"
    assert page.links["Änderungen an der Maschine"] == f"/console/journeys/{journey['id']}"
    assert "Berta" not in page
    assert (anne.name in twice.links, "Änderungen an der Maschine" in twice.links) == (True, False)
    assert house.links["Haus 1 GmbH"] == f"/console/organisations/{anne.organisation_id}"


async def test_whoever_is_on_the_telephone_is_seen_with_their_seats_and_may_speak_for_their_house(
    shared: Region, town: Town
) -> None:
    gesa, journey = await town.somebody("Gesa"), await town.journey(title="Lager ohne Zettel")
    await town.seat(gesa, journey)
    lead, coach = shared.signed_in("finder", roles=["operator"]), shared.signed_in("finder-coach", roles=["coach"])

    page, house = f"/console/people/{gesa.id}", f"/console/organisations/{gesa.organisation_id}"
    seen = await lead.look(page)
    before = await lead.look(house)
    await lead.send(f"{house}/contact", {**before.form(f"{house}/contact"), "person_id": gesa.id})

    assert seen.links["Lager ohne Zettel"] == f"/console/journeys/{journey['id']}/registrations"
    assert "Lager ohne Zettel" not in await coach.look(page)
    assert "Keine Ansprechperson bekannt." in before
    assert "mailto:person-" in (await lead.look(house)).text


async def test_whoever_telephones_is_entered_once_with_their_house(shared: Region, town: Town) -> None:
    lead, path = shared.signed_in("finder", roles=["operator"]), "/console/people/new"
    house = await town.active("Quittenbach Armaturen")

    page = await lead.look((await lead.look("/console/people")).links["Person eintragen"])
    nobody = await lead.send(path, page.form(path))
    told = {"given_name": "Lore", "family_name": "Lind", "email": "lore@lind.example", "organisation": "quitten"}
    asked = await lead.send(path, {**nobody.form(path), **told})
    chosen = {**asked.form(path), **told, "organisation_id": house, "function": "it", "contact": "yes"}
    entered = await lead.send(path, chosen)
    twice = await lead.send(path, {**(await lead.look(path)).form(path), **told, "organisation": ""})

    assert (nobody.status, asked.status, entered.status, twice.status) == (422, 422, 303, 409)
    assert "ob Sie diese Organisation meinen" in asked
    person = await lead.look(entered.answer.headers["location"])
    assert (person.title, person.links["Quittenbach Armaturen"]) == ("Lore Lind", f"/console/organisations/{house}")
    assert "mailto:lore@lind.example" in (await lead.look(f"/console/organisations/{house}")).text
    assert "Adresse vergeben" in twice


async def test_a_wrong_address_is_corrected_until_its_owner_has_signed_in_with_the_right_one(
    shared: Region, town: Town
) -> None:
    ida, hedi = await town.somebody("Ida"), await town.somebody("Hedi")
    lead = shared.signed_in("finder", roles=["operator"])
    path = f"/console/people/{hedi.id}/contact"

    page = await lead.look((await lead.look(f"/console/people/{hedi.id}")).links["Kontaktdaten berichtigen"])
    no_address = await lead.send(path, {**page.form(path), "email": "hedi(at)example"})
    others = re.findall(r"mailto:([^\"]+)", (await lead.look(f"/console/people/{ida.id}")).text)
    taken = await lead.send(path, {**page.form(path), "email": others[0], "language": "de"})
    right = {"family_name": "Neumann", "email": "hedi@neumann.example", "language": "de"}
    done = await lead.send(path, {**page.form(path), **right})
    # As after the first sign-in.
    await (
        shared.platforms["members"]
        .service.database["people"]
        .update_one({"_id": hedi.id}, {"$set": {"state": "active"}})
    )
    again = await lead.look(path)
    refused = await lead.send(path, {**again.form(path), "email": "agentur@agentur.example", "language": "de"})
    renamed = await lead.send(path, {**again.form(path), "telephone": "02732 000030", "language": "de"})

    assert (no_address.status, taken.status, done.status, renamed.status) == (422, 409, 303, 303)
    assert refused.status == 409
    assert "Adresse nicht zu ändern" in refused
    shown = await lead.look(f"/console/people/{hedi.id}")
    assert shown.title == "Hedi Neumann"
    assert "mailto:hedi@neumann.example" in shown.text
    assert "02732 000030" in shown


async def test_each_finds_what_is_for_them_and_nothing_typed_is_a_pattern(shared: Region, town: Town) -> None:
    trips = Trips(shared.platforms["journeys"], shared.clock)
    cleo = await town.somebody("Cleo")
    await trips.draft(title="Cleveres Lager")
    coach, auditor, member = [
        shared.signed_in(f"finder-{role}", roles=[role]) for role in ("coach", "auditor", "member")
    ]

    for_coach, for_auditor = [await each.look("/en/console/search?q=cle") for each in (coach, auditor)]
    for_member = await member.look("/console/search?q=cle")
    patterns = [await coach.look(f"/console/search?q={typed}") for typed in (".*", "%24ne", "cle%00", "", "<script>")]

    assert (cleo.name in for_coach.links, "Cleveres Lager" in for_coach.links) == (True, False)
    assert (cleo.name in for_auditor.links, "Cleveres Lager" in for_auditor.links) == (False, True)
    assert for_member.status == 403
    assert all(page.status == 200 and cleo.name not in page.links for page in patterns[:2])
    assert "Schreiben Sie oben, wen oder was Sie suchen." in patterns[3]
    assert "<script>" not in patterns[4].text.partition("</header>")[0]


async def test_what_was_stored_without_its_words_is_found_after_the_next_start(shared: Region, town: Town) -> None:
    dora = await town.somebody("Dora")
    people = shared.platforms["members"].service.context.database["people"]
    await people.update_one({"_id": dora.id}, {"$unset": {"words": 1}})
    lead = shared.signed_in("finder", roles=["operator"])
    before = await lead.look("/console/search?q=dora")

    await People(shared.platforms["members"].service.context.database).ensure_indexes()

    assert dora.name not in before.links
    assert dora.name in (await lead.look("/console/search?q=dora")).links


async def test_a_service_that_is_away_is_named_and_the_rest_is_found(shared: Region, town: Town) -> None:
    emil = await town.somebody("Emil")
    lead = shared.signed_in("finder", roles=["operator", "auditor"])
    house = shared.streets.houses["journeys"]
    shared.away("journeys")

    page = await lead.look("/console/search?q=emil")

    shared.streets.houses["journeys"] = house
    assert emil.name in page.links
    assert "Dieser Teil antwortet gerade nicht." in page
