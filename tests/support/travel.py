"""A small journey as its people make it: through the gateway, with patience, and with links from their mailbox.

Every trip has a traveller of its own, so that what it brings about can be counted exactly. A request that nobody
answers is sent again with the same idempotency key; one that was refused because its state had changed is sent again
on the state there is now.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from rich.console import Console

from missionare.cli import credentials, operators
from missionare.cli.demo import outside
from missionare.cli.demo.chapters.visit import RELEASE_SUBJECT
from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.outside import Answer, Mailbox, Outsider, Refused, StoryBroken, eventually
from missionare.cli.demo.region import COACH, EDITOR, Person
from missionare.cli.demo.world import CATALOG, JOURNEYS, MEMBERS, NOTIFICATIONS, SIGN_IN_SUBJECT, World
from missionare.cli.folder import DataFolder

PATIENCE: Final = 60.0
REQUEST_SUBJECT: Final = "besuchen"
STALE: Final = 412
CONFLICT: Final = 409
LEADER: Final = Person("Frida", "Leitstein", "frida.leitstein@regionalnetz.example", "Sonstige")
HOST: Final = Person("Grete", "Lindenau", "grete.lindenau@silberborn.example", "Geschäftsführung", contact=True)
HOSTED: Final = 24
"""For how many people the host has room."""
MOVES: Final = timedelta(hours=1)
"""A journey begins, and is over, this much later: too little for any reminder of an earlier one."""
NAMELESS: Final = "Wie gelingt eine Störungsmeldung, die alle nutzen?"
INSIGHT: Final = "Gemeldet wird mit einem einzigen Knopf; den Text schreibt später, wer die Störung behebt."


@dataclass
class Trip:
    """One journey with one traveller, and the ids of what came of it."""

    person: Person
    began_at: datetime
    ids: dict[str, str] = field(default_factory=dict)
    after_letter: str = ""
    """The newest letter to the host before the trip."""
    capacity: int = 3
    """Seats of the journey."""


Step = Callable[[World, Trip], None]
Before = Callable[[str], None]


class Place(Protocol):
    """A running platform, as far as its people see it."""

    folder: DataFolder

    @property
    def url(self) -> str: ...

    @property
    def mailbox_url(self) -> str: ...

    def move_clock(self, forward: timedelta) -> None: ...


@contextmanager
def prepared(platform: Place) -> Iterator[World]:
    """Make the agency's first account, a host, a coach and an editor, once per platform."""
    operators.create(
        platform.folder.root,
        email=LEADER.email, given_name=LEADER.given_name, family_name=LEADER.family_name, keep_key=True,
    )  # fmt: skip
    key = credentials.need(platform.folder, None)
    world = World(
        gateway=platform.url,
        key=key,
        mailbox=Mailbox(platform.mailbox_url),
        agency=Outsider(platform.url, key=key),
        move_clock=platform.move_clock,
        tell=Narrator(Console(quiet=True)),
    )
    token = outside.patience.set(PATIENCE)
    try:
        with closing(world):
            _take_in(world)
            yield world
    finally:
        outside.patience.reset(token)


def _take_in(world: World) -> None:
    rows = [row(n, *place) for n, place in enumerate([(HOST_PLACE, HOST), (AGENCY, COACH), (AGENCY, EDITOR)], 2)]
    taken = give(world.agency, f"{MEMBERS}/imports", {"dry_run": False, "rows": rows})
    if taken["counts"]["created"] != len(rows):
        raise StoryBroken(f"the people were not taken in: {taken.data}")
    for person in world.agency.everything(f"{MEMBERS}/people", limit=100):
        world.people[person["email"]] = person["id"]
    for organisation in world.agency.everything(f"{MEMBERS}/organisations", limit=100):
        world.organisations[organisation["name"]] = organisation["id"]
    for person, role in ((COACH, "coach"), (EDITOR, "editor")):
        give(world.agency, f"{MEMBERS}/people/{world.people[person.email]}/roles", {"role": role})
        sign_in(world, person)


def travel(world: World, before: Before = lambda _step: None, *, until: str | None = None) -> Trip:
    """Make one journey, from a new traveller to an accepted plan.

    Args:
        world: where.
        before: hears the name of each step before it begins.
        until: the step before which to stop, instead of going on to the end.
    """
    name = f"reisende.{uuid.uuid4().hex[:12]}"
    trip = Trip(Person("Rike", "Reisende", f"{name}@eisenfaden.example", "Produktion"), datetime.now(UTC))
    for step in STEPS:
        if step.__name__ == until:
            break
        before(step.__name__)
        step(world, trip)
    return trip


# --- the steps -------------------------------------------------------------------------------------------------------


