"""Insights at the stop without a script: an ordinary form that counts once, and says first what is protected."""

from __future__ import annotations

import pytest
import pytest_asyncio
from web.people import JOURNEYS, Town
from web.region import Region

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOTE = {"kind": "pitfall", "text": "Drei Monate neu <b>angefangen</b>.", "topic": "data", "audience": "network"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(shared: Region) -> Town:
    return Town(shared)


async def test_an_insight_sent_twice_is_one_and_its_author_was_there(town: Town) -> None:
    ada = await town.somebody("Ada")
    journey = await town.travelling(ada)
    stop = journey["stops"][0]
    here = f"/me/journeys/{journey['id']}/stops/{stop['id']}"
    assert (await ada.look("/me")).links[f"Erkenntnis festhalten: {stop['title']}"] == here

    page = await ada.look(here)
    assert page.text.index("Ohne das Ja des Unternehmens liest es nur Ihre Gruppe") < page.text.index("<textarea")
    sent = {**page.form(here), **NOTE}
    answers = [await ada.browser.send(here, sent) for _ in range(2)]

    assert [answer.status for answer in answers] == [303, 303]
    mine = await ada.look("/me/insights")
    assert mine.text.count("Stolperstein, Daten") == 1
    assert "&lt;b&gt;angefangen" in mine.text
    assert "liegt beim Unternehmen" in mine
    [registration] = (await ada.at("journeys").get(f"{JOURNEYS}/registrations")).json()["items"]
    assert [presence["stop_id"] for presence in registration["present"]] == [stop["id"]]
    assert "Ihre Anwesenheit an dieser Station ist erfasst." in await ada.look(here)


async def test_presence_alone_can_be_noted(town: Town) -> None:
    ada = await town.somebody("Ada")
    journey = await town.travelling(ada)
    here = f"/me/journeys/{journey['id']}/stops/{journey['stops'][1]['id']}"

    page = await ada.press(await ada.look(here), f"{here}/presence")

    assert "Ihre Anwesenheit an dieser Station ist erfasst." in page
    assert "Anwesenheit erfassen" not in page


async def test_what_is_missing_is_said_and_the_text_stays(town: Town) -> None:
    ada = await town.somebody("Ada")
    journey = await town.travelling(ada)
    here = f"/me/journeys/{journey['id']}/stops/{journey['stops'][0]['id']}"

    page = await ada.press(await ada.look(here), here, **{**NOTE, "kind": "", "audience": "everybody"})

    assert page.status == 422
    assert "Drei Monate neu" in page
    assert 'href="#kind"' in page.text
    assert 'href="#audience"' in page.text


async def test_only_who_travels_writes_and_only_while_the_group_is_under_way(town: Town) -> None:
    ada, ben = await town.somebody("Ada"), await town.somebody("Ben")
    journey = await town.travelling(ada)
    here = f"/me/journeys/{journey['id']}/stops/{journey['stops'][0]['id']}"

    stranger = await ben.look(here)
    assert "Für diese Lernreise haben Sie keinen festen Platz." in stranger
    assert here not in [action for action, _ in stranger.forms]
    page = await ada.look(here)
    await town.trips.finish(journey)
    late = await ada.press(page, here, **NOTE)
    assert late.status == 422
    assert "Drei Monate neu" in late
    assert (await ada.look(f"/me/journeys/{journey['id']}/stops/nowhere")).status == 404


async def test_a_group_reads_what_its_members_noted_without_a_name(town: Town) -> None:
    ada = await town.somebody("Ada")
    journey = await town.travelling(ada)
    here = f"/me/journeys/{journey['id']}/stops/{journey['stops'][0]['id']}"
    await ada.press(await ada.look(here), here, **NOTE)

    page = await ada.look(here)

    assert "Aus Ihrer Gruppe" in page
    assert "von Ihnen" in page
    assert ada.name not in page.text.partition("Aus Ihrer Gruppe")[2]
