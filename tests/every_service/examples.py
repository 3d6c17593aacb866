"""Something to work on in each service, made through its own routes and consumers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from catalog.region import Region as Workshop
from catalog.region import said
from every_service.services import Running
from journeys.region import Region as Travels
from members.agency import Agency, goal
from members.mailbox import Mailbox
from notifications.mailbox import Mailbox as Postbox
from notifications.network import Network

from missionare.kit.testing import PUBLIC_URL, As

LATER = "Ein anderer Inhalt"


@dataclass(frozen=True)
class Change:
    """A change that somebody may make to something that exists, with other content it could have as well."""

    caller: As
    method: str
    path: str
    version: int
    body: dict[str, Any]
    other: dict[str, Any]


async def change(services: Running, service: str) -> Change:
    """Give a change that works in this service."""
    return await _CHANGES[service](services)


async def mailed_link(services: Running, service: str) -> str:
    """Give out a mailed link of this service, and give its token."""
    return (await _LINKS[service](services)).rpartition("/")[2]


async def _of_a_draft(services: Running) -> Change:
    workshop = Workshop(await services.of("catalog"), services.peers["catalog"], services.clocks["catalog"])
    draft = await workshop.draft()
    return Change(
        workshop.editor,
        "PUT",
        f"/api/catalog/v1/entries/{draft['id']}",
        draft["version"],
        said(title="Ein neuer Titel"),
        said(title=LATER),
    )


async def _of_a_journey(services: Running) -> Change:
    travels = await _travels(services)
    journey = await travels.draft()
    path = f"/api/journeys/v1/journeys/{journey['id']}/cancellation"
    return Change(travels.operator, "POST", path, journey["version"], {"reason": "Streik"}, {"reason": LATER})


async def _of_a_goal(services: Running) -> Change:
    agency = await _agency(services)
    drafted = await agency.goal("p1")
    path = f"/api/members/v1/goals/{drafted['id']}"
    version, body = drafted["version"], goal(statement="Ein neues Ziel für das Werk.")
    return Change(agency.as_person("p1"), "PUT", path, version, body, goal(statement=LATER))


async def _of_an_activity(services: Running) -> Change:
    platform = await services.of("notifications")
    network = Network(platform, services.peers["notifications"], services.clocks["notifications"], Postbox())
    person = f"p{len(await network.facts('OutreachPlanDrafted')) + 1}"
    await network.tell(network.qualified(person))
    activity = (await network.accept(person))[0]
    path = f"/api/notifications/v1/outreach-activities/{activity['id']}/record"
    told = {"kind": activity["kind"], "done_on": network.clock.now().date().isoformat(), "reach": 3}
    return Change(network.as_person(person), "POST", path, activity["version"], told, {**told, "reach": 4})


async def _invitation(services: Running) -> str:
    agency = await _agency(services)
    await agency.tell(agency.planned("activity-1", "p1"))
    invited = agency.as_person("p1", "missionary").post("/api/members/v1/invitations", {"activity_id": "activity-1"})
    return str((await agency.done(invited, 201))["url"]).removeprefix(PUBLIC_URL)


async def _host_request(services: Running) -> str:
    travels = await _travels(services)
    await travels.activate("host-1")
    journey = await travels.plan(1)
    return (await travels.link("host_visit", journey["id"], journey["stops"][0]["id"])).path


async def _travels(services: Running) -> Travels:
    return Travels(await services.of("journeys"), services.clocks["journeys"])


async def _agency(services: Running) -> Agency:
    return Agency(await services.of("members"), services.clocks["members"], Mailbox())


_CHANGES: dict[str, Callable[[Running], Awaitable[Change]]] = {
    "catalog": _of_a_draft,
    "journeys": _of_a_journey,
    "members": _of_a_goal,
    "notifications": _of_an_activity,
}
_LINKS: dict[str, Callable[[Running], Awaitable[str]]] = {"journeys": _host_request, "members": _invitation}
