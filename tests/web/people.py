"""People of the network, as the tests of their pages need them: entered, belonging somewhere, and signed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from journeys.region import Region as Trips
from journeys.region import ok
from web.region import Browser, Page, Region

from missionare.kit.ids import uuid7
from missionare.kit.testing import As, Outside
from missionare.notifications.message import domain as messages
from missionare.notifications.message.domain import Details, Failed, Template, To
from missionare.notifications.message.store import Messages
from missionare.notifications.webhook import domain as webhooks
from missionare.notifications.webhook.store import Webhooks

MEMBERS = "/api/members/v1"
JOURNEYS = "/api/journeys/v1"
GOAL = {
    "statement": "Wir wollen Wartung nach Zustand statt nach Kalender planen.",
    "sign_of_success": "Ein Prototyp an einer Maschine.",
    "pole": "opportunity",
    "topic_production": "yes",
    "topic_data": "yes",
    "target_on": (datetime.now(UTC) + timedelta(days=300)).date().isoformat(),
    "audience": "personal",
}


class Somebody:
    """One person with a browser in which they are signed in."""

    def __init__(self, town: Town, person_id: str, organisation_id: str, name: str, roles: tuple[str, ...]) -> None:
        self.town, self.id, self.organisation_id, self.name, self.roles = town, person_id, organisation_id, name, roles
        self.browser: Browser = town.region.signed_in(person_id, roles=roles, organisation_id=organisation_id)

    def at(self, service: str) -> As:
        """Give the person as a caller of a service."""
        platform = self.town.region.platforms[service]
        return platform.as_person(self.id, roles=self.roles, organisation_id=self.organisation_id)

    async def look(self, path: str) -> Page:
        return await self.browser.look(path)

    async def press(self, page: Page, action: str, **fields: str) -> Page:
        """Send the form with this action as the page shows it, filled in, and follow where it leads."""
        answer = await self.browser.send(action, {**page.form(action), **fields})
        return await self.look(answer.answer.headers["location"]) if answer.status == 303 else answer

    async def goal(self, **fields: str) -> Page:
        """Write a goal down, and give its page."""
        return await self.press(await self.look("/me/goals/new"), "/me/goals/new", **{**GOAL, **fields})


class Town:
    """Enters people and organisations, and leads what happens around them."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.members = region.platforms["members"]
        self.operator = self.members.as_person("olga", roles=["operator", "member"])
        self.coach = self.members.as_person("cora", roles=["coach", "member"])
        self.trips = Trips(region.platforms["journeys"], region.clock)
        self.outreach = Outside(region.platforms["notifications"])
        self.names = count(1)

    async def somebody(self, given_name: str = "Änne", *roles: str) -> Somebody:
        """Enter a person of an organisation of their own, and let them sign in."""
        number = next(self.names)
        house = ok(await self.operator.post(f"{MEMBERS}/organisations", house_called(f"Haus {number} GmbH")), 201)
        ok(await self.operator.post(f"{MEMBERS}/organisations/{house['id']}/admission", match=house["version"]))
        body = {
            "given_name": given_name,
            "family_name": f"Größler-{number}",
            "email": f"person-{number}@example.org",
            "organisation_id": house["id"],
            "functions": ["it"],
        }
        person = ok(await self.operator.post(f"{MEMBERS}/people", body), 201)
        name = f"{given_name} {body['family_name']}"
        return Somebody(self, person["id"], house["id"], name, ("member", *roles))

    async def active(self, name: str) -> str:
        """Enter an organisation whose contact has opened their mailed link; gives its id."""
        house = ok(await self.operator.post(f"{MEMBERS}/organisations", house_called(name)), 201)
        rows = self.members.service.database["organisations"]
        await rows.update_one({"_id": house["id"]}, {"$set": {"state": "active"}})
        return str(house["id"])

    async def agree(self, goal_id: str) -> None:
        """Let the coach agree, and journeys hear of it."""
        goal = ok(await self.coach.get(f"{MEMBERS}/goals/{goal_id}"))
        ok(await self.coach.post(f"{MEMBERS}/goals/{goal_id}/agreement", match=goal["version"]))
        await self.trips.tell("goal_submitted", "goal", goal_id=goal_id, person_id=goal["person_id"])
        await self.trips.goal_agreed(goal_id, goal["person_id"])

    async def give_back(self, goal_id: str, comment: str) -> None:
        """Let the coach return a goal with a question."""
        goal = ok(await self.coach.get(f"{MEMBERS}/goals/{goal_id}"))
        ok(await self.coach.post(f"{MEMBERS}/goals/{goal_id}/return", {"comment": comment}, match=goal["version"]))

    async def journey(self, **changes: Any) -> dict[str, Any]:
        """Open a journey for registration; its hosts are active."""
        for number in range(1, 4):
            await self.trips.activate(f"host-{number}")
        return await self.trips.open(**{"stops": 2, "capacity": 10, **changes})

    async def seat(self, somebody: Somebody, journey: dict[str, Any], goal_id: str | None = None) -> dict[str, Any]:
        """Let somebody ask for a seat."""
        body = {"goal_id": goal_id, "rules_accepted": True}
        asked = somebody.at("journeys").post(f"{JOURNEYS}/journeys/{journey['id']}/registrations", body)
        return ok(await asked, 201)

    async def travelling(self, somebody: Somebody, **changes: Any) -> dict[str, Any]:
        """Take somebody with an agreed goal on a journey that has begun."""
        journey = await self.journey(**changes)
        goal_id = f"goal-of-{somebody.id}"
        await self.trips.tell("goal_submitted", "goal", goal_id=goal_id, person_id=somebody.id)
        await self.trips.goal_agreed(goal_id, somebody.id)
        await self.seat(somebody, journey, goal_id)
        return await self.trips.depart(journey)

    async def home(self, somebody: Somebody, journey_id: str = "j1") -> None:
        """Let notifications hear that somebody came back as a missionary."""
        qualified = self.outreach.fact(
            "members.MissionaryQualified",
            "missionary",
            missionary_id=f"m-{somebody.id}",
            person_id=somebody.id,
            journey_id=journey_id,
            registration_id=f"r-{somebody.id}",
            goal_id=None,
            topics=["data"],
        )
        await self.outreach.deliver(qualified)

    async def members_hear_of(self, activity_id: str, somebody: Somebody) -> None:
        """Let members hear whose activity it is: an invitation names one of its issuer's."""
        members = Outside(self.members)
        planned = members.fact(
            "notifications.OutreachActivityPlanned",
            "outreach_activity",
            outreach_activity_id=activity_id,
            outreach_plan_id="plan-1",
            person_id=somebody.id,
            kind="talk",
            due_on="2027-01-01",
        )
        await members.deliver(planned)

    async def come_home(self, somebody: Somebody) -> None:
        """Let members hear that somebody was on a journey with an agreed goal."""
        members, api = Outside(self.members), somebody.at("members")
        text = {key: value for key, value in GOAL.items() if not key.startswith("topic_")}
        goal = ok(await api.post(f"{MEMBERS}/goals", {**text, "topics": ["data"]}), 201)
        ok(await api.post(f"{MEMBERS}/goals/{goal['id']}/submission", match=goal["version"]))
        await self.agree(goal["id"])
        concluded = members.fact(
            "journeys.ParticipationConcluded",
            "registration",
            registration_id=f"r-{somebody.id}",
            journey_id="j1",
            revision=1,
            person_id=somebody.id,
            organisation_id=somebody.organisation_id,
            goal_id=goal["id"],
            attended_share=1.0,
        )
        await members.deliver(concluded)


