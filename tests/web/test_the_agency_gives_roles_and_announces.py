"""Roles and keys under four eyes, and a journey that is announced while its hosts are open: by pages alone."""

from __future__ import annotations

import re

import pytest
import pytest_asyncio
from journeys.region import ok
from web.people import MEMBERS, Somebody, Town
from web.region import Page, Region

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(shared: Region) -> Town:
    return Town(shared)


async def lead(town: Town, name: str) -> Somebody:
    """Enter somebody who leads journeys; while there is one lead at most, nobody else has to confirm that."""
    somebody = await town.somebody(name, "operator", "coach")
    ok(await town.operator.post(f"{MEMBERS}/people/{somebody.id}/roles", {"role": "operator"}), 201)
    return somebody


def action(page: Page, end: str) -> str:
    return next(action for action, _ in page.forms if action.endswith(end))


async def test_a_role_is_given_at_once_by_the_only_lead_and_confirmed_by_a_second_one(town: Town) -> None:
    frida, dora = await lead(town, "Frida"), await town.somebody("Dora")
    path, own = f"/console/people/{dora.id}", f"/console/people/{frida.id}"

    last = await frida.press(await frida.look(own), f"{own}/roles/operator/revocation")
    assert last.status == 409
    assert "Dies ist die letzte Person mit dieser Rolle." in last
    given = await frida.press(await frida.look(path), f"{path}/roles", role="coach")
    assert "Entziehen<span" in given.text
    assert "wartet auf die zweite Person" not in given

    gerda = await lead(town, "Gerda")
    asked = await frida.press(given, f"{path}/roles/coach/revocation")
    assert "wartet auf die zweite Person" in asked
    assert not [action for action, _ in asked.forms if action.endswith("/confirmation")]

    today = await gerda.look("/console")
    listed = await gerda.look(today.links["1 Rolle wartet auf eine zweite Person"])
    shown = await gerda.look(listed.links[dora.name])
    assert f"{frida.name} möchte die Rolle Lernbegleitung entziehen." in shown
    done = await gerda.press(shown, action(shown, "/confirmation"))
    assert "Entziehen<span" not in done.text
    assert "wartet auf die zweite Person" not in done


async def test_a_journey_is_announced_with_its_topics_and_interest_is_read(town: Town) -> None:
    frida, ada = await town.somebody("Friederike", "operator"), await town.somebody("Ada")
    draft = await town.trips.draft(title="Angebote mit KI")
    path = f"/console/journeys/{draft['id']}"

    shown = await frida.look((await frida.look(path)).links["Ankündigen, solange Gastgeber offen sind"])
    without = await frida.press(shown, f"{path}/announcement")
    assert without.status == 422
    assert "Bitte wählen Sie mindestens ein Thema" in without
    announced = await frida.press(without, f"{path}/announcement", **{"topic-sales": "yes"})
    assert "angekündigt" in announced
    ahead = (await frida.look("/console")).text.partition("Nächste Reisen")[2]
    assert draft["title"] in ahead
    assert re.search(r"<b>\w+ 20\d\d</b>", ahead), "the month, for the day is open"

    await ada.press(await ada.look(f"/journeys/{draft['id']}"), f"/journeys/{draft['id']}/interest")
    listed = await frida.look(announced.links["Wer mitfahren würde"])
    assert listed.links[ada.name] == f"/console/people/{ada.id}"


async def test_a_key_is_shown_once_confirmed_by_a_second_lead_and_revoked(town: Town) -> None:
    hanna, ilse, jana = await lead(town, "Hanna"), await lead(town, "Ilse"), await town.somebody("Jana", "coach")
    path, new = "/console/technik/keys", "/console/technik/keys/new"
    house = "Dornheck Metallbau"
    await town.active(house)
    nothing = await hanna.press(await hanna.look((await hanna.look(path)).links["Schlüssel ausstellen"]), new)
    assert nothing.status == 422
    assert "Bitte schreiben Sie den Namen der Organisation." in nothing

    sent = {**nothing.form(new), "organisation": house, "label": "Newsletter"}
    issued, again = await hanna.browser.send(new, sent), await hanna.browser.send(new, sent)
    [key] = re.findall(r"mk_[0-9a-f]{32}_[\w-]{43}_[0-9a-f]{8}", issued.text)
    assert "Er gilt, sobald eine zweite Reiseleitung ihn bestätigt." in issued
    assert "Gezeigt wurde er schon." in again
    own = await hanna.look(path)
    assert key not in again.text + own.text
    assert not [action for action, _ in own.forms if action.endswith("/confirmation")]

    shown = await ilse.look((await ilse.look("/console")).links["1 Zugangsschlüssel wartet auf eine zweite Person"])
    assert shown.answer.url.query == b"state=requested"
    assert "Zugangsschlüssel" not in await jana.look("/console")
    confirmed = await ilse.press(shown, action(shown, "/confirmation"))
    assert "Zugangsschlüssel wartet" not in await ilse.look("/console")
    assert "nie benutzt" in confirmed
    assert not [action for action, _ in confirmed.forms if action.endswith("/confirmation")]
    revoked = await ilse.press(confirmed, action(confirmed, "/revocation"))
    assert not [action for action, _ in revoked.forms if action.endswith("/revocation")]
    assert (await jana.look(path)).status == 403


async def test_of_many_organisations_one_is_chosen_by_the_beginning_of_its_name(town: Town) -> None:
    kim, new = await town.somebody("Kim", "operator"), "/console/technik/keys/new"
    for name in ("Quellbach Formenbau", "Quellbach Federn", "Quellental Holz"):
        await town.active(name)
    typed = {"organisation": "quellb", "label": "Intranet"}

    several = await kim.press(await kim.look(new), new, **typed)
    assert several.status == 422
    assert "So beginnen mehrere Namen." in several
    assert ("Quellbach Federn" in several, "Quellental Holz" in several) == (True, False)
    assert several.fields["label"] == "Intranet"
    one = await kim.press(several, new, **{**typed, "organisation": "quellent"})
    assert "ob Sie diese Organisation meinen" in one
    unknown = await kim.press(one, new, **{**typed, "organisation": "Nirgends GmbH"})
    assert "So heißt hier keine aktive Organisation." in unknown
    chosen = re.search(r'value="([^"]+)"><span>Quellbach Federn', several.text.replace(" required", ""))
    assert chosen
    issued = await kim.press(several, new, **typed, organisation_id=chosen[1])
    assert "Quellbach Federn" in issued
    assert "Der Schlüssel ist ausgestellt." in issued