def arrive(world: World, trip: Trip) -> None:
    """Be entered by the agency, and sign in."""
    person = trip.person
    draft = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "organisation_id": world.organisations[AGENCY["name"]],
        "functions": ["production"],
    }
    trip.ids["person"] = str(give(world.agency, f"{MEMBERS}/people", draft)["id"])
    sign_in(world, person)


def agree(world: World, trip: Trip) -> None:
    """Agree on a goal with the coach, and share it with the catalog in a nameless wording."""
    owner, coach = world.browser_of(trip.person), world.browser_of(COACH)
    goal = {
        "statement": "Störungen sollen ohne Zettel gemeldet werden.",
        "topics": ["production"],
        "pole": "challenge",
        "sign_of_success": "Drei von vier kommen über das Terminal.",
        "target_on": (world.now() + timedelta(days=180)).date().isoformat(),
        "audience": "journey_group",
    }
    trip.ids["goal"] = str(give(owner, f"{MEMBERS}/goals", goal)["id"])
    path = f"{MEMBERS}/goals/{trip.ids['goal']}"
    act(owner, path, "submission")
    act(coach, path, "agreement")
    act(owner, path, "sharing", {"wording": NAMELESS})


def plan(world: World, trip: Trip) -> None:
    """Plan a journey with one stop, and ask its host."""
    trip.after_letter = world.mailbox.newest(HOST.email)
    begins = (world.now() + MOVES).replace(microsecond=0)
    times = {"starts_at": begins.isoformat(), "ends_at": (begins + MOVES).isoformat(), "capacity": trip.capacity}
    journey = give(world.agency, f"{JOURNEYS}/journeys", {"title": "Von der Meldung zur Maschine", **times})
    trip.ids["journey"] = str(journey["id"])
    stop = {
        "organisation_id": world.organisations[HOST_PLACE["name"]],
        "title": "Spritzguss mit Rückmeldung",
        "site": "Tor 2",
        "topics": ["production"],
        **times,
    }
    trip.ids["stop"] = str(act(world.agency, _journey(trip), "stops", stop)["stops"][0]["id"])
    act(world.agency, _journey(trip), f"stops/{trip.ids['stop']}/host-request", when_possible=True)


def host(world: World, trip: Trip) -> None:
    """Let the host confirm by the link in the mail; then the journey is published."""
    answers = {"capacity": str(HOSTED), "audience": "network", "release_required": "yes", "photos": "none"}
    _by_link(world, trip, REQUEST_SUBJECT, "confirm", {}, answers)
    act(world.agency, _journey(trip), "publication")
    act(world.agency, _journey(trip), "registration-opening")


def register(world: World, trip: Trip) -> None:
    """Register, as soon as journeys has heard where the traveller belongs, until the seat is certain."""
    traveller = world.browser_of(trip.person)
    body = {"goal_id": trip.ids["goal"], "rules_accepted": True}
    asked = give(traveller, f"{_journey(trip)}/registrations", body, when_possible=True)
    trip.ids["registration"] = str(asked["id"])
    path = f"{JOURNEYS}/registrations/{asked['id']}"
    eventually(lambda: traveller.get(path)["state"] == "confirmed", "a certain seat")


def set_out(world: World, trip: Trip) -> None:
    """Travel, check in at the stop, and note an insight."""
    act(world.agency, _journey(trip), "registration-closing")
    world.pass_time(MOVES, "")
    act(world.agency, _journey(trip), "start")
    act(world.agency, _journey(trip), f"stops/{trip.ids['stop']}/visit")
    traveller = world.browser_of(trip.person)
    arrival = {"stop_id": trip.ids["stop"], "device_id": "phone"}
    give(traveller, f"{JOURNEYS}/registrations/{trip.ids['registration']}/check-ins", arrival)
    note = {
        "client_id": "note-1",
        "stop_id": trip.ids["stop"],
        "kind": "success_factor",
        "text": INSIGHT,
        "topic": "production",
        "audience": "public",
    }
    trip.ids["insight"] = str(give(traveller, f"{_journey(trip)}/insights", note)["id"])


def release(world: World, trip: Trip) -> None:
    """Let the host release the insight by the link in the mail."""
    chosen = {"insight_id": trip.ids["insight"]}
    _by_link(world, trip, RELEASE_SUBJECT, "decision", chosen, {"decision": "release", "audience": "public"})


def complete(world: World, trip: Trip) -> None:
    """Complete the journey, once the owner has seen the goal begin."""
    world.pass_time(MOVES, "")
    act(world.agency, _journey(trip), "debriefing")
    act(world.agency, _journey(trip), "attendance-closing")
    owner, goal = world.browser_of(trip.person), f"{MEMBERS}/goals/{trip.ids['goal']}"
    eventually(lambda: owner.get(goal)["state"] == "in_progress", "the goal under way")
    act(world.agency, _journey(trip), "completion")


