"""A large region, laid down in the databases of the services as they would have stored it themselves."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bench.catalog_search import PARTS, SMALL, SMALL_SHARE
from missionare.catalog.entry.domain import Content, Entry, EntryState, Published, Version
from missionare.catalog.entry.store import Entries, Versions
from missionare.catalog.events import Dimension, EntryKind, Function, Pole, Size, Stage
from missionare.catalog.events import Topic as Subject
from missionare.journeys.certificate.domain import Certificate
from missionare.journeys.certificate.store import Certificates
from missionare.journeys.code.domain import public_code
from missionare.journeys.events import Topic
from missionare.journeys.interest.domain import Interest, InterestState
from missionare.journeys.interest.store import Interests
from missionare.journeys.journey.domain import Journey, JourneyState
from missionare.journeys.journey.store import Journeys
from missionare.journeys.registration.domain import Registration, RegistrationState
from missionare.journeys.registration.store import Registrations
from missionare.journeys.seat.domain import LedgerState, SeatLedger
from missionare.journeys.seat.store import SeatLedgers
from missionare.journeys.stop.domain import Stop, StopState
from missionare.kit.aggregates import Aggregate
from missionare.kit.ids import uuid7
from missionare.kit.store import Store
from missionare.members.events import Channel, OrganisationKind
from missionare.members.events import Size as HouseSize
from missionare.members.organisation.domain import Organisation, OrganisationState, Profile, Site, site_key
from missionare.members.organisation.store import Organisations
from missionare.members.person.domain import Contact, Person, PersonState, Role, email_key
from missionare.members.person.store import People

BULK: Final = 1_000
STOPS: Final = 3
SEATS: Final = 40
INTERESTED: Final = 5
"""Organisations that would like an announced journey to take place."""
TOWNS: Final = ("Siegen", "Kreuztal", "Olpe", "Attendorn", "Bad Berleburg", "Hilchenbach", "Netphen", "Lennestadt")
DISTRICTS: Final = ("05970040", "05970020", "05966012", "05966004")
DIVISIONS: Final = ("C24", "C25", "C28", "F43", "G46", "H49")
AHEAD: Final = (
    JourneyState.REGISTRATION_OPEN,
    JourneyState.PUBLISHED,
    JourneyState.REGISTRATION_OPEN,
    JourneyState.REGISTRATION_CLOSED,
    JourneyState.ANNOUNCED,
)
DRAFT_EVERY: Final = 20
STATES: Final = (
    RegistrationState.CONFIRMED,
    RegistrationState.CONFIRMED,
    RegistrationState.AWAITING_GOAL,
    RegistrationState.PENDING_APPROVAL,
)

Collections = Mapping[str, Any]
"""A service's database by the service's name: `collections["journeys"]["registrations"]`."""


class LargeRegion:
    """What was laid down, by its ids in the order of their creation."""

    def __init__(self, databases: Collections, seed: int, now: datetime) -> None:
        """Fill these databases as of a moment; the same seed says the same."""
        self._databases = databases
        self._today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._dice = random.Random(seed)  # noqa: S311 - the same words every time
        self.journeys: list[Journey] = []
        self.entries: list[str] = []
        self.people: list[str] = []
        self.organisations: list[str] = []
        self.registrations: list[str] = []
        self.certificates: list[str] = []
        self.codes: list[str] = []

    def add_people(self, count: int) -> None:
        """Enter people; one in ten is a coach."""
        found = [_person(number + len(self.people)) for number in range(count)]
        self._insert("members", People, found)
        self.people += [person.id for person in found]

    def add_organisations(self, count: int) -> None:
        """Enter organisations that take part."""
        found = [self._organisation(number + len(self.organisations)) for number in range(count)]
        self._insert("members", Organisations, found)
        self.organisations += [organisation.id for organisation in found]

    def add_journeys(self, count: int) -> None:
        """Plan journeys, half of them behind us, a day apart; with their seats and whoever is interested."""
        found = [self._journey(number + len(self.journeys), count) for number in range(count)]
        self._insert("journeys", Journeys, found)
        self._insert("journeys", SeatLedgers, [_ledger(journey) for journey in found if _has_seats(journey)])
        announced = [journey for journey in found if journey.state is JourneyState.ANNOUNCED]
        self._insert("journeys", Interests, [_interest(journey) for journey in announced for _ in range(INTERESTED)])
        self.journeys += found

    def add_registrations(self, count: int, journeys: Sequence[Journey]) -> None:
        """Ask for seats, of one journey after the other; each brings a certificate, too.

        Neighbours may be the same person's, so they are of two journeys.
        """
        numbers = range(len(self.registrations), len(self.registrations) + count)
        found = [self._registration(journeys[number % len(journeys)], number) for number in numbers]
        self._insert("journeys", Registrations, found)
        self.registrations += [registration.id for registration in found]
        certificates = [_certificate(registration) for registration in found]
        self._insert("journeys", Certificates, certificates)
        self.certificates += [certificate.id for certificate in certificates]
        self.codes += [certificate.code for certificate in certificates]

    def add_entries(self, count: int) -> None:
        """Publish entries, each in its first version; the caller waits until the search has taken them in."""
        for begun in range(0, count, BULK):
            found = [self._entry() for _ in range(min(BULK, count - begun))]
            self._insert("catalog", Versions, [_version(entry) for entry in found])
            self._insert("catalog", Entries, found)
            self.entries += [entry.id for entry in found]

    def _insert(self, service: str, store: type[Store[Any]], aggregates: Sequence[Aggregate]) -> None:
        kept = store(self._databases[service])
        for begun in range(0, len(aggregates), BULK):
            rows = [kept.stored(each) for each in aggregates[begun : begun + BULK]]
            self._databases[service][store.collection].insert_many(rows)

    def _organisation(self, number: int) -> Organisation:
        site = Site(name=f"Werk {number} GmbH", street=f"Weg {number}", postal_code="57072")
        profile = Profile(
            kind=OrganisationKind.COMPANY, municipality=self._dice.choice(DISTRICTS), sector="25", size=HouseSize.SMALL
        )
        return Organisation(
            id=uuid7(),
            version=1,
            contact=site,
            site_key=site_key(site),
            profile=profile,
            channel=Channel.IMPORT,
            state=OrganisationState.ACTIVE,
            contact_person_id=self._one_of(self.people),
        )

    def _journey(self, number: int, count: int) -> Journey:
        begins = self._today + timedelta(days=number - count // 2, hours=8)
        past = begins < self._today
        state = JourneyState.COMPLETED if past else AHEAD[number % len(AHEAD)]
        if number % DRAFT_EVERY == 0:
            state = JourneyState.DRAFT
        stops = tuple(self._stop(begins + timedelta(hours=2 * place), past=past) for place in range(STOPS))
        return Journey(
            id=uuid7(),
            version=3,
            title=f"Lernreise {number}: {self._said(4)}",
            summary=self._said(40),
            starts_at=begins,
            ends_at=begins + timedelta(hours=2 * STOPS),
            zone="Europe/Berlin",
            capacity=SEATS,
            stops=stops,
            state=state,
            topics=tuple(self._dice.sample(list(Topic), 2)) if state is JourneyState.ANNOUNCED else (),
            published_at=None if state is JourneyState.DRAFT else begins - timedelta(days=90),
            completed_at=begins + timedelta(days=1) if state is JourneyState.COMPLETED else None,
        )

    def _stop(self, begins: datetime, *, past: bool) -> Stop:
        return Stop(
            id=uuid7(),
            organisation_id=self._one_of(self.organisations),
            title=self._said(4),
            site=f"Werkstraße 1, 57072 {self._dice.choice(TOWNS)}",
            starts_at=begins,
            ends_at=begins + timedelta(hours=1),
            topics=tuple(self._dice.sample(list(Topic), 2)),
            capacity=SEATS,
            state=StopState.VISITED if past else StopState.HOST_CONFIRMED,
        )

    def _registration(self, journey: Journey, number: int) -> Registration:
        asked_at = journey.starts_at - timedelta(days=30)
        return Registration(
            id=uuid7(),
            version=1,
            journey_id=journey.id,
            person_id=self.people[number // 2 % len(self.people)],
            organisation_id=self._one_of(self.organisations),
            goal_id=None,
            state=STATES[number % len(STATES)],
            requested_at=asked_at,
            rules_accepted_at=asked_at,
        )

    def _entry(self) -> Entry:
        content = Content(
            kind=self._dice.choice(list(EntryKind)),
            pole=self._dice.choice(list(Pole)),
            topics=tuple(self._dice.sample(list(Subject), 2)),
            title=self._said(12),
            text=self._said(60),
            functions=tuple(self._dice.sample(list(Function), 2)),
            sizes=tuple(self._dice.sample(list(Size), 2)),
            sectors=tuple(self._dice.sample(DIVISIONS, self._dice.randrange(3))),
            stages=tuple(self._dice.sample(list(Stage), 2)),
            dimension=self._dice.choice(list(Dimension)),
            regions=tuple(self._dice.sample(DISTRICTS, self._dice.randrange(2))),
        )
        public = Published(number=1, content=content, content_hash=content.hash, published_at=self._today)
        return Entry(
            id=uuid7(),
            version=3,
            state=EntryState.PUBLISHED,
            content=content,
            authors=(),
            reason="",
            suggestion_id=None,
            drafted_at=self._today,
            published=public,
        )

    def _said(self, count: int) -> str:
        return " ".join(self._words(count))

    def _words(self, count: int) -> Iterator[str]:
        dice = self._dice
        for _ in range(count):
            small = dice.random() < SMALL_SHARE
            yield dice.choice(SMALL) if small else "".join(dice.choices(PARTS, k=dice.choice([1, 1, 2, 2, 3])))

    def _one_of(self, ids: Sequence[str]) -> str:
        return self._dice.choice(ids) if ids else uuid7()


def last_page(ids: Sequence[str], per_page: int) -> str:
    """Give the cursor of the last page of a list in the order of its ids."""
    return ids[max(0, len(ids) - per_page - 1)]


def middle_page(ids: Sequence[str]) -> str:
    """Give the cursor of a page in the middle of such a list."""
    return ids[len(ids) // 2]


def _person(number: int) -> Person:
    email = f"person.{number}@werk.example"
    contact = Contact(given_name="Kim", family_name=f"Muster {number}", email=email)
    return Person(
        id=uuid7(),
        version=1,
        contact=contact,
        email_key=email_key(email),
        channel=Channel.IMPORT,
        state=PersonState.ACTIVE,
        roles=frozenset({Role.COACH}) if number % 10 == 0 else frozenset(),
    )


def _has_seats(journey: Journey) -> bool:
    return journey.state not in {JourneyState.DRAFT, JourneyState.ANNOUNCED, JourneyState.PUBLISHED}


def _ledger(journey: Journey) -> SeatLedger:
    state = LedgerState.FINAL if journey.state is JourneyState.COMPLETED else LedgerState.OPEN
    return SeatLedger(id=journey.id, version=1, capacity=SEATS, confirmed=SEATS // 2, state=state)


def _interest(journey: Journey) -> Interest:
    stated_at = journey.starts_at - timedelta(days=60)
    return Interest(
        id=uuid7(),
        version=1,
        journey_id=journey.id,
        person_id=uuid7(),
        organisation_id=uuid7(),
        state=InterestState.STATED,
        stated_at=stated_at,
    )


def _certificate(registration: Registration) -> Certificate:
    identity = uuid7()
    return Certificate(
        id=identity,
        version=1,
        code=public_code(identity),
        registration_id=registration.id,
        journey_id=registration.journey_id,
        person_id=registration.person_id,
        attended_share=1.0,
        issued_at=registration.requested_at,
    )


def _version(entry: Entry) -> Version:
    public = entry.published
    if public is None:
        msg = "only what is published has a version"
        raise ValueError(msg)
    return Version(
        id=uuid7(),
        version=1,
        entry_id=entry.id,
        number=public.number,
        content=public.content,
        content_hash=public.content_hash,
        authors=(uuid7(),),
        reviewer_id=uuid7(),
        reason="",
        published_at=public.published_at,
    )
