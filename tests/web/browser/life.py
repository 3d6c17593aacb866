"""One member's life, so that every page of their own has something to show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from journeys.region import ok
from web.people import JOURNEYS, MEMBERS, Somebody, Town

GOALS = {
    "draft": "Wir wollen, dass Störungen an der Walze gemeldet werden, bevor die Schicht steht.",
    "returned": "Die Laufkarte soll als Tablet an der Maschine hängen, und jede Schicht soll sie pflegen.",
    "agreed": "Wir wollen Wartung nach Zustand statt nach Kalender planen, zuerst an einer Maschine.",
}
TEXT = {
    "topics": ["production", "data"],
    "pole": "opportunity",
    "sign_of_success": "Ein Prototyp an einer Maschine, den die Frühschicht freiwillig benutzt.",
    "audience": "personal",
}
NOTES = (
    ("pitfall", "Die Auswertung war anonym, bis jemand den Schichtplan daneben gelegt hat."),
    ("success_factor", "Die Tafel zeigt nur den Auftrag, keine Schicht. Das hat der Betriebsrat vorgeschlagen."),
)


async def life(town: Town) -> dict[str, str]:
    """Give somebody goals, seats, insights and a plan; and the ids of all that."""
    mira = await town.somebody("Mira", "missionary")
    town.trips.sites = ("57223 Kreuztal, Tor 2", "57439 Attendorn, Eingang Süd")
    certified = await _been_there(town, mira)
    journey = await town.travelling(mira, title="Was die Maschine meldet, und wer es liest", **_in_an_hour(town))
    await _notes(town, mira, journey)
    offered, waiting = [
        await _behind_others(town, mira, title) for title in ("Lager ohne Zettel", "Lernen in der Schicht")
    ]
    await _give_up_first(town, offered)
    travelling = next(each for each in await _registrations(mira) if each["journey_id"] == journey["id"])
    goals = {state: await _goal(town, mira, state) for state in GOALS}
    await town.home(mira, journey["id"])
    activity = await _plan(mira)
    await town.come_home(mira)
    await _consents(mira)
    return {
        "member": mira.id,
        "neighbour": (await town.somebody("Nora")).id,
        **goals,
        "offered": offered["mine"],
        "waiting": waiting["mine"],
        "offered_journey": offered["journey"],
        "waiting_journey": waiting["journey"],
        "travelling": travelling["id"],
        "certified": certified,
        "under_way": journey["id"],
        "stop": journey["stops"][0]["id"],
        "activity": activity,
    }


def _in_an_hour(town: Town) -> dict[str, str]:
    begins = town.region.clock.now() + timedelta(hours=1)
    return {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=9)).isoformat()}


async def _been_there(town: Town, mira: Somebody) -> str:
    """Let somebody come back from a journey with a certificate; gives the registration."""
    journey = await town.travelling(mira, title="Anzeigetafeln in der Gießerei", **_in_an_hour(town))
    for stop in journey["stops"]:
        here = f"/me/journeys/{journey['id']}/stops/{stop['id']}"
        await mira.press(await mira.look(here), f"{here}/presence")
    await town.trips.finish(journey)
    await town.trips.settle()
    [registration] = await _registrations(mira)
    return str(registration["id"])


async def _notes(town: Town, mira: Somebody, journey: dict[str, Any]) -> None:
    here = f"/me/journeys/{journey['id']}/stops/{journey['stops'][0]['id']}"
    for kind, text in NOTES:
        note = {"kind": kind, "text": text, "topic": "data", "audience": "network"}
        page = await mira.press(await mira.look(here), here, **note)
        assert "Angekommen." in page
    await town.trips.settle()


async def _behind_others(town: Town, mira: Somebody, title: str) -> dict[str, Any]:
    """Let somebody else take the only seat, and wait for one."""
    journey = await town.journey(capacity=1, title=title)
    other = await town.somebody("Otto")
    seat = await town.seat(other, journey)
    mine = await town.seat(mira, journey)
    return {"journey": journey["id"], "mine": mine["id"], "other": other, "seat": seat["id"]}


async def _give_up_first(town: Town, queue: dict[str, Any]) -> None:
    path = f"{JOURNEYS}/registrations/{queue['seat']}"
    api = queue["other"].at("journeys")
    seat = ok(await api.get(path))
    ok(await api.post(f"{path}/cancellation", match=seat["version"]))
    await town.trips.settle()


async def _registrations(mira: Somebody) -> list[dict[str, Any]]:
    return list(ok(await mira.at("journeys").get(f"{JOURNEYS}/registrations"))["items"])


async def _goal(town: Town, mira: Somebody, state: str) -> str:
    api = mira.at("members")
    target = (town.region.clock.now() + timedelta(days=200)).date().isoformat()
    goal = ok(await api.post(f"{MEMBERS}/goals", {**TEXT, "statement": GOALS[state], "target_on": target}), 201)
    if state != "draft":
        ok(await api.post(f"{MEMBERS}/goals/{goal['id']}/submission", match=goal["version"]))
    if state == "returned":
        await town.give_back(goal["id"], "Woran würde die Spätschicht es merken?")
    if state == "agreed":
        await town.agree(goal["id"])
    return str(goal["id"])


async def _plan(mira: Somebody) -> str:
    """Take the plan on, note one activity, and give the next one."""
    offer = await mira.look("/me/outreach")
    taken = await mira.press(offer, next(action for action, _ in offer.forms if action.endswith("/acceptance")))
    first, second, _third = dict.fromkeys(href for href in taken.links.values() if href.startswith("/me/outreach/"))
    await mira.press(await mira.look(first), first, kind="staff_meeting", reach="24", note="Danach drei Rückfragen.")
    return second.rpartition("/")[2]


async def _consents(mira: Somebody) -> None:
    page = await mira.look("/me/consents")
    await mira.press(page, "/me/consents/public_listing/grant")
