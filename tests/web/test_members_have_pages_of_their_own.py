"""What belongs to one person: what waits for them, goals, registrations, consents, outreach."""

from __future__ import annotations

import pytest
import pytest_asyncio
from web.people import GOAL, JOURNEYS, Town
from web.region import Region

from missionare.members.events import Purpose
from missionare.web.member.consents import PURPOSES

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "<script>alert(1)</script> \u202eäöü 🚂 „Lager“ " + "ä" * 500


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(shared: Region) -> Town:
    return Town(shared)


def goal_of(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


async def test_signing_in_leads_to_what_waits_for_one(town: Town) -> None:
    ada = await town.somebody("Ada")

    arrived = await ada.browser.look("/welcome")
    page = await ada.look(arrived.answer.headers["location"])

    assert page.title == f"Guten Tag, {ada.name}"
    assert "Zurzeit wartet nichts auf Sie." in page
    assert "Sie sind zurzeit für keine Lernreise angemeldet." in page
    english = await ada.look("/en/welcome")
    assert english.answer.headers["location"] == "/en/me"
    stranger = await town.region.browser.look("/me/goals")
    assert stranger.answer.headers["location"] == "/sign-in?next=%2Fme%2Fgoals"


async def test_what_waits_for_others_is_not_among_what_waits_for_me(town: Town) -> None:
    ada = await town.somebody("Ada")
    draft = await ada.goal()
    assert "Ein Ziel ist noch nicht eingereicht" in (await ada.look("/me")).links

    goal_id = goal_of(str(draft.answer.url))
    await ada.press(draft, f"/me/goals/{goal_id}/submission")
    assert "Zurzeit wartet nichts auf Sie." in await ada.look("/me")

    await town.give_back(goal_id, "Woran merken Sie es genau?")
    page = await ada.look("/me")
    assert page.links["Die Lernbegleitung fragt nach Ihrem Ziel"] == f"/me/goals/{goal_id}"
    assert "Woran merken Sie es genau?" in await ada.look(f"/me/goals/{goal_id}")


async def test_a_goal_is_written_handed_in_and_agreed_step_by_step(town: Town) -> None:
    ada = await town.somebody("Ada")

    page = await ada.goal(statement=HOSTILE)
    assert "Gespeichert. Außer Ihnen sieht es noch niemand." in page
    assert "<script>alert" not in page.text
    assert "„Lager“" in page
    goal_id = goal_of(str(page.answer.url))
    page = await ada.press(page, f"/me/goals/{goal_id}/submission")
    assert "bei der Lernbegleitung" in page
    await town.agree(goal_id)

    agreed = await ada.look(f"/me/goals/{goal_id}")
    assert "vereinbart" in agreed
    assert "Weiterschreiben" not in agreed.links
    assert "Einen Text ohne Namen schreiben" in agreed.links
    late = await ada.browser.send(f"/me/goals/{goal_id}/submission", page.form("/sign-out"))
    assert (late.status, late.title) == (403, "Nicht von dieser Seite")


async def test_what_is_missing_in_a_goal_is_said_and_nothing_typed_is_lost(town: Town) -> None:
    ada = await town.somebody("Ada")
    shown = await ada.look("/me/goals/new")

    empty = {**GOAL, "statement": " ", "topic_production": "", "topic_data": "", "target_on": "morgen"}
    page = await ada.press(shown, "/me/goals/new", **empty)

    assert page.status == 422
    for field in ("statement", "topic_production", "target_on"):
        assert f'href="#{field}"' in page.text
        assert f'id="{field}-error"' in page.text
    assert GOAL["sign_of_success"] in page
    past = await ada.press(page, "/me/goals/new", **{**GOAL, "target_on": "2020-01-01"})
    assert past.status == 422
    assert 'href="#target_on"' in past.text


async def test_two_windows_with_one_goal_lose_neither_text(town: Town) -> None:
    ada = await town.somebody("Ada")
    draft = await ada.goal()
    edit = str(draft.answer.url).partition("?")[0].removeprefix("http://127.0.0.1:8080") + "/edit"
    first, second = await ada.look(edit), await ada.look(edit)

    await ada.press(first, edit, **{**GOAL, "statement": "Der Text aus dem ersten Fenster."})
    page = await ada.press(second, edit, **{**GOAL, "statement": "Der Text aus dem zweiten Fenster."})

    assert page.status == 409
    assert "Dieses Ziel wurde inzwischen geändert" in page
    assert "Der Text aus dem ersten Fenster." in page
    assert "Der Text aus dem zweiten Fenster." in page
    saved = await ada.press(page, edit, **{**GOAL, "statement": "Der Text aus dem zweiten Fenster."})
    assert "Der Text aus dem zweiten Fenster." in saved
    assert "ersten Fenster" not in saved


async def test_a_goal_has_no_page_for_anybody_else(town: Town) -> None:
    ada, ben = await town.somebody("Ada"), await town.somebody("Ben")
    page = await ada.goal(audience="network")
    goal_id = goal_of(str(page.answer.url))
    await ada.press(page, f"/me/goals/{goal_id}/submission")
    await town.agree(goal_id)

    for path in ("", "/edit", "/sharing", "/review"):
        assert (await ben.look(f"/me/goals/{goal_id}{path}")).status == 404
    assert "Noch kein Ziel." in await ben.look("/me/goals")


async def test_a_goal_is_shared_only_in_words_that_name_nobody_and_taken_back(town: Town) -> None:
    ada = await town.somebody("Adalbert")
    page = await ada.goal()
    goal_id = goal_of(str(page.answer.url))
    await ada.press(page, f"/me/goals/{goal_id}/submission")
    await town.agree(goal_id)
    sharing = f"/me/goals/{goal_id}/sharing"

    shown = await ada.look(sharing)
    refused = await ada.press(shown, sharing, wording="Adalbert will Wartung planen.")
    assert refused.status == 422
    assert "Adalbert will Wartung planen." in refused
    shared = await ada.press(refused, sharing, wording="Wartung nach Zustand planen.")
    assert "Wartung nach Zustand planen." in shared
    taken_back = await ada.press(shared, f"/me/goals/{goal_id}/unsharing")
    assert "Wartung nach Zustand planen." not in taken_back


async def test_the_place_in_the_queue_is_its_owners_and_an_offered_seat_is_taken(town: Town) -> None:
    journey = await town.journey(capacity=1)
    first, second, third = [await town.somebody(name) for name in ("Ada", "Ben", "Cem")]
    seats = [await town.seat(one, journey) for one in (first, second, third)]

    page = await third.look(f"/me/registrations/{seats[2]['id']}")
    assert "Sie stehen an Stelle 2." in page
    assert (await second.look(f"/me/registrations/{seats[2]['id']}")).status == 404

    mine = f"/me/registrations/{seats[0]['id']}"
    given = await first.press(await first.look(mine), f"{mine}/cancellation")
    assert "Ihr Platz ist zurückgegeben" in given
    await town.trips.settle()

    offered = f"/me/registrations/{seats[1]['id']}"
    waits = await second.look("/me")
    assert waits.links[f"Ein Platz ist für Sie frei: {journey['title']}"] == offered
    taken = await second.press(await second.look(offered), f"{offered}/offer-acceptance")
    assert "Der Platz gehört Ihnen." in taken
    assert "Platz wird gehalten" in taken
    late = await second.press(taken, f"{offered}/cancellation")
    assert "zurückgegeben" in late
    assert "Sie stehen an Stelle" not in await third.look(f"/me/registrations/{seats[2]['id']}")


async def test_a_button_that_comes_too_late_changes_nothing_and_says_so(town: Town) -> None:
    journey = await town.journey(capacity=1)
    ada, ben = await town.somebody("Ada"), await town.somebody("Ben")
    seat, waiting = await town.seat(ada, journey), await town.seat(ben, journey)
    mine = f"/me/registrations/{waiting['id']}"
    before = await ben.look(mine)

    await ada.press(await ada.look(f"/me/registrations/{seat['id']}"), f"/me/registrations/{seat['id']}/cancellation")
    await town.trips.settle()
    late = await ben.press(before, f"{mine}/withdrawal")

    assert late.status == 422
    assert "Platz annehmen" in late
    assert (await ben.browser.send(f"{mine}/approval", late.form(f"{mine}/offer-refusal"))).status == 404


async def test_a_consent_is_given_in_the_words_shown_and_its_withdrawal_acts_at_once(town: Town) -> None:
    ada = await town.somebody("Ada", "missionary")
    page = await ada.look("/me/consents")
    assert PURPOSES.keys() == {purpose.value for purpose in Purpose}
    assert page.text.count("keine Einwilligung") == len(Purpose)

    given = await ada.press(page, "/me/consents/public_listing/grant")
    assert "Ihre Einwilligung ist eingetragen." in given
    assert "Noch niemand möchte hier genannt werden." in await town.region.browser.look("/missionaries")
    await town.come_home(ada)
    assert ada.name in await town.region.browser.look("/missionaries")
    shared = await ada.press(given, "/me/consents/contact_sharing/grant")
    assert "@example.org" in await ada.look("/missionaries")
    assert "@example.org" not in await town.region.browser.look("/missionaries")

    stale = await ada.press(given, "/me/consents/photos/grant", read_wording="7")
    assert (stale.status, "Der Text hat sich geändert" in stale) == (422, True)
    await ada.press(shared, "/me/consents/public_listing/withdrawal")
    assert ada.name not in await ada.look("/missionaries")


async def test_outreach_is_offered_taken_on_noted_and_seen_by_nobody_else(town: Town) -> None:
    ada, ben = await town.somebody("Ada", "missionary"), await town.somebody("Ben")
    await town.home(ada)

    offer = await ada.look("/me/outreach")
    assert "Drei Vorschläge, wie Sie zu Hause davon erzählen können" in (await ada.look("/me")).links
    accept = next(action for action, _ in offer.forms if action.endswith("/acceptance"))
    taken = await ada.press(offer, accept)
    activities = sorted({href for href in taken.links.values() if href.startswith("/me/outreach/")})
    assert len(activities) == 3
    assert "Hier gibt es noch nichts." in await ben.look("/me/outreach")
    assert (await ben.look(activities[0])).status == 404

    shown = await ada.look(activities[0])
    wrong = await ada.press(shown, activities[0], kind="talk", reach="viele", note="Nur für mich.")
    assert (wrong.status, 'href="#reach"' in wrong.text) == (422, True)
    assert "Nur für mich." in wrong
    noted = await ada.press(wrong, activities[0], kind="talk", reach="12", note="Nur für mich.")
    assert "Eingetragen. Danke, dass Sie davon erzählt haben." in noted
    assert "12 Menschen erreicht" in noted
    dropped = await ada.press(await ada.look(activities[1]), f"{activities[1]}/skip")
    assert "Fallen gelassen. Das hat keine Folgen." in dropped


async def test_whoever_is_home_says_once_what_became_of_the_goal(town: Town) -> None:
    ada = await town.somebody("Ada")
    await town.come_home(ada)
    goal = (await ada.look("/me")).links["Was ist aus Ihrem Ziel geworden?"]
    review = f"{goal}/review"

    wrong = await ada.press(await ada.look(review), review, result="", reason="Der Prototyp steht.")
    assert (wrong.status, 'href="#result"' in wrong.text) == (422, True)
    given = await ada.press(wrong, review, result="partly", reason="Der Prototyp steht.")

    assert "Danke. Ihre Zielbilanz ist eingetragen." in given
    assert "zum Teil erreicht. Der Prototyp steht." in given
    assert "Was ist aus Ihrem Ziel geworden?" not in (await ada.look("/me")).links
    assert "Zurzeit ist keine Zielbilanz gefragt." in await ada.look(review)


async def test_an_invitation_is_passed_on_by_hand_and_its_address_shown_once(town: Town) -> None:
    ada = await town.somebody("Ada", "missionary")
    await town.home(ada)
    offer = await ada.look("/me/outreach")
    taken = await ada.press(offer, next(action for action, _ in offer.forms if action.endswith("/acceptance")))
    activity = next(href for href in taken.links.values() if href.startswith("/me/outreach/"))
    too_early = await ada.press(await ada.look(activity), f"{activity}/invitation")
    await town.members_hear_of(activity.rpartition("/")[2], ada)
    shown = await ada.look(activity)
    sent = shown.form(f"{activity}/invitation")

    first, again = [await ada.browser.send(f"{activity}/invitation", sent) for _ in range(2)]

    assert too_early.status == 422
    assert too_early.form(activity)["done_on"] == shown.form(activity)["done_on"] != ""
    assert too_early.form(activity)["form_name"] == shown.form(activity)["form_name"]
    assert "/api/members/v1/links/" in first
    assert "Wir zeigen ihn nur jetzt" in first
    assert "Der Einladungslink als QR-Code" in first
    assert "/api/members/v1/links/" not in again
    assert "QR-Code" not in again
    assert "Erzeugen Sie einen neuen." in again
    plain = await town.somebody("Ben")
    assert (await plain.look(activity)).status == 404


async def test_a_plan_is_declined_without_a_reason(town: Town) -> None:
    ada = await town.somebody("Ada")
    await town.home(ada)
    offer = await ada.look("/me/outreach")

    answered = await ada.press(offer, next(action for action, _ in offer.forms if action.endswith("/refusal")))

    assert "Ist gut. Das hat keine Folgen, und niemand fragt nach." in answered
    assert "Nach Ihrer nächsten Lernreise" in answered


async def test_a_service_that_is_away_takes_only_its_part_with_it(town: Town) -> None:
    ada = await town.somebody("Ada")
    await ada.goal()
    houses = town.region.streets.houses
    gone = {name: houses.pop(name) for name in ("notifications", "journeys")}
    try:
        page, goals, outreach = [await ada.look(path) for path in ("/me", "/me/goals", "/me/outreach")]
    finally:
        houses.update(gone)

    assert "Ein Ziel ist noch nicht eingereicht" in page.links
    assert "Hier kann etwas fehlen." in page
    assert (goals.status, outreach.status) == (200, 503)


async def test_a_certificate_says_who_was_where_and_how_others_check_it(town: Town) -> None:
    ada, ben = await town.somebody("Ada"), await town.somebody("Ben")
    journey = await town.travelling(ada, stops=3)
    seat = (await ada.at("journeys").get(f"{JOURNEYS}/registrations")).json()["items"][0]
    for stop in journey["stops"][:2]:
        here = f"/me/journeys/{journey['id']}/stops/{stop['id']}"
        await ada.press(await ada.look(here), f"{here}/presence")
    mine = f"/me/registrations/{seat['id']}"
    too_early = await ada.look(f"{mine}/certificate")
    await town.trips.finish(journey)
    await town.trips.settle()

    way = (await ada.look(mine)).links["Teilnahmebescheinigung ansehen und drucken"]
    page, others = await ada.look(way), await ben.look(way)

    assert (too_early.status, others.status) == (404, 404)
    assert page.title.replace("\u00ad", "") == "Teilnahmebescheinigung"
    assert ada.name in page
    assert journey["title"] in page
    assert "an 2 von 3 Stationen" in page
    assert "<dt>Zeitstunden</dt><dd>4</dd>" in page
    check = next(href for href in page.links.values() if href.startswith("/certificates/"))
    assert "Diese Bescheinigung gilt" in await town.region.browser.look(check)


async def test_whoever_signs_out_is_a_visitor_afterwards(town: Town) -> None:
    ada = await town.somebody("Ada")
    page = await ada.look("/me")

    answer = await ada.browser.send("/sign-out", page.form("/sign-out"))

    assert answer.answer.headers["location"] == "/sign-in?out=yes"
