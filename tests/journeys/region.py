"""A region around journeys: what members and the others tell it, and the people who use it."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx2

from missionare.journeys.registration.store import Registrations
from missionare.journeys.seat.domain import COUNTED_AS
from missionare.kit.consumer import Consumer
from missionare.kit.envelope import Envelope, from_row
from missionare.kit.ids import uuid7
from missionare.kit.ledger import AggregateFeed, Feed, Position
from missionare.kit.store import Scope
from missionare.kit.testing import As, MovableClock, Platform
from missionare.kit.timers import TimerLoop

TEST = Scope.system("a test looks")
API = "/api/journeys/v1"


class SilentOwner:
    """An owner whose feeds tell nothing beyond what was delivered."""

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        del after, limit
        return Feed([], Position(), 1, datetime.now(UTC))

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        del aggregate, subject, after
        return AggregateFeed([], "0.0", 1)


class Traveller:
    """Somebody who takes part, through the API."""

    def __init__(self, region: Region, person_id: str, organisation_id: str) -> None:
        self.region, self.person_id, self.organisation_id = region, person_id, organisation_id
        self.api: As = region.platform.as_person(person_id, roles=["member"], organisation_id=organisation_id)

    async def agree_on_goal(self, goal_id: str = "") -> str:
        """Let members tell that this person's goal is agreed."""
        goal_id = goal_id or f"goal-of-{self.person_id}"
        await self.region.tell("goal_submitted", "goal", goal_id=goal_id, person_id=self.person_id)
        await self.region.goal_agreed(goal_id, self.person_id)
        return goal_id

    async def register(self, journey_id: str, goal_id: str | None = None, **options: Any) -> dict[str, Any]:
        """Ask for a seat."""
        body = {"goal_id": goal_id, "rules_accepted": True}
        answer = await self.api.post(f"{API}/journeys/{journey_id}/registrations", body, **options)
        return ok(answer, 201)

    async def act(self, registration: dict[str, Any], what: str) -> httpx2.Response:
        """Decide about the own registration as it is now."""
        now = await self.look(registration)
        return await self.api.post(f"{API}/registrations/{registration['id']}/{what}", match=now["version"])

    async def look(self, registration: dict[str, Any]) -> dict[str, Any]:
        """Read the own registration."""
        return ok(await self.api.get(f"{API}/registrations/{registration['id']}"))

    async def check_in(self, registration: dict[str, Any], stop_id: str, device: str = "d1") -> httpx2.Response:
        """Be at a stop."""
        path = f"{API}/registrations/{registration['id']}/check-ins"
        return await self.api.post(path, {"stop_id": stop_id, "device_id": device})

    async def note(self, journey_id: str, stop_id: str, **changes: Any) -> httpx2.Response:
        """Note an insight."""
        body = {
            "client_id": uuid7(),
            "stop_id": stop_id,
            "kind": "practice",
            "text": "Die Laufkarte hängt als Tablet an der Maschine.",
            "topic": "data",
            "audience": "network",
        }
        return await self.api.post(f"{API}/journeys/{journey_id}/insights", {**body, **changes})


class HostPage:
    """A mailed link, opened as a browser does."""

    def __init__(self, region: Region, path: str) -> None:
        self.region, self.path, self.html = region, path, ""
        self.token = path.rpartition("/")[2]

    async def open(self) -> httpx2.Response:
        """Show the page."""
        answer = await self.region.platform.as_visitor().get(self.path)
        self.html = answer.text
        return answer

    def forms(self, action: str) -> list[dict[str, str]]:
        """Give what the forms of an action carry, hidden fields included."""
        found = re.findall(rf'<form method="post" action="[^"]*/{action}".*?</form>', self.html, re.DOTALL)
        return [dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)) for form in found]

    async def submit(self, action: str, form: dict[str, str] | None = None, **fields: str) -> httpx2.Response:
        """Send a form as the page showed it, filled in."""
        sent = {**(form if form is not None else self.forms(action)[0]), **fields}
        answer = await self.region.platform.as_visitor().submit(f"{self.path}/{action}", sent)
        self.html = answer.text
        return answer