def house_called(name: str) -> dict[str, str]:
    """Give what is entered of an organisation."""
    return {
        "name": name,
        "street": "Hauptweg 1",
        "postal_code": "57072",
        "kind": "company",
        "municipality_code": "05970040",
        "sector": "C",
        "size": "medium",
    }


async def webhook_of(region: Region, organisation_id: str) -> str:
    """Let a program of an organisation have asked for events, and its address not have taken the first; gives it."""
    now, database = region.clock.now(), region.platforms["notifications"].service.database
    hook = webhooks.register(
        id=uuid7(),
        organisation_id=organisation_id,
        key_id=None,
        url="https://events.dornheck.example/in?secret=s",
        types=(),
        others=(),
        now=now,
    )
    await database["webhooks"].insert_one(Webhooks.stored(hook.model_copy(update={"version": 1})))
    event = {"event_id": uuid7(), "type": webhooks.PING, "status": 503, "failure": "refused", "milliseconds": 41}
    await database["webhook_attempts"].insert_one({"_id": uuid7(), "webhook_id": hook.id, "at": now, **event})
    failing = webhooks.Progress(position=0).failed(now)
    await database["webhook_progress"].insert_one({"_id": hook.id, **failing.model_dump()})
    return hook.id


async def failed_mail(region: Region) -> str:
    """Let a host's address have been refused by the mail server; gives the message."""
    now, service = region.clock.now(), region.platforms["notifications"].service
    asked = {"template": Template.INSIGHT_RELEASE_REQUESTED, "trigger": "f1", "to": To(organisation_id="host-1")}
    queued, _ = messages.queue(id=uuid7(), details=Details(), now=now, **asked)
    failed, _ = messages.fail(messages.begin_sending(queued, now=now), Failed.REFUSED_BY_SERVER, now=now)
    await service.database["messages"].insert_one(Messages.stored(failed.model_copy(update={"version": 1})))
    return failed.id
