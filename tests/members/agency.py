"""A regional agency around members: its people, their browsers, and the facts that other services tell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx2
from members.mailbox import Mailbox

from missionare.kit.callers import Caller
from missionare.kit.consumer import Consumer
from missionare.kit.envelope import Envelope
from missionare.kit.facts import wire_type
from missionare.kit.ids import uuid7
from missionare.kit.ledger import AggregateFeed, Feed, Position
from missionare.kit.testing import PUBLIC_URL, As, MovableClock, Platform
from missionare.kit.timers import TimerLoop
from missionare.members.role.jobs import create_operator

API = "/api/members/v1"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


class SilentOwner:
    """An owner whose feeds tell nothing beyond what was delivered."""

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        del after, limit
        return Feed([], Position(), 1, datetime.now(UTC))

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        del aggregate, subject, after
        return AggregateFeed([], "0.0", 1)


class Browser:
    """A browser with cookies of its own, behind the gateway."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        transport = httpx2.ASGITransport(platform.service.app)
        self.client = httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL)

    async def open(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(path, headers=headers)

    async def submit(self, path: str, fields: Mapping[str, str], **headers: str) -> httpx2.Response:
        """Send a form, as from its own page."""
        own = {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}
        return await self.client.post(path, data=dict(fields), headers={**own, **headers})

    async def confirm(self, path: str, action: str = "confirm", **fields: str) -> httpx2.Response:
        """Open a link and send the form on its page."""
        page = await self.open(path)
        assert page.status_code == 200, page.text
        return await self.submit(f"{path}/{action}", {**dict(HIDDEN.findall(page.text)), **fields})

    async def exchange(self, method: str = "GET", audience: str = "members", **headers: str) -> httpx2.Response:
        """Ask what the gateway asks before it lets a request of this browser through."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = {"X-Forwarded-Method": method, "X-Forwarded-Uri": f"{API}/me", **named}
        return await self.client.get("/internal/authenticate", params={"audience": audience}, headers=asked)

    async def caller(self, **options: str) -> Caller | None:
        """Say who the services take this browser for; None for a visitor."""
        answer = await self.exchange(**options)
        assert answer.status_code == 200, answer.text
        authorization = answer.headers.get("authorization")
        if authorization is None:
            return None
        claims = await self.platform.service.verifier.verify(authorization.removeprefix("Bearer "))
        return claims.caller()


class Agency:
    """An agency with one operator, who has an API key."""

    def __init__(self, platform: Platform, clock: MovableClock, mailbox: Mailbox) -> None:
        self.platform, self.clock, self.mailbox = platform, clock, mailbox
        self.context = platform.service.context
        owners = dict.fromkeys(("journeys", "notifications"), SilentOwner())
        self.consumer = Consumer(self.context, platform.service.handlers[0], owners)
        self._timers = TimerLoop(self.context, platform.service.timers)
        self._sequences: dict[tuple[str, str], count[int]] = {}
        self._browsers: list[Browser] = []
        self.key = ""
        self.operator_id = ""
        self.operator: As

    async def open(self) -> None:
        """Make the first operator, as whoever runs the machine does."""
        self.key = await create_operator(
            self.context, email="agency@example.org", given_name="Olga", family_name="Operator", language="de"
        )
        row = await self.context.database["people"].find_one({"email_key": "agency@example.org"})
        assert row is not None
        self.operator_id = row["_id"]
        self.operator = self.platform.as_person(self.operator_id, roles=["operator", "member"])

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.client.aclose()

    def browser(self) -> Browser:
        self._browsers.append(Browser(self.platform))
        return self._browsers[-1]

    # --- people ---------------------------------------------------------------------------------------------------

    async def enter(self, email: str = "ada@example.org", **more: Any) -> str:
        """Let the agency enter somebody."""
        body = {"given_name": "Ada", "family_name": "Lovelace", "email": email, **more}
        return str((await self.done(self.operator.post(f"{API}/people", body), 201))["id"])

    async def sign_in(self, email: str, browser: Browser | None = None) -> Browser:
        """Let somebody sign in by mailed link."""
        browser = browser or self.browser()
        await self.done(self.platform.as_visitor().post(f"{API}/sign-in", {"email": email}, key=""), 202)
        await self.settle()
        answer = await browser.confirm(self.mailbox.link(email))
        assert answer.status_code == 200, answer.text
        return browser

    async def organisation(self, name: str = "Muster GmbH", **more: Any) -> dict[str, Any]:
        """Let the agency enter an organisation and admit it."""
        received = await self.done(self.operator.post(f"{API}/organisations", organisation(name, **more)), 201)
        path = f"{API}/organisations/{received['id']}"
        return await self.done(self.operator.post(f"{path}/admission", match=received["version"]), 200)

    async def employee(self, email: str = "ada@example.org", organisation_id: str | None = None, **more: Any) -> str:
        """Give an active person who belongs to an organisation."""
        organisation_id = organisation_id or (await self.organisation(f"House of {email}"))["id"]
        more = {"functions": ["it"], **more}
        person_id = await self.enter(email, organisation_id=organisation_id, **more)
        await self.sign_in(email)
        return person_id

    def as_person(self, person_id: str, *roles: str, organisation_id: str | None = None) -> As:
        return self.platform.as_person(person_id, roles=["member", *roles], organisation_id=organisation_id)

    # --- goals ----------------------------------------------------------------------------------------------------

    async def goal(self, person_id: str, **more: Any) -> dict[str, Any]:
        """Let somebody draft a goal."""
        return await self.done(self.as_person(person_id).post(f"{API}/goals", goal(**more)), 201)

    async def agreed(self, person_id: str, **more: Any) -> dict[str, Any]:
        """Let somebody draft and submit a goal, and a coach agree."""
        drafted = await self.goal(person_id, **more)
        path = f"{API}/goals/{drafted['id']}"
        submitted = await self.done(self.as_person(person_id).post(f"{path}/submission", match=drafted["version"]), 200)
        coach = self.as_person("coach-1", "coach")
        return await self.done(coach.post(f"{path}/agreement", match=submitted["version"]), 200)

    async def missionary(self, email: str = "ada@example.org", **place: Any) -> str:
        """Give a person who has come home from a journey."""
        person_id = await self.employee(email, **place)
        agreed = await self.agreed(person_id)
        await self.tell(
            self.confirmed("r-1", person_id, agreed["id"]),
            self.fact("journeys.JourneyStarted", "journey", journey_id="j1"),
            self.concluded("r-1", person_id, agreed["id"]),
        )
        return person_id

    # --- what others tell -----------------------------------------------------------------------------------------

    def fact(self, name: str, aggregate: str, **data: Any) -> Envelope:
        """Make the next fact of an aggregate, as its owner would send it; `name` is `service.ClassName`."""
        source, _, class_name = name.partition(".")
        subject = str(data[f"{aggregate}_id"])
        sequence = next(self._sequences.setdefault((aggregate, subject), count(1)))
        return Envelope(
            id=uuid7(),
            source=source,
            type=wire_type(source, class_name, 1),
            aggregate=aggregate,
            subject=subject,
            era=1,
            sequence=sequence,
            previous=f"1.{sequence - 1}" if sequence > 1 else "0.0",
            time=self.clock.now(),
            actor="test",
            correlation_id=uuid7(),
            causation_id=None,
            traceparent=None,
            value=json.dumps(data),
        )

    def confirmed(self, registration_id: str, person_id: str, goal_id: str | None, journey: str = "j1") -> Envelope:
        """Say that somebody has a certain seat."""
        return self.fact(
            "journeys.RegistrationConfirmed",
            "registration",
            registration_id=registration_id,
            journey_id=journey,
            person_id=person_id,
            organisation_id="o1",
            goal_id=goal_id,
        )

    def concluded(
        self, registration_id: str, person_id: str, goal_id: str | None, share: float = 1.0, journey: str = "j1"
    ) -> Envelope:
        """Say that a journey is over for somebody."""
        return self.fact(
            "journeys.ParticipationConcluded",
            "registration",
            registration_id=registration_id,
            journey_id=journey,
            revision=1,
            person_id=person_id,
            organisation_id="o1",
            goal_id=goal_id,
            attended_share=share,
        )

    def planned(self, activity_id: str, person_id: str) -> Envelope:
        """Say that a missionary intends an activity."""
        return self.fact(
            "notifications.OutreachActivityPlanned",
            "outreach_activity",
            outreach_activity_id=activity_id,
            outreach_plan_id="plan-1",
            person_id=person_id,
            kind="talk",
            due_on="2027-01-01",
        )

    # --- what happens then ----------------------------------------------------------------------------------------

    async def tell(self, *facts: Envelope, settling: bool = True) -> None:
        """Deliver facts, and let everything happen that follows."""
        for fact in facts:
            await self.consumer.batch([fact])
            if settling:
                await self.settle()

    async def settle(self) -> None:
        """Fire timers until none is due."""
        for _ in range(50):
            due = await self.due()
            if not due:
                return
            for row in due:
                await self._timers.fire(row)
        msg = f"timers do not come to an end: {[row['_id'] for row in due]}"
        raise AssertionError(msg)

    async def fire(self, row: dict[str, Any]) -> None:
        """Fire one timer; what it raises comes out here."""
        await self._timers.fire(row)

    async def due(self) -> list[dict[str, Any]]:
        """Give the timers whose moment has come."""
        rows = self.context.database["timers"].find({"due_at": {"$lte": self.clock.now()}})
        return list(await rows.to_list(None))

    def pass_time(self, **span: float) -> None:
        self.clock.move(**span)

    # --- what can be seen -----------------------------------------------------------------------------------------

    @staticmethod
    async def done(answer: Any, status: int) -> dict[str, Any]:
        """Give what a command answered, which must have gone well."""
        response = await answer
        assert response.status_code == status, response.text
        return dict(response.json())

    async def facts(self, *names: str) -> list[dict[str, Any]]:
        """Give what members has told under these class names, in order."""
        types = [wire_type("members", name, 1) for name in names]
        rows = self.context.database["facts"].find({"type": {"$in": types}}, sort=[("_id", 1)])
        return [json.loads(row["value"]) for row in await rows.to_list(None)]

    async def told(self) -> list[str]:
        """Give the names of all facts that members has told, in order."""
        rows = await self.context.database["facts"].find({}, sort=[("_id", 1)]).to_list(None)
        return [row["type"].split(".")[1] for row in rows]

    async def stored(self, collection: str) -> list[dict[str, Any]]:
        return list(await self.context.database[collection].find({}, sort=[("_id", 1)]).to_list(None))

    async def everything(self) -> dict[str, Any]:
        """Give the whole database but what keeps count of sign-in tries, to see that nothing has changed."""
        names = await self.context.database.client[self.context.database.name].list_collection_names()
        return {name: await self.stored(name) for name in sorted(names) if name != "sign_in_tries"}

    async def audit(self) -> list[dict[str, Any]]:
        return list(await self.context.database.audit.find({}, sort=[("_id", 1)]).to_list(None))


def organisation(name: str = "Muster GmbH", **more: Any) -> dict[str, Any]:
    """What is said of an organisation."""
    return {
        "name": name,
        "street": "Hauptweg 1",
        "postal_code": "57072",
        "kind": "company",
        "municipality_code": "05970040",
        "sector": "C",
        "size": "medium",
        **more,
    }


def contact(email: str = "kim@example.org") -> dict[str, Any]:
    """What is said of a contact."""
    return {"given_name": "Kim", "family_name": "Klee", "email": email, "functions": ["management"]}


def goal(**more: Any) -> dict[str, Any]:
    """What a goal says."""
    return {
        "statement": "Wir wollen Wartung nach Zustand statt nach Kalender planen.",
        "topics": ["production", "data"],
        "pole": "opportunity",
        "sign_of_success": "Ein Prototyp an einer Maschine.",
        "target_on": (datetime.now(UTC) + timedelta(days=300)).date().isoformat(),
        **more,
    }
