"""What the clients of a load do: small, whole pieces of work in each service, by those who may do them."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta

from promises.load import Load, Story
from support.travel import AGENCY, HOST_PLACE

from missionare.cli.demo.world import CATALOG, JOURNEYS, MEMBERS


async def a_goal_finds_its_way(load: Load, chance: random.Random) -> None:
    """Somebody is entered and, with the agency's help, hands in a goal, gets it back, and agrees on it."""
    mark = _mark(chance)
    email = f"{mark}@eisenfaden.example"
    person = load.begin("members", "person", "people", ("contact.email", email))
    draft = {
        "given_name": "Rike",
        "family_name": "Reisende",
        "email": email,
        "organisation_id": load.world.organisations[AGENCY["name"]],
        "functions": ["production"],
    }
    await load.give(person, "enter a person", "agency", f"{MEMBERS}/people", draft, facts=PERSON)
    behalf = {"On-Behalf-Of": str(person.id), "On-Behalf-Channel": "telephone", "On-Behalf-Why": "Anruf"}
    goal = load.begin("members", "goal", "goals", ("text.statement", f"Ein Ziel {mark}."))
    wanted = {
        "statement": goal.mark[1],
        "topics": ["production"],
        "pole": "challenge",
        "sign_of_success": "Drei von vier kommen ohne Zettel.",
        "target_on": (datetime.now(UTC) + timedelta(days=400)).date().isoformat(),
        "audience": "journey_group",
    }
    await load.give(goal, "draft a goal", "agency", f"{MEMBERS}/goals", wanted, headers=behalf)
    path = f"{MEMBERS}/goals/{goal.id}"
    for _ in range(chance.randint(0, 3)):
        await load.give(
            goal, "submit a goal", "agency", f"{path}/submission", facts=("goal_submitted",), headers=behalf
        )
        comment = {"comment": "Woran erkennt man den Erfolg?"}
        await load.give(goal, "return a goal", "coach", f"{path}/return", comment, facts=("goal_returned",))
        better = {**wanted, "sign_of_success": "Drei von vier kommen ohne Zettel, ein halbes Jahr danach."}
        await load.give(goal, "edit a goal", "agency", path, better, method="PUT", headers=behalf)
    await load.give(goal, "submit a goal", "agency", f"{path}/submission", facts=("goal_submitted",), headers=behalf)
    await load.give(goal, "agree on a goal", "coach", f"{path}/agreement", facts=("goal_agreed",))


async def an_organisation_is_admitted(load: Load, chance: random.Random) -> None:
    """The agency enters an organisation and admits it."""
    name = f"Werk {_mark(chance)}"
    organisation = load.begin("members", "organisation", "organisations", ("contact.name", name))
    application = {
        "name": name,
        "kind": "company",
        "municipality_code": HOST_PLACE["municipality_code"],
        "sector": "22",
        "size": "medium",
    }
    path = f"{MEMBERS}/organisations"
    await load.give(organisation, "apply", "agency", path, application, facts=("organisation_applied",))
    path = f"{path}/{organisation.id}"
    await load.give(organisation, "admit", "agency", f"{path}/admission", facts=("organisation_admitted",))


async def a_journey_is_planned(load: Load, chance: random.Random) -> None:
    """A journey gets stops, their host is asked by mail, and in the end it is called off."""
    title = f"Reise {_mark(chance)}"
    journey = load.begin("journeys", "journey", "journeys", ("title", title))
    begins = (datetime.now(UTC) + timedelta(days=chance.randint(30, 200))).replace(microsecond=0)
    times = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=2)).isoformat(), "capacity": 3}
    await load.give(journey, "draft a journey", "agency", f"{JOURNEYS}/journeys", {"title": title, **times})
    path = f"{JOURNEYS}/journeys/{journey.id}"
    for number in range(chance.randint(1, 3)):
        stop = {
            "organisation_id": load.world.organisations[HOST_PLACE["name"]],
            "title": f"Halt {number}",
            "site": "Tor 2",
            "topics": ["production"],
            **times,
        }
        planned = await load.give(journey, "add a stop", "agency", f"{path}/stops", stop)
        asked = f"{path}/stops/{planned['stops'][-1]['id']}/host-request"
        if chance.random() < MAILED:
            await load.give(journey, "ask a host", "agency", asked, facts=("host_requested",))
    reason = {"reason": "Es war nur geplant."}
    await load.give(journey, "call off", "agency", f"{path}/cancellation", reason, facts=("journey_cancelled",))


async def an_entry_is_written(load: Load, chance: random.Random) -> None:
    """An editor writes an entry, asks for a review, finds something to change, and asks again."""
    title = f"Frage {_mark(chance)}"
    entry = load.begin("catalog", "entry", "entries", ("content.title", title))
    content = {
        "kind": "question",
        "pole": "opportunity",
        "topics": ["production"],
        "title": title,
        "text": "Was genügt im ersten Augenblick?",
    }
    await load.give(entry, "draft an entry", "editor", f"{CATALOG}/entries", content, facts=("entry_drafted",))
    path = f"{CATALOG}/entries/{entry.id}"
    submitted = ("entry_submitted_for_review",)
    for number in range(chance.randint(1, 4)):
        await load.give(entry, "ask for a review", "editor", f"{path}/review-request", facts=submitted)
        better = {**content, "text": f"Was genügt im Augenblick Nummer {number}?"}
        await load.give(entry, "edit an entry", "editor", path, better, method="PUT")
    await load.give(entry, "ask for a review", "editor", f"{path}/review-request", facts=submitted)


PERSON = ("person_registered",)
MAILED = 0.5
"""How many of the stops have their host asked, by mail."""
STORIES: tuple[Story, ...] = (
    a_goal_finds_its_way,
    an_organisation_is_admitted,
    a_journey_is_planned,
    an_entry_is_written,
    an_entry_is_written,
)


def _mark(chance: random.Random) -> str:
    return uuid.UUID(int=chance.getrandbits(128), version=4).hex[:16]
