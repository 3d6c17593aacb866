"""What a silent host did not release is read by nobody outside the group and that host's own desk, at any endpoint.

The story is played until the journey is completed, and again until the host's time has run out. Both times everybody
outside the group asks every endpoint of every service that shows anything, about everything the story has made.
"""

import json
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib import import_module

import pytest
from support.platforms import SERVICES

from missionare.cli.demo import command
from missionare.cli.demo.chapters import arrival, completion, goals, planning, registration, visit
from missionare.cli.demo.chapters.visit import SILENT
from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.outside import LINK, Outsider, eventually
from missionare.cli.demo.region import ANNA, BERND, CARLA, COACH, DENIZ, EDITOR, FIRST_HOST, REVIEWER, SILENT_HOST
from missionare.cli.demo.world import JOURNEYS
from missionare.cli.running import Running

pytestmark = pytest.mark.platform

GROUP = (ANNA, BERND, DENIZ)
OUTSIDE = {
    "somebody who cancelled": CARLA,
    "a coach": COACH,
    "an editor": EDITOR,
    "a reviewer": REVIEWER,
    "another host": FIRST_HOST.contact,
}
QUICK = {"MISSIONARE_GATEWAY_RATE": "10000"}
"""Asking for everything is more than the gateway takes from one address."""


@dataclass(frozen=True)
class Place:
    """A route that shows something: its collection, and its address with places for ids."""

    collection: str
    path: str

    def addresses(self, ids):
        """Every address of this route, with each id that its collection is known to have."""
        if "{" not in self.path:
            return [self.path]
        if "{kind}" in self.path:
            return [self.path.format(kind=kind, thing_id=one) for kind, known in ids.items() for one in known]
        head, _, tail = self.path.partition("{")
        return [f"{head}{one}{tail.partition('}')[2]}" for one in ids.get(self.collection, ())]


def places(folder):
    """Every route of every service that reads.

    Apart from pages behind mailed links, which have tokens instead of ids, and streams, which go on as long as somebody
    listens and tell what a list tells as well.
    """
    for service in SERVICES:
        built = import_module(f"missionare.{service}.app").build(settings_of(service, folder))
        for route in built.declared_routes():
            apart = "{token}" in route.path or route.path.endswith("/stream")
            if route.method == "GET" and route.path.startswith("/api/") and not apart:
                yield Place(route.path.split("/")[4], route.path)


def settings_of(service, folder):
    module = import_module(f"missionare.{service}.settings")
    kind = getattr(module, f"{service.capitalize()}Settings")
    return kind(role="api", mongo_url=f"mongodb://127.0.0.1/{service}", public_url="http://127.0.0.1")


def answers(caller, addresses):
    """What a caller is answered, by address; refusals are left out."""
    given = {
        address: caller._http.get(address, params={"limit": 200} if lists(address) else {}) for address in addresses
    }
    return {address: answer.text for address, answer in given.items() if answer.status_code == 200}


def lists(address):
    return len(address.split("/")) == 5


def seen_by(caller, everything, story_ids):
    """Everything that a caller can read: lists first, then each thing that these or the story name."""
    lists_of = answers(caller, [place.path for place in everything if "{" not in place.path])
    ids = {collection: set(known) for collection, known in story_ids.items()}
    for address, text in lists_of.items():
        found = json.loads(text)
        items = found.get("items", []) if isinstance(found, dict) else []
        ids.setdefault(address.split("/")[4], set()).update(item["id"] for item in items if "id" in item)
    single = {address for place in everything if "{" in place.path for address in place.addresses(ids)}
    return {**lists_of, **answers(caller, sorted(single))}


def of_the_story(world):
    """The ids that the story knows, by collection and, for threads, by kind."""
    kinds = {"journey": "journeys", "stop": "stops", "insight": "insights", "registration": "registrations",
             "goal": "goals"}  # fmt: skip
    ids = {}
    for name, one in world.ids.items():
        kind = name.partition(":")[0]
        ids.setdefault(kinds.get(kind, kind), set()).add(one)
        ids.setdefault(kind, set()).add(one)
    ids["people"] = ids["person"] = set(world.people.values())
    ids["organisations"] = ids["organisation"] = set(world.organisations.values())
    return ids


def links_of_others(world):
    """Every link in the mailbox but those of the group and of the silent host."""
    own = {person.email for person in (*GROUP, SILENT_HOST.contact)}
    return {LINK.search(letter["text"]).group() for letter in world.mailbox.letters()
            if LINK.search(letter["text"]) and not own & set(letter["to"])}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The story up to the completed journey, with everybody signed in who is asked."""
    with (
        Running.start(tmp_path_factory.mktemp("silence"), environment=QUICK) as running,
        closing(command.opened(running, Narrator())) as told,
    ):
        for chapter in (arrival, goals, planning, registration, visit):
            chapter.play(told)
        told.agency.act(f"{JOURNEYS}/journeys/{told.ids['journey']}", "completion")
        eventually(partial(completion._settled, told), "every consequence of the completion")
        for person in OUTSIDE.values():
            if person.email not in told.known:
                told.sign_in(person)
        yield told


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    return list(places(tmp_path_factory.mktemp("settings")))


def leaks(world, everything):
    """Who outside reads the silent host's insight, and where."""
    known, ids = of_the_story(world), {world.ids["insight:silent"]}
    callers = {"the journey lead": world.agency, **{who: world.known[one.email] for who, one in OUTSIDE.items()}}
    with closing(Outsider(world.gateway)) as visitor:
        found = [
            (who, address)
            for who, caller in {**callers, "a visitor": visitor}.items()
            for address, text in seen_by(caller, everything, known).items()
            if SILENT.text in text or (who != "the journey lead" and any(one in text for one in ids))
        ]
        pages = {link: visitor._http.get(link).text for link in links_of_others(world)}
    return found + [("a link of somebody else", link) for link, text in pages.items() if SILENT.text in text]


def test_at_completion_nobody_outside_reads_it(world, everything):
    assert leaks(world, everything) == []


def test_the_same_search_finds_it_with_its_author_and_on_its_host_s_desk(world, everything):
    where = [address for address, text in seen_by(world.known[BERND.email], everything, of_the_story(world)).items()
             if SILENT.text in text]  # fmt: skip
    desk = world.mailbox.link_for(SILENT_HOST.contact.email, visit.RELEASE_SUBJECT)

    assert f"{JOURNEYS}/insights/{world.ids['insight:silent']}" in where
    with closing(Outsider(world.gateway)) as host:
        assert SILENT.text in host.open(desk).html


def test_when_the_host_s_time_is_over_still_nobody_outside_reads_it(world, everything):
    world.pass_time(timedelta(days=22), "")
    eventually(partial(completion._withheld, world), "the silent host's insight being withheld")

    assert leaks(world, everything) == []
