"""Technik and the workshop in the console: what is stuck is decided, what is written needs a second person."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from catalog.region import Region as CatalogRegion
from every_service.tree import ROOT
from journeys.region import Region as Trips
from web.people import failed_mail, webhook_of
from web.region import Browser, Page, Region
from web.test_the_agency_plans_and_leads import press

from missionare.kit.forks import Forks
from missionare.kit.testing import FakePeers
from missionare.notifications.message.domain import Failed, Suppressed, Template
from missionare.web.console.technik import mails, trail

TEXT = "Wer an der Anlage steht, ergibt sich aus dem Schichtplan."


@pytest.fixture
def lead(region: Region) -> Browser:
    return region.signed_in("operator-1", roles=["operator", "auditor"])


@pytest.fixture
def workshop(region: Region) -> CatalogRegion:
    return CatalogRegion(region.platforms["catalog"], FakePeers(), region.clock)


@pytest.fixture
async def stuck(region: Region) -> Trips:
    """A fact that journeys can make nothing of."""
    trips = Trips(region.platforms["journeys"], region.clock)
    await trips.tell("organisation_activated", "organisation", organisation_id="o1", kind=7)
    # As after the last of the tries that it is given.
    await trips.context.database["parked"].update_many({}, {"$set": {"state": "dead"}})
    return trips


async def first_letter(lead: Browser) -> Page:
    listed = await lead.look("/console/technik/dead-letters?service=journeys")
    return await lead.look(listed.links["members.organisation_activated.v1"])


async def test_what_is_stuck_is_counted_on_the_way_to_its_list(stuck: Trips, lead: Browser) -> None:
    today, streams = await lead.look("/console"), await lead.look("/console/technik")

    assert "1 Klärfall" in today.links
    assert today.links["1 Klärfall"] == "/console/technik/dead-letters"
    assert "braucht Klärung" in streams
    assert (await first_letter(lead)).status == 200


async def test_a_fact_is_tried_again_with_another_value_and_what_was_typed_is_kept(stuck: Trips, lead: Browser) -> None:
    letter = await first_letter(lead)
    path = letter.answer.url.path
    no_json = await press(lead, letter, f"{path}/edit", value='{"kind": ', **{"edit-reason": "Tippfehler"})
    assert no_json.status == 422
    assert "kein gültiges JSON" in no_json
    assert '{"kind": ' in unescape(no_json.text)

    value = {
        "organisation_id": "o1",
        "kind": "company",
        "municipality_code": "05970040",
        "municipality": "05970040",
        "sector": "25",
        "size": "small",
        "contact_person_id": "p1",
    }
    again = {"value": json.dumps(value), "edit-reason": "Die Art fehlte"}
    edited = await press(lead, no_json, f"{path}/edit", **again)

    assert edited.status == 303


async def test_a_fact_is_put_away_with_a_reason_only(stuck: Trips, lead: Browser) -> None:
    letter = await first_letter(lead)
    path = letter.answer.url.path

    silent = await press(lead, letter, f"{path}/discarding")
    said = await press(lead, silent, f"{path}/discarding", **{"discarding-reason": "doppelt"})

    assert silent.status == 422
    assert "Bitte schreiben Sie, warum." in silent
    assert said.status == 303
    assert "Kein Klärfall" in await lead.look("/console/technik/dead-letters?service=journeys")


async def test_a_service_that_is_away_is_named_among_the_streams(region: Region, lead: Browser) -> None:
    region.away("notifications")

    streams, letters = await lead.look("/console/technik"), await lead.look("/console/technik/dead-letters")

    assert "antwortet nicht" in streams
    assert streams.text.count("läuft") >= 3
    assert "Transfer." in letters


async def test_what_a_restored_service_forgot_is_named_among_the_streams(region: Region, lead: Browser) -> None:
    before = await lead.look("/console/technik")
    forks = Forks(region.platforms["journeys"].service.database, "journeys")
    await forks.keep("journeys|members|organisation|o1", "1.2", owner_era=7)

    after = await lead.look("/console/technik")

    said = "1 Vorgang gilt hier, den ein wiederhergestellter Dienst nicht mehr kennt."
    assert (said in before, said in after) == (False, True)


def test_everything_that_can_be_done_in_members_has_words_in_the_audit_trail() -> None:
    described = json.loads((ROOT / "contracts/members/openapi.json").read_text(encoding="utf-8"))["paths"].values()
    commands = {way[act]["operationId"] for way in described for act in ("post", "put", "delete") if act in way}

    assert trail.DONE.keys() == commands


def test_each_mail_and_each_reason_why_one_did_not_go_out_has_words() -> None:
    assert mails.ABOUT.keys() == set(Template)
    assert mails.REASONS.keys() == {*Suppressed, *Failed}


async def test_a_mail_that_did_not_arrive_is_sent_again_from_its_page(region: Region, lead: Browser) -> None:
    path = f"/console/technik/mails/{await failed_mail(region)}"
    listed = await lead.look((await lead.look("/console")).links["1 Mail kam nicht an"])
    page = await lead.look(listed.links["Bitte um Freigabe an einen Gastgeber"])
    coach = region.signed_in("coach-1", roles=["coach"])

    sent = await press(lead, page, f"{path}/retry")
    after, twice = await lead.look(path), await press(lead, page, f"{path}/retry")

    assert (page.answer.url.path, sent.answer.headers["location"]) == (path, path)
    assert "Der Mailserver hat sie abgelehnt." in page
    assert ("Noch einmal senden" in page, "Noch einmal senden" in after) == (True, False)
    assert "geht gleich hinaus" in after
    assert twice.status == 303, "the same form sent twice is one decision"
    assert (await coach.look(path)).status == 403


async def test_a_webhook_that_does_not_arrive_is_seen_and_disabled(region: Region, lead: Browser) -> None:
    path = f"/console/technik/webhooks/{await webhook_of(region, 'o1')}"
    listed = await lead.look("/console/technik/webhooks")
    page = await lead.look(listed.links["Organisation nicht abrufbar: events.dornheck.example"])

    disabled = await press(lead, page, f"{path}/disabling")
    after = await lead.look(path)

    assert page.answer.url.path == path
    assert "Antwort 503" in page
    assert "Die Adresse nimmt nichts an." in page
    assert "secret=s" not in page.text + listed.text
    assert disabled.status == 303
    assert "Abgeschaltet hat ihn die Organisation oder die Agentur." in after
    assert not [action for action, _ in after.forms if action.endswith("/disabling")]


async def test_the_audit_trail_says_who_did_what_and_can_be_followed(region: Region, lead: Browser) -> None:
    api = region.platforms["members"].as_person("operator-1", roles=["operator"])
    body = {"given_name": "Ada", "family_name": "Ahorn", "email": "ada@ahorn.example"}
    person = (await api.post("/api/members/v1/people", body)).json()

    page = await lead.look("/console/technik/audit")
    about = await lead.look(f"/console/technik/audit?subject=person:{person['id']}")

    assert "Person eingetragen" in page
    assert "Person eingetragen" in about
    assert "ada@ahorn.example" not in page.text


async def test_a_draft_is_reviewed_by_a_second_person_and_public_after_that(
    region: Region, workshop: CatalogRegion
) -> None:
    draft = await workshop.draft(title="Wann findet Lernen statt?", text=TEXT)
    editor = region.signed_in("editor-1", roles=["editor", "reviewer"])
    reviewer = region.signed_in("reviewer-1", roles=["reviewer"])

    page = await editor.look(f"/console/workshop/drafts/{draft['id']}")
    await press(editor, page, f"/console/workshop/drafts/{draft['id']}/review-request")
    queue = await reviewer.look("/console/workshop")
    path = queue.links["Wann findet Lernen statt?"]
    own, others = await editor.look(path), await reviewer.look(path)
    approved = await press(reviewer, others, f"{path}/approval")

    assert "Vier Augen." in own
    assert "Eingereicht am" in others, "a reviewer does not read the register, so no name stands there"
    assert "nicht abrufbar" not in others
    assert "Freigeben und veröffentlichen" not in own
    assert approved.status == 303
    assert (await region.browser.look(f"/catalog/{draft['id']}")).title == "Wann findet Lernen statt?"


async def test_a_review_is_given_back_and_a_draft_that_changed_meanwhile_shows_both_texts(
    region: Region, workshop: CatalogRegion
) -> None:
    draft = await workshop.draft(title="Wann findet Lernen statt?", text=TEXT)
    editor = region.signed_in("editor-1", roles=["editor"])
    path = f"/console/workshop/drafts/{draft['id']}"
    mine, theirs = await editor.look(path), await editor.look(path)

    await press(editor, theirs, path, title="Der Titel der Kollegin", text=TEXT)
    second = await press(editor, mine, path, title="Mein Titel", text=TEXT)

    assert second.status == 412
    assert "Der Titel der Kollegin" in second
    assert second.fields["title"] == "Mein Titel"
    third = await press(editor, second, path, title="Mein Titel", text=TEXT)
    assert third.status == 303
    assert (await editor.look(path)).title == "Mein Titel"


async def test_a_list_is_walked_page_by_page_without_meeting_anybody_twice(region: Region, lead: Browser) -> None:
    api = region.platforms["members"].as_person("operator-1", roles=["operator"])
    for number in range(60):
        body = {"given_name": "Ada", "family_name": f"Nummer {number:02}", "email": f"a{number}@ahorn.example"}
        assert (await api.post("/api/members/v1/people", body)).status_code == 201

    first = await lead.look("/console/people")
    second = await lead.look(first.links["Weitere zeigen"])

    met = [re.findall(r"Ada Nummer \d\d", page.text) for page in (first, second)]
    assert [len(set(names)) for names in met] == [50, 10]
    assert not set(met[0]) & set(met[1])
    assert second.links["Zum Anfang"] == "/console/people"
