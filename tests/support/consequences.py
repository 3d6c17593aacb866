"""What a trip brings about, counted exactly where it is kept: nothing lost, nothing doubled.

Everything that is still on its way stands in a database: in an outbox, as a timer, as an aggregate of which a reader
has not seen the last fact, as a message to be sent. So "at rest" is read, not guessed, and after it nothing may be
missing any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError
from support.platforms import SERVICES
from support.travel import Trip
from support.waiting import wait_until

from missionare.cli.demo.world import JOURNEYS, World
from missionare.cli.running import Running

REST_SECONDS: Final = 60.0
MAILS: Final = Counter(
    [
        "goal_agreed",
        "host_requested",
        "registration_confirmed",
        "insight_release_requested",
        "certificate_issued",
        "goal_assessment_requested",
        "outreach_plan_drafted",
    ]
)
"""The mails of a trip by template. Each has one cause."""
BY_ITSELF: Final = Counter(
    {
        "members.person_registered": 1,
        "members.person_verified": 1,
        "members.person_activated": 1,
        "members.affiliation_confirmed": 1,
        "members.goal_submitted": 1,
        "members.goal_agreed": 1,
        "members.goal_shared": 1,
        "members.goal_started": 1,
        "members.goal_assessment_requested": 1,
        "members.missionary_nominated": 1,
        "members.missionary_prepared": 1,
        "members.missionary_departed": 1,
        "members.missionary_qualified": 1,
        "journeys.host_requested": 1,
        "journeys.host_confirmed": 1,
        "journeys.journey_published": 1,
        "journeys.registration_opened": 1,
        "journeys.registration_requested": 1,
        "journeys.registration_confirmed": 1,
        "journeys.registration_closed": 1,
        "journeys.journey_started": 1,
        "journeys.stop_visited": 1,
        "journeys.participant_checked_in": 1,
        "journeys.insight_submitted": 1,
        "journeys.insight_release_requested": 1,
        "journeys.insight_released": 1,
        "journeys.debriefing_started": 1,
        "journeys.attendance_closed": 1,
        "journeys.journey_completed": 1,
        "journeys.participation_concluded": 1,
        "journeys.certificate_issued": 1,
        "catalog.suggestion_raised": 2,
        "catalog.catalog_update_proposed": 1,
        "notifications.outreach_plan_drafted": 1,
        "notifications.message_queued": MAILS.total(),
        "notifications.message_sent": MAILS.total(),
    }
)
"""Every fact of a trip up to the completion and what follows from it. One insight and one goal are suggested."""
ANSWERED: Final = Counter(
    {
        "members.missionary_activated": 1,
        "catalog.suggestion_accepted": 1,
        "catalog.entry_drafted": 1,
        "catalog.evidence_linked": 1,
        "notifications.outreach_plan_accepted": 1,
        "notifications.outreach_activity_planned": 3,
        "notifications.follow_up_task_opened": 3,
    }
)
"""Every fact of the answers that people give at the end."""
KEPT: Final[Mapping[str, Mapping[str, int]]] = {
    "journeys": {"registrations": 1, "insights": 1, "certificates": 1},
    "catalog": {"suggestions": 2, "editions": 1},
    "notifications": {"outreach_plans": 1},
}
"""How many documents of a journey the services keep."""
SEEN: Final = {
    "participations_concluded": 1,
    "certificates_issued": 1,
    "assessments_requested": 1,
    "missionaries_qualified": 1,
    "suggestions_raised": 2,
    "catalog_updates_proposed": 1,
    "outreach_plans_drafted": 1,
}
"""What the agency reads of a journey's consequences, apart from the answers."""
AWAITING: Final = "journeys.registration_awaiting_goal"
"""Told, and mailed, where journeys hears of the agreed goal after the registration: both orders are right."""