class Region:
    """Tells facts, lets time pass, and leads journeys."""

    def __init__(self, platform: Platform, clock: MovableClock) -> None:
        self.platform, self.clock = platform, clock
        self.sites: tuple[str, ...] = ()
        """Where the stops of a journey are, where that matters."""
        service = platform.service
        self.context = service.context
        self.operator = platform.as_person("operator-1", roles=["operator"])
        self.visitor = platform.as_visitor()
        self.notifications = platform.as_service("notifications")
        owners = dict.fromkeys(("members", "journeys", "catalog", "notifications"), SilentOwner())
        self.consumers = [Consumer(self.context, handlers, owners) for handlers in service.handlers]
        self.timers = TimerLoop(self.context, service.timers)
        self._sequences: dict[tuple[str, str], count[int]] = {}
        self._told: set[str] = set()

    # --- facts -------------------------------------------------------------------------------------------------------

    def fact(self, name: str, aggregate: str, source: str = "members", **data: Any) -> Envelope:
        """Make the next fact of an aggregate, as its owner would send it."""
        subject = str(data[f"{aggregate}_id"])
        sequence = next(self._sequences.setdefault((aggregate, subject), count(1)))
        return Envelope(
            id=uuid7(),
            source=source,
            type=f"{source}.{name}.v1",
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

    async def tell(self, name: str, aggregate: str, source: str = "members", **data: Any) -> None:
        """Deliver a fact to whoever in journeys reads it."""
        await self.deliver(self.fact(name, aggregate, source, **data))

    async def deliver(self, *facts: Envelope) -> None:
        """Deliver facts in one batch."""
        for consumer in self.consumers:
            await consumer.batch(facts)

    async def activate(self, organisation_id: str) -> None:
        """Let an organisation be an active member."""
        await self.tell(
            "organisation_activated",
            "organisation",
            organisation_id=organisation_id,
            kind="company",
            municipality="05970040",
            sector="25",
            size="small",
            contact_person_id=f"contact-of-{organisation_id}",
        )

    async def goal_agreed(self, goal_id: str, person_id: str) -> None:
        """Let a coach agree on a goal."""
        await self.tell(
            "goal_agreed",
            "goal",
            goal_id=goal_id,
            person_id=person_id,
            organisation_id=None,
            coach_id="coach-1",
            pole="challenge",
            topics=["data"],
            target_on="2027-12-31",
        )

    async def belongs(self, person_id: str, organisation_id: str, *functions: str) -> None:
        """Let a person belong to an organisation."""
        await self.tell(
            "affiliation_confirmed",
            "affiliation",
            affiliation_id=f"{person_id}-at-{organisation_id}",
            person_id=person_id,
            organisation_id=organisation_id,
            functions=list(functions),
            primary=True,
        )

    async def left(self, person_id: str, organisation_id: str) -> None:
        """Let a person leave an organisation."""
        await self.tell(
            "affiliation_ended",
            "affiliation",
            affiliation_id=f"{person_id}-at-{organisation_id}",
            person_id=person_id,
            organisation_id=organisation_id,
        )

    async def facts(self, name: str) -> list[dict[str, Any]]:
        """Give what journeys has told under a name, in order."""
        rows = self.context.database["facts"].find({"type": f"journeys.{name}.v1"}, sort=[("_id", 1)])
        return [json.loads(row["value"]) for row in await rows.to_list(None)]

    # --- time --------------------------------------------------------------------------------------------------------

    async def settle(self, rounds: int = 200) -> None:
        """Let everything happen that is due, and let journeys hear its own facts."""
        rows = self.context.database["timers"]
        for _ in range(rounds):
            due = await rows.find({"due_at": {"$lte": self.clock.now()}}).to_list(None)
            for row in due:
                await self.timers.fire(row)
            if not due:
                await self._hear_itself()
                return
        msg = f"jobs do not come to an end: {[row['_id'] for row in due]}"
        raise AssertionError(msg)

    async def pass_time(self, **span: float) -> None:
        """Move the clock, and let what is due happen."""
        self.clock.move(**span)
        await self.settle()

    async def _hear_itself(self) -> None:
        rows = await self.context.database["facts"].find({}, sort=[("_id", 1)]).to_list(None)
        fresh = [row for row in rows if row["_id"] not in self._told]
        self._told |= {row["_id"] for row in fresh}
        if fresh:
            await self.deliver(*(from_row(row, "journeys") for row in fresh))

    # --- people ------------------------------------------------------------------------------------------------------

    def traveller(self, person_id: str = "ada", organisation_id: str = "o1") -> Traveller:
        """Somebody of a member organisation."""
        return Traveller(self, person_id, organisation_id)

    async def link(self, purpose: str, journey_id: str, stop_id: str) -> HostPage:
        """Let notifications fetch a link, and open it."""
        wanted = {"purpose": purpose, "subject": f"{journey_id}:{stop_id}"}
        granted = ok(await self.notifications.post("/internal/links", wanted, key=""))
        assert granted["url"].startswith("http://127.0.0.1:8080/host/links/")
        page = HostPage(self, f"{API}/links/{granted['url'].rpartition('/')[2]}")
        await page.open()
        return page

    # --- journeys ----------------------------------------------------------------------------------------------------

    async def draft(self, **changes: Any) -> dict[str, Any]:
        """Plan a journey of one day, a month ahead."""
        begins = self.clock.now() + timedelta(days=30)
        body = {
            "title": "Daten in der Fertigung",
            "starts_at": begins.isoformat(),
            "ends_at": (begins + timedelta(days=1)).isoformat(),
            "capacity": 10,
        }
        return ok(await self.operator.post(f"{API}/journeys", {**body, **changes}), 201)

    async def plan(self, stops: int = 2, **changes: Any) -> dict[str, Any]:
        """Plan a journey with its stops, and ask the hosts."""
        journey = await self.draft(**changes)
        for number in range(1, stops + 1):
            begins = datetime.fromisoformat(journey["starts_at"]) + timedelta(hours=3 * number)
            body = {
                "organisation_id": f"host-{number}",
                "title": f"Werk {number}",
                "site": self.sites[number - 1] if number <= len(self.sites) else f"Tor {number}",
                "starts_at": begins.isoformat(),
                "ends_at": (begins + timedelta(hours=2)).isoformat(),
                "topics": ["data"],
                "capacity": 500,
            }
            journey = await self.lead(journey, "stops", body, status=201)
            journey = await self.lead(journey, f"stops/{journey['stops'][-1]['id']}/host-request")
        return journey

    async def lead(
        self, journey: dict[str, Any], what: str, body: dict[str, Any] | None = None, *, status: int = 200
    ) -> dict[str, Any]:
        """Let the operator do something to a journey as it is now."""
        now = ok(await self.operator.get(f"{API}/journeys/{journey['id']}"))
        answer = await self.operator.post(f"{API}/journeys/{journey['id']}/{what}", body, match=now["version"])
        return ok(answer, status)

    async def open(self, stops: int = 2, **changes: Any) -> dict[str, Any]:
        """Take a journey to the point where seats may be asked for; the hosts confirm by their links."""
        agreed = {"audience": "network", "release_required": "yes", **changes.pop("agreed", {})}
        journey = await self.plan(stops, **changes)
        for stop in journey["stops"]:
            page = await self.link("host_visit", journey["id"], stop["id"])
            answer = await page.submit("confirm", capacity="500", **agreed)
            assert answer.status_code == 200, answer.text
        await self.lead(journey, "publication")
        return await self.lead(journey, "registration-opening")

    async def depart(self, journey: dict[str, Any]) -> dict[str, Any]:
        """Close registration and set out on the day."""
        await self.lead(journey, "registration-closing")
        self.clock.move(seconds=(datetime.fromisoformat(journey["starts_at"]) - self.clock.now()).total_seconds())
        started = await self.lead(journey, "start")
        await self.settle()
        return started

    async def finish(self, journey: dict[str, Any]) -> dict[str, Any]:
        """Take a journey that is under way to its completion, without waiting for what follows."""
        for stop in journey["stops"]:
            now = ok(await self.operator.get(f"{API}/journeys/{journey['id']}"))
            if next(s for s in now["stops"] if s["id"] == stop["id"])["state"] == "host_confirmed":
                await self.lead(journey, f"stops/{stop['id']}/visit")
        await self.lead(journey, "debriefing")
        await self.lead(journey, "attendance-closing")
        self.clock.move(days=2)
        return await self.lead(journey, "completion")

    async def travelling(self, journey: dict[str, Any], *people: str) -> list[tuple[Traveller, dict[str, Any]]]:
        """Give people with an agreed goal a seat each."""
        seated = []
        for person_id in people:
            traveller = self.traveller(person_id, f"company-of-{person_id}")
            goal_id = await traveller.agree_on_goal()
            seated.append((traveller, await traveller.register(journey["id"], goal_id)))
        return seated

    async def seats(self, journey: dict[str, Any]) -> dict[str, Any]:
        """Read the seat ledger."""
        return ok(await self.operator.get(f"{API}/journeys/{journey['id']}/seats"))

    async def ledger_is_reality(self, journey: dict[str, Any]) -> dict[str, Any]:
        """Count the registrations and hold them against the ledger."""
        ledger = await self.seats(journey)
        store = self.context.views[Registrations]
        assert isinstance(store, Registrations)
        found = await store.every({"journey_id": journey["id"]}, TEST, limit=100_000)
        reality = Counter(COUNTED_AS[one.state] for one in found if one.state in COUNTED_AS)
        counted = {name: ledger[name] for name in set(COUNTED_AS.values())}
        assert counted == {name: reality[name] for name in counted}
        assert ledger["free"] >= 0
        return ledger


def ok(answer: httpx2.Response, status: int = 200) -> dict[str, Any]:
    """Give what was answered, which must have this status."""
    assert answer.status_code == status, answer.text
    return dict(answer.json())


def refused(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Give the problem document of a refusal, which must be this one."""
    problem = dict(answer.json())
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    return problem