def answer(world: World, trip: Trip) -> None:
    """Let people answer: the missionary accepts the plan, an editor the suggestion that came from the insight."""
    missionary, editor = world.browser_of(trip.person), world.browser_of(EDITOR)
    trip.ids["plan"] = eventually(lambda: _first(missionary, f"{NOTIFICATIONS}/outreach-plans"), "the plan")
    act(missionary, f"{NOTIFICATIONS}/outreach-plans/{trip.ids['plan']}", "acceptance")
    trip.ids["suggestion"] = eventually(
        lambda: _first(editor, f"{CATALOG}/suggestions", source_id=trip.ids["insight"]), "the suggestion"
    )
    draft = {
        "kind": "question",
        "pole": "opportunity",
        "topics": ["production"],
        "title": "Wie wird gemeldet, ohne dass jemand tippen muss?",
        "text": "Was genügt im ersten Augenblick?",
    }
    entry = act(editor, f"{CATALOG}/suggestions/{trip.ids['suggestion']}", "acceptance", draft)
    trip.ids["entry"] = str(entry["id"])


STEPS: Final[tuple[Step, ...]] = (arrive, agree, plan, host, register, set_out, release, complete, answer)


# --- how people behave -----------------------------------------------------------------------------------------------


def give(who: Outsider, path: str, body: Mapping[str, Any], *, when_possible: bool = False) -> Answer:
    """Give a command until it is answered, always under the same key."""
    key = str(uuid.uuid4())
    return eventually(lambda: _tried(lambda: who.post(path, body, key=key), when_possible), path)


def act(
    who: Outsider, path: str, verb: str, body: Mapping[str, Any] | None = None, *, when_possible: bool = False
) -> Answer:
    """Give a thing a command until it is answered; if it has changed before the command happened, read it again."""
    key = str(uuid.uuid4())

    def tried() -> Answer:
        return who.post(f"{path}/{verb}", body, etag=who.get(path).etag, key=key)

    return eventually(lambda: _tried(tried, when_possible), f"{path}/{verb}")


def sign_in(world: World, person: Person) -> None:
    """Sign in by a mailed link; whoever cannot tell whether that worked looks, and asks for another link."""

    def signed_in() -> Outsider | None:
        visitor = Outsider(world.gateway)
        before = world.mailbox.newest(person.email)
        visitor.post_once(f"{MEMBERS}/sign-in", {"email": person.email})
        link = world.mailbox.link_for(person.email, SIGN_IN_SUBJECT, after=before)
        try:
            visitor.send(visitor.open(link), "confirm")
            visitor.get(f"{MEMBERS}/me")
        except StoryBroken:
            visitor.close()
            return None
        return visitor

    world.known[person.email] = eventually(signed_in, "a session")


def _tried(give_it: Callable[[], Answer], when_possible: bool) -> Answer | None:
    try:
        return give_it()
    except Refused as refused:
        # In flight: the try before this one has reached its server and has not ended yet.
        again = refused.status == STALE or "in_flight" in str(refused)
        if again or (when_possible and refused.status == CONFLICT):
            return None
        raise


def _by_link(
    world: World, trip: Trip, about: str, action: str, holding: Mapping[str, str], fields: Mapping[str, str]
) -> None:
    browser = Outsider(world.gateway)
    link = world.mailbox.link_for(HOST.email, about, after=trip.after_letter)
    browser.send(browser.open(link), action, holding=holding, **fields)
    browser.close()


def _journey(trip: Trip) -> str:
    return f"{JOURNEYS}/journeys/{trip.ids['journey']}"


def _first(who: Outsider, path: str, **holding: str) -> str | None:
    items = who.everything(path, limit=200)
    return next((str(item["id"]) for item in items if holding.items() <= item.items()), None)


HOST_PLACE: Final = {
    "name": "Silberborn Kunststoffteile GmbH",
    "kind": "company",
    "street": "Am Silberborn 4",
    "postal_code": "57439",
    "municipality_code": "05966004",
    "sector": "22",
    "size": "medium",
}
AGENCY: Final = {
    "name": "Regionalnetz Digitalisierung (Beispiel) e. V.",
    "kind": "association",
    "street": "Marktplatz 2",
    "postal_code": "57072",
    "municipality_code": "05970040",
    "sector": "94",
    "size": "micro",
}


def row(line: int, place: Mapping[str, str], person: Person) -> dict[str, Any]:
    """Give somebody of an organisation as a row of an import."""
    cells = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": person.email,
        "language": "de",
        "functions": ["other"],
        "contact": person.contact or person is COACH,
    }
    return {"line": line, "organisation": dict(place), "person": cells}