class Books:
    """The four databases of a platform, read past every service."""

    def __init__(self, platform: Running, stack: ExitStack) -> None:
        """Open them."""
        self.platform = platform
        self.of: dict[str, Database[dict[str, Any]]] = {}
        for service in SERVICES:
            client: MongoClient[dict[str, Any]] = stack.enter_context(
                MongoClient(platform.mongo_url(service), tz_aware=True)
            )
            self.of[service] = client.get_default_database()

    def wait_for_rest(self) -> None:
        """Wait until nothing is on its way any more."""
        under_way: list[str] = []

        def at_rest() -> bool:
            try:
                under_way[:] = self.under_way()
            except PyMongoError as error:
                under_way[:] = [type(error).__name__]
            return not under_way

        try:
            wait_until(at_rest, "rest", within=REST_SECONDS)
        finally:
            if under_way:
                print("still under way:", *under_way[:40], sep="\n  ")  # noqa: T201 - shown where the test fails

    def under_way(self) -> list[str]:
        """Name everything that has yet to arrive, or cannot."""
        view = _View(self)
        return [
            *(f"{service}: {fact} is in the outbox" for service, fact in view.pending),
            *(f"{service}: the timer {timer} is due" for service, timer in view.due),
            *(f"notifications: {message} is not sent" for message in view.unsent),
            *view.unseen(),
        ]

    def check_everything(self) -> None:
        """Check what must be so at rest for everything that ever happened."""
        view = _View(self)
        assert not view.set_aside, f"facts are set aside: {view.set_aside}"
        assert not view.repaired_wrongly(), f"chains are broken: {view.repaired_wrongly()}"
        assert not view.unseen(), f"facts did not arrive: {view.unseen()}"
        for service, database in self.of.items():
            confirmed = [fact for batch in database["confirmations"].find() for fact in batch["facts"]]
            told = {fact["_id"] for fact in database["facts"].find({}, {"_id": 1})}
            assert Counter(confirmed) == Counter(told), f"{service}: facts are confirmed twice, or never"


class _View:
    """One look into all four books."""

    def __init__(self, books: Books) -> None:
        self._of = books.of
        # First what is said, then who has heard it: what happens in between looks as if it were under way.
        self.facts = {
            service: list(database["facts"].find({}, {"value": 0}, sort=[("_id", 1)]))
            for service, database in books.of.items()
        }
        ahead = float(books.platform.folder.clock.read_text(encoding="utf-8"))
        now = datetime.now(UTC) + timedelta(seconds=ahead)
        self.due = [
            (service, row["_id"])
            for service, database in books.of.items()
            for row in database["timers"].find({"due_at": {"$lte": now}})
        ]
        self.pending = [(service, row["_id"]) for service in books.of for row in books.of[service]["outbox"].find()]
        self.unsent = [
            f"{row['template']} ({row['state']})"
            for row in books.of["notifications"]["messages"].find({"state": {"$in": ["queued", "sending"]}})
        ]
        self.streams = {service: list(database["streams"].find()) for service, database in books.of.items()}
        self.set_aside = [
            f"{service}: {row['state']} {row.get('type')} {row.get('error')}"
            for service, database in books.of.items()
            for row in database["parked"].find()
        ]

    @cached_property
    def chains(self) -> dict[str, list[dict[str, Any]]]:
        """Give every aggregate's facts in the order of their ids."""
        chains: dict[str, list[dict[str, Any]]] = {}
        for service, facts in self.facts.items():
            for fact in facts:
                chains.setdefault(f"{service}|{fact['aggregate']}|{fact['subject']}", []).append(fact)
        return chains

    def repaired_wrongly(self) -> list[str]:
        """Name the chains that are not dense from the first link to the last."""
        wrong = []
        for name, chain in self.chains.items():
            links = [f"{fact['era']}.{fact['sequence']}" for fact in chain]
            dense = [fact["sequence"] for fact in chain] == list(range(1, len(chain) + 1))
            if not dense or [fact["previous"] for fact in chain] != ["0.0", *links[:-1]]:
                wrong.append(f"{name}: {links}")
        return wrong

    def unseen(self) -> list[str]:
        """Name whatever a reader has not seen to the end, of every kind of aggregate that it reads."""
        unseen = []
        for service, rows in self.streams.items():
            seen = {row["_id"]: row for row in rows}
            for kind in {stream.rpartition("|")[0] for stream in seen}:
                consumer, kind_of_chain = kind.split("|", 1)
                for name, chain in self.chains.items():
                    if not name.startswith(f"{kind_of_chain}|"):
                        continue
                    last = f"{chain[-1]['era']}.{chain[-1]['sequence']}"
                    row = seen.get(f"{consumer}|{name}", {"seen": "nothing"})
                    if row["seen"] != last or row["waiting"] or row["blocked"]:
                        unseen.append(f"{service}: {consumer} has seen {row['seen']} of {name}, which is at {last}")
        return unseen


