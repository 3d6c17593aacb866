"""What happens after the demonstration's story, so that the pages have something to show that waits for somebody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from missionare.cli.demo.chapters.goals import WISHES, agreed_goal, draft_of
from missionare.cli.demo.chapters.outlook import VISITS
from missionare.cli.demo.chapters.planning import BERLIN, ask_hosts, confirm, travel_day
from missionare.cli.demo.outside import Outsider, when_possible
from missionare.cli.demo.region import ANNA, BERND, CARLA, COACH, DENIZ, EDITOR, REVIEWER, SILENT_HOST, Person
from missionare.cli.demo.world import CATALOG, JOURNEYS, MEMBERS, World

EXAMPLE: Final = Path(__file__).resolve().parents[2] / "docs" / "examples" / "journey.json"
RELEASE_SUBJECT: Final = "Freigabe"
NEXT_TITLE: Final = "Vom Zettel zum Bildschirm"
FULL: Final = {
    "title": "Wenn drei Meister in Rente gehen: Wissen festhalten",
    "summary": "Zwei Betriebe zeigen, wie sie aufschreiben, was bisher nur im Kopf war.",
    "capacity": 2,
}
TABLE: Final = "\n".join(
    "\t".join(row)
    for row in (
        ("Unternehmen", "Art", "Straße", "PLZ", "Ort", "WZ", "Größe", "Vorname", "Nachname", "E-Mail", "Funktion"),
        ("Beispiel Drahtwerke GmbH", "Unternehmen", "Werkstraße 1", "57439", "Attendorn", "25", "mittel",
         "Alex", "Beispiel", "alex@drahtwerke.example", "Geschäftsführung"),
        ("Muster Holzbau GmbH", "Unternehmen", "Am Sägewerk 4", "57072", "Siegen", "16", "klein",
         "Kim", "Muster", "kim.holzbau.example", "Betriebsrat"),
    )
)  # fmt: skip
"""Two rows as they are copied from a spreadsheet; the second has a slip in the e-mail address."""


def a_host_is_asked_for_release(world: World) -> None:
    """Keep the link of the host who will stay silent, while it opens something."""
    world.ids["release_link"] = world.mailbox.link_for(SILENT_HOST.contact.email, RELEASE_SUBJECT)


def a_week_begins(world: World) -> None:
    """Let it be Monday morning, and let something wait for everybody."""
    world.pass_time_until(_monday_morning(world.now()), "eine neue Woche beginnt")
    _more_seats_are_asked_for_than_there_are(world)
    _a_second_lead_is_asked_to_confirm(world)
    _the_agency_is_written_to(world)
    _the_tutorial_is_followed(world)
    journeys = world.agency.everything(f"{JOURNEYS}/journeys")
    world.ids["next_journey"] = next(one["id"] for one in journeys if one["title"].startswith(NEXT_TITLE))
    suggestions = world.browser_of(EDITOR).everything(f"{CATALOG}/suggestions")
    world.ids["suggestion_of_a_goal"] = next(one["id"] for one in suggestions if one["id"] != world.ids["suggestion"])


def somebody_reviews(world: World) -> None:
    """Let the editor write an entry and ask for a review."""
    editor = world.browser_of(EDITOR)
    entry = editor.act(
        f"{CATALOG}/suggestions/{world.ids['suggestion_of_a_goal']}",
        "acceptance",
        {
            "kind": "question",
            "pole": "challenge",
            "topics": ["production", "people"],
            "title": "Wie gelingt eine Störungsmeldung, die alle nutzen?",
            "text": "Auch die, die selten tippen: Was hilft ihnen an der Maschine, und was hält sie ab?\n\n"
            "Wer hat gefragt, bevor das Terminal bestellt wurde?",
        },
    )
    path = f"{CATALOG}/entries/{entry['id']}"
    asked = editor.post(f"{path}/review-request", etag=editor.get(f"{CATALOG}/drafts/{entry['id']}").etag)
    world.ids["review"] = str(asked["id"])


def _monday_morning(now: datetime) -> datetime:
    """Give the next Monday at nine, where the agency is."""
    local = now.astimezone(BERLIN)
    return (local + timedelta(days=7 - local.weekday())).replace(hour=9, minute=0, second=0, microsecond=0)


def _more_seats_are_asked_for_than_there_are(world: World) -> None:
    day = travel_day(world.now()) + timedelta(weeks=3)
    path = _planned(world, FULL, day)
    world.ids["full_journey"] = path.rpartition("/")[2]
    before = {visit.key: world.mailbox.newest(visit.host.contact.email) for visit in VISITS}
    ask_hosts(world, path, day, VISITS)
    for visit in VISITS:
        confirm(world, visit, after=before[visit.key])
    world.agency.act(path, "publication")
    world.agency.act(path, "registration-opening")
    coach = world.browser_of(COACH)
    for person, wish in zip((BERND, DENIZ, ANNA), (WISHES[1], WISHES[2], WISHES[0]), strict=True):
        if person is DENIZ:
            _ask_for_a_seat(world, path, CARLA, goal=None)
        goal = agreed_goal(world, world.browser_of(person), coach, replace(wish, person=person))
        _ask_for_a_seat(world, path, person, goal=goal)
    carla = world.browser_of(CARLA)
    draft = carla.post(f"{MEMBERS}/goals", draft_of(world, replace(WISHES[2], person=CARLA)))
    carla.act(f"{MEMBERS}/goals/{draft['id']}", "submission")


def _ask_for_a_seat(world: World, path: str, person: Person, *, goal: str | None) -> None:
    body = {"goal_id": goal, "rules_accepted": True}
    when_possible(partial(world.browser_of(person).post, f"{path}/registrations", body), "the registration")


def _a_second_lead_is_asked_to_confirm(world: World) -> None:
    people = f"{MEMBERS}/people"
    world.agency.post(f"{people}/{world.people[COACH.email]}/roles", {"role": "operator"})
    world.agency.post(f"{people}/{world.people[REVIEWER.email]}/roles", {"role": "auditor"})
    world.ids["waiting_person"] = world.people[REVIEWER.email]


def _the_agency_is_written_to(world: World) -> None:
    with closing(Outsider(world.gateway)) as visitor:
        for kind, text in (
            ("barrier", "Die Facetten im Katalog liest mein Vorleseprogramm nicht vor."),
            ("message", "Wann ist die nächste Lernreise nach Olpe? Wir wären zu zweit."),
        ):
            visitor.post(f"{MEMBERS}/enquiries", {"kind": kind, "text": text, "about": "/catalog"})


def _the_tutorial_is_followed(world: World) -> None:
    journey = world.agency.post(f"{JOURNEYS}/journeys", json.loads(EXAMPLE.read_text(encoding="utf-8")))
    world.ids["tutorial_journey"] = str(journey["id"])
    world.agency.act(f"{JOURNEYS}/journeys/{journey['id']}", "announcement", {"topics": ["production", "data"]})


def _planned(world: World, draft: Mapping[str, Any], day: datetime) -> str:
    hours = {"starts_at": day.replace(hour=8).isoformat(), "ends_at": day.replace(hour=17).isoformat()}
    return f"{JOURNEYS}/journeys/{world.agency.post(f'{JOURNEYS}/journeys', {**draft, **hours})['id']}"
