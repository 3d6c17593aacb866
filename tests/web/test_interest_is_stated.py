"""An announced journey on its page: the month instead of a day, topics instead of hosts, and one button."""

from __future__ import annotations

import pytest
import pytest_asyncio
from journeys.region import Region as Trips
from web.region import Region

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def journey(shared: Region) -> dict:
    trips = Trips(shared.platforms["journeys"], shared.clock)
    await trips.activate("host-1")
    planned = await trips.plan(1, title="Angebote schreiben mit KI")
    return await trips.lead(planned, "announcement", {"topics": ["sales", "data"]})


async def test_a_visitor_reads_month_and_topics_and_is_asked_to_sign_in(shared: Region, journey: dict) -> None:
    page, listed = [await shared.browser.look(f"/journeys{path}") for path in (f"/{journey['id']}", "")]
    calendar = await shared.browser.client.get("/journeys.ics")

    assert "Gastgeber in Abstimmung." in page
    assert "Vertrieb" in page
    assert "Werk 1" not in page
    assert page.links["Anmelden und Interesse melden"] == f"/sign-in?next=%2Fjourneys%2F{journey['id']}"
    assert page.links["Mitglied werden"] == "/join"
    assert "angekündigt" in listed
    assert "Angebote schreiben" not in calendar.text


async def test_a_member_states_interest_with_one_button_and_takes_it_back(shared: Region, journey: dict) -> None:
    ada, path = shared.signed_in("ada", organisation_id="o1"), f"/journeys/{journey['id']}"
    shown = await ada.look(path)

    stated = [await ada.send(f"{path}/interest", shown.fields) for _ in range(2)]
    noted, others = await ada.look(path), await shared.browser.look(f"/en{path}")
    taken_back = await ada.send(f"{path}/interest/withdrawal", noted.fields)
    again = await ada.look(path)

    assert {answer.answer.headers["location"] for answer in stated} == {path}
    assert "Ihr Interesse ist vermerkt" in noted
    assert "Ihr Interesse ist vermerkt" not in others
    assert "One company is interested." in others
    assert taken_back.status == 303
    assert "Ihr Interesse ist vermerkt" not in again


async def test_whoever_belongs_to_no_member_organisation_is_told_so(shared: Region, journey: dict) -> None:
    eve, path = shared.signed_in("eve"), f"/journeys/{journey['id']}"

    page = await eve.send(f"{path}/interest", (await eve.look(path)).fields)

    assert page.status == 409
    assert "Keine Mitgliedsorganisation" in page


async def test_a_session_that_ended_loses_nothing(shared: Region, journey: dict) -> None:
    cem, path = shared.signed_in("cem", organisation_id="o1"), f"/journeys/{journey['id']}"
    shown = await cem.look(path)
    cem.client.cookies.clear()

    ended = await cem.send(f"{path}/interest", shown.fields)

    assert (ended.status, ended.title) == (401, "Ihre Anmeldung ist abgelaufen")
