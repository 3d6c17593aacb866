"""One agency's week, so that every page of the console has something to show."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from catalog.region import Region as Workshop
from journeys.region import Region as Trips
from journeys.region import Traveller, ok
from web.people import failed_mail, webhook_of
from web.region import Region

from missionare.kit.testing import FakePeers

MEMBERS = "/api/members/v1"
HOUSES = ("Dornheck Metallbau GmbH", "Lennebogen Armaturen", "Eichgrund Federn KG")
PEOPLE = (
    *(("Petra", "Sting"), ("Jan", "Weißbach"), ("Miriam", "Loos"), ("Uwe", "Halberstadt"), ("Sonja", "Reh")),
    *(("Gerd", "Altmann"), ("Katrin", "Oberwelland-Großmann")),
)
GOAL = {
    "statement": "Unsere Schichtübergabe soll ohne Zettel auskommen, und niemand soll nachfragen müssen.",
    "topics": ["production", "people"],
    "pole": "opportunity",
    "sign_of_success": "Vier Wochen ohne Zettel am Schaltschrank.",
    "target_on": "2027-12-31",
}
SIGHTS = ("Vom Laufzettel zum Tablet", "Anzeigetafeln in der Gießerei", "Lernen in der Schicht")
SITES = ("57223 Kreuztal, Tor 2", "Lennestadt, Werk 1", "Attendorn, Eingang Süd")


class Week:
    """What the agency's people did, through the services' own routes."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.trips = Trips(region.platforms["journeys"], region.clock)
        self.agency = region.platforms["members"].as_person("lead", roles=["operator", "coach"])

    async def organisations(self) -> list[str]:
        """Enter three organisations, of which each is an active host, and one that has applied."""
        found = []
        for number, name in enumerate(HOUSES):
            found.append(await self._organisation(name, number))
            await self.trips.activate(found[-1])
        await self._organisation("Talweg Holzbau", len(HOUSES))
        return found

    async def people(self, houses: list[str]) -> list[str]:
        """Enter people of those organisations."""
        found = []
        for number, (given, family) in enumerate(PEOPLE):
            body = {
                "given_name": given,
                "family_name": family,
                "email": f"person-{number}@dornheck.example",
                "telephone": "02732 000010",
                "organisation_id": houses[number % len(houses)],
                "functions": ["production"],
            }
            found.append(ok(await self.agency.post(f"{MEMBERS}/people", body), 201)["id"])
        return found

    async def goal(self, person_id: str) -> None:
        """Let somebody hand in a goal."""
        owner = self.region.platforms["members"].as_person(person_id, roles=["member"])
        goal = ok(await owner.post(f"{MEMBERS}/goals", GOAL), 201)
        ok(await owner.post(f"{MEMBERS}/goals/{goal['id']}/submission", match=goal["version"]))

    async def enquiry(self, kind: str, text: str) -> None:
        """Let somebody write without an account."""
        visitor = self.region.platforms["members"].as_visitor()
        ok(await visitor.post(f"{MEMBERS}/enquiries", {"kind": kind, "text": text, "about": "/catalog"}), 201)

    async def journey(self, houses: list[str], title: str, **changes: Any) -> dict[str, Any]:
        """Plan a journey whose hosts have agreed, and open its registration."""
        trips = self.trips
        journey = await trips.draft(title=title, **changes)
        for number, house in enumerate(houses):
            begins = trips.clock.now() + timedelta(days=30, hours=3 * number + 1)
            stop = {
                "organisation_id": house,
                "title": ("Vom Laufzettel zum Tablet", "Anzeigetafeln in der Gießerei", "Lernen in der Schicht")[
                    number
                ],
                "site": SITES[number],
                "starts_at": begins.isoformat(),
                "ends_at": (begins + timedelta(hours=2)).isoformat(),
                "topics": ["data"],
                "capacity": 500,
            }
            journey = await trips.lead(journey, "stops", stop, status=201)
            journey = await trips.lead(journey, f"stops/{journey['stops'][-1]['id']}/host-request")
            page = await trips.link("host_visit", journey["id"], journey["stops"][-1]["id"])
            await page.submit("confirm", capacity="500", audience="network", release_required="yes")
        await trips.lead(journey, "publication")
        return await trips.lead(journey, "registration-opening")

    async def travelled(self, houses: list[str], people: list[str], title: str) -> dict[str, Any]:
        """Let people travel, note something, and come home."""
        journey = await self.journey(houses, title)
        seated = []
        for number, person_id in enumerate(people):
            traveller = Traveller(self.trips, person_id, houses[number % len(houses)])
            goal = await traveller.agree_on_goal()
            seated.append((traveller, await traveller.register(journey["id"], goal)))
            await self.trips.settle()
        journey = await self.trips.depart(journey)
        for traveller, registration in seated:
            for stop in journey["stops"]:
                await traveller.check_in(registration, stop["id"])
        for traveller, _ in seated[:2]:
            await traveller.note(journey["id"], journey["stops"][0]["id"])
        journey = await self.trips.finish(journey)
        await self.trips.settle()
        for number, person_id in enumerate(people[:4]):
            await self.trips.tell(
                "goal_assessment_requested",
                "goal",
                goal_id=f"goal-{number}",
                person_id=person_id,
                journey_id=journey["id"],
            )
        return journey

    async def _organisation(self, name: str, number: int) -> str:
        body = {
            "name": name,
            "kind": "company",
            "street": "Hüttenweg 3",
            "postal_code": "57223",
            "municipality_code": "05970020",
            "sector": "25",
            "size": "medium",
            "contact": {
                "given_name": "Ute",
                "family_name": f"Kontakt {number}",
                "email": f"contact-{number}@house.example",
                "functions": ["management"],
            },
        }
        return str(ok(await self.agency.post(f"{MEMBERS}/organisations", body), 201)["id"])

    async def entry(self) -> str:
        """Publish two entries that ask the same."""
        workshop = Workshop(self.region.platforms["catalog"], FakePeers(), self.region.clock)
        titles = ("Wer pflegt den Schichtplan?", "Wem gehört der Schichtplan?")
        published = [await workshop.publish(await workshop.draft(title=title)) for title in titles]
        return str(published[0]["id"])


async def week(region: Region) -> dict[str, str]:
    """Fill the console, and give the ids of what is in it."""
    region.gateway.admit("lead", roles=["operator", "coach", "editor", "reviewer", "auditor"])
    this = Week(region)
    houses = await this.organisations()
    people = await this.people(houses)
    completed = await this.travelled(houses, people, "Vom Laufzettel zum Tablet")
    waiting = await this.journey(houses, "Wissen festhalten, bevor es in Rente geht", approval="manual", capacity=10)
    for number, person_id in enumerate(people[:3]):
        await Traveller(this.trips, person_id, houses[number]).register(waiting["id"])
    draft = await this.trips.draft(title="Angebote mit KI")
    await this.goal(people[0])
    await this.enquiry("barrier", "Die Facetten im Katalog liest mein Vorleseprogramm nicht vor.")
    await this.enquiry("message", "Wann ist die nächste Lernreise nach Olpe?\n\nWir wären zu zweit.")
    return {
        "lead": "lead",
        "completed": completed["id"],
        "led": waiting["id"],
        "draft_journey": draft["id"],
        "house": houses[0],
        "person": people[0],
        "entry": await this.entry(),
        "message": await failed_mail(region),
        "webhook": await webhook_of(region, houses[0]),
        "visited": completed["stops"][0]["id"],
    }
