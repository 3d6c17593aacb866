"""What becomes an open event, and which of its fields: what is not named here never leaves the platform."""

from __future__ import annotations

from datetime import datetime

from missionare.kit.facts import Audience
from missionare.kit.handlers import Handlers, Received
from missionare.kit.work import Work
from missionare.notifications.integration.domain import EVENTS_ARRIVED, MARK, OPEN, OpenEvent, Person
from missionare.notifications.integration.views import OpenEvents

events = Handlers(consumer="notifications.events")


class EntryPublished(Received, source="catalog", aggregate="entry"):
    """A version of an entry is public. Which suggestion began it is the workshop's matter."""

    entry_id: str
    kind: str
    number: int
    topics: tuple[str, ...]
    pole: str | None


class EntriesMerged(Received, source="catalog", aggregate="entry"):
    """Another entry speaks for this one from now on."""

    entry_id: str
    into_entry_id: str
    kind: str


class CatalogEditionPublished(Received, source="catalog", aggregate="edition"):
    """The published versions were frozen under an edition."""

    edition_id: str
    entries: int


class JourneyPublished(Received, source="journeys", aggregate="journey"):
    """Everybody may read the programme."""

    journey_id: str
    stops: int
    starts_at: datetime
    ends_at: datetime
    capacity: int


class RegistrationOpened(Received, source="journeys", aggregate="journey"):
    """Seats may be asked for."""

    journey_id: str
    capacity: int


class RegistrationClosed(Received, source="journeys", aggregate="journey"):
    """No further requests."""

    journey_id: str


class JourneyStarted(Received, source="journeys", aggregate="journey"):
    """The group is under way."""

    journey_id: str


class JourneyCancelled(Received, source="journeys", aggregate="journey"):
    """The journey will not take place, or not go on."""

    journey_id: str
    revision: int


class JourneyCompleted(Received, source="journeys", aggregate="journey"):
    """The journey is over; what came of it, in counts."""

    journey_id: str
    revision: int
    stops_visited: int
    participations: int
    insights_released: int


class InsightReleased(Received, source="journeys", aggregate="insight"):
    """A host lets readers see an insight. Whose it is, a registration would tell."""

    insight_id: str
    journey_id: str
    stop_id: str
    kind: str
    topic: str
    audience: str


class InsightRedacted(InsightReleased, source="journeys", aggregate="insight"):
    """The same in the host's own wording."""


class OrganisationActivated(Received, source="members", aggregate="organisation"):
    """An organisation takes part. Through whom it is reached is its own matter."""

    organisation_id: str
    kind: str
    municipality: str
    sector: str
    size: str


class MissionaryQualified(Received, source="members", aggregate="missionary"):
    """Somebody came back from a journey to tell others."""

    missionary_id: Person
    person_id: Person
    journey_id: str
    topics: tuple[str, ...]


async def on_open_fact(fact: Received, work: Work) -> None:
    """Open it to the readers its owner declares."""
    _open(fact, OPEN[_type(work)], work)


async def on_insight_opened(fact: InsightReleased, work: Work) -> None:
    """Open it to the readers its host chose, where these reach beyond the group."""
    if fact.audience not in {Audience.NETWORK, Audience.PUBLIC}:
        work.ignored("the host lets only the group see it")
        return
    _open(fact, Audience(fact.audience), work)


for _model in (InsightReleased, InsightRedacted):
    events.on(_model, together=True)(on_insight_opened)
for _other in (
    EntryPublished,
    EntriesMerged,
    CatalogEditionPublished,
    JourneyPublished,
    RegistrationOpened,
    RegistrationClosed,
    JourneyStarted,
    JourneyCancelled,
    JourneyCompleted,
    OrganisationActivated,
    MissionaryQualified,
):
    events.on(_other, together=True)(on_open_fact)


def _type(work: Work) -> str:
    return work.fact.type if work.fact else ""


def _open(fact: Received, audience: Audience, work: Work) -> None:
    envelope = work.fact
    if envelope is None:
        msg = "an event is opened by a fact only"
        raise TypeError(msg)
    fields = type(fact).model_fields
    work.schedule(EVENTS_ARRIVED, events.consumer, at=work.now)
    work.store(OpenEvents).add(
        work,
        OpenEvent(
            id=envelope.id,
            type=envelope.type,
            source=envelope.source,
            aggregate=envelope.aggregate,
            subject=envelope.subject,
            time=envelope.time,
            audience=audience,
            data=fact.model_dump(mode="json"),
            people=tuple(name for name, field in fields.items() if MARK in field.metadata),
        ),
    )