@contextmanager
def opened(platform: Running) -> Iterator[Books]:
    """Open the books of a platform."""
    with ExitStack() as stack:
        yield Books(platform, stack)


def assert_consequences(books: Books, world: World, trip: Trip, *, answered: bool = True) -> None:
    """Wait for rest, then assert that this trip has brought about what it must, exactly once, and no other one more.

    Args:
        books: the databases.
        world: where it was.
        trip: what is counted.
        answered: whether people have answered at the end.
    """
    books.wait_for_rest()
    told = _told_since(books, trip.began_at)
    wanted, mails = BY_ITSELF + (ANSWERED if answered else Counter()), Counter(MAILS)
    if told[AWAITING]:
        mails["registration_awaiting_goal"] += 1
        wanted += Counter({AWAITING: 1, "notifications.message_queued": 1, "notifications.message_sent": 1})
    assert told == wanted, f"lost: {wanted - told}, too many: {told - wanted}"
    _check("kept", _kept(books, trip), KEPT)
    consequences = world.agency.get(f"{JOURNEYS}/journeys/{trip.ids['journey']}/consequences")
    arrived = {item["name"]: item["arrived"] for item in consequences["items"]}
    _check("seen by the agency", arrived, {**SEEN, "outreach_plans_accepted": int(answered)})
    _check("said to be complete", consequences["complete"], wanted=True)
    _check_person(books, trip, answered=answered)
    _check_mails(books, world, trip, mails)
    books.check_everything()


def doubled_letters(world: World) -> list[str]:
    """Name the mails that lie in the mailbox more than once, by Message-ID."""
    letters = Counter(letter["message_id"] for letter in world.mailbox.letters())
    return [message_id for message_id, count in letters.items() if count > 1]


def _told_since(books: Books, moment: datetime) -> Counter[str]:
    """Count facts by type without version. A goal that is drafted again for fresher questions is one plan still."""
    told: Counter[str] = Counter()
    for database in books.of.values():
        facts = list(database["facts"].find({"time": {"$gte": moment}}, {"type": 1, "subject": 1}))
        again = {"notifications.outreach_plan_drafted", AWAITING}
        once = {(fact["type"], fact["subject"]) for fact in facts if _plain(fact["type"]) in again}
        told.update(_plain(kind) for kind, _ in once)
        told.update(_plain(fact["type"]) for fact in facts if _plain(fact["type"]) not in again)
    return told


def _plain(kind: str) -> str:
    return kind.rpartition(".")[0]


def _kept(books: Books, trip: Trip) -> dict[str, dict[str, int]]:
    of_trip = {"journey_id": trip.ids["journey"]}
    return {
        service: {name: books.of[service][name].count_documents(of_trip) for name in names}
        for service, names in KEPT.items()
    }


def _check_person(books: Books, trip: Trip, *, answered: bool) -> None:
    """What members keeps of the traveller: qualified by this journey once, and asked about the goal."""
    of_person = {"person_id": trip.ids["person"]}
    (missionary,) = books.of["members"]["missionaries"].find(of_person)
    _check("qualifying journeys", missionary["qualified_by"], [trip.ids["journey"]])
    _check("missionary", missionary["state"], "active" if answered else "returned")
    goals = [goal["_id"] for goal in books.of["members"]["goals"].find(of_person)]
    _check("goals", goals, [trip.ids["goal"]])


def _check_mails(books: Books, world: World, trip: Trip, mails: Mapping[str, int]) -> None:
    """One message per cause; each of them lies in the mailbox, under its one Message-ID."""
    mine = {"$or": [{"details.journey_id": trip.ids["journey"]}, {"to.person_id": trip.ids["person"]}]}
    messages = list(books.of["notifications"]["messages"].find(mine))
    _check("messages", Counter(message["template"] for message in messages), mails)
    _check("states of messages", {message["state"] for message in messages}, {"sent"})
    letters = {letter["message_id"] for letter in world.mailbox.letters()}
    every = {f"<{message['_id']}@missionare>" for message in books.of["notifications"]["messages"].find({}, {"_id": 1})}
    _check("letters", {letter for letter in letters if not letter.startswith("<sign-in.")}, every)


def _check(what: str, found: object, wanted: object) -> None:
    assert found == wanted, f"{what}: {found} instead of {wanted}"
