"""Journeys, stops and registrations as the tests of decisions begin with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from missionare.journeys.events import Audience, InsightKind, Topic
from missionare.journeys.insight import domain as insights
from missionare.journeys.insight.domain import Insight
from missionare.journeys.journey.domain import Approval, Journey, JourneyState, Terms
from missionare.journeys.participant.domain import GoalStanding
from missionare.journeys.registration import domain as registrations
from missionare.journeys.registration.domain import Presence, Registration, RegistrationState
from missionare.journeys.stop.domain import HostTerms, Stop, StopState

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
"""A Monday."""
DAY = timedelta(days=1)
_ids = count(1)


def stop(number: int = 1, **changes: Any) -> Stop:
    """A stop of two hours whose host has confirmed."""
    begins = NOW + 30 * DAY + number * timedelta(hours=3)
    fields: dict[str, Any] = {
        "id": f"s{number}",
        "organisation_id": f"host-{number}",
        "title": f"Werk {number}",
        "site": f"Tor {number}",
        "starts_at": begins,
        "ends_at": begins + timedelta(hours=2),
        "topics": (Topic.DATA,),
        "capacity": 15,
        "state": StopState.HOST_CONFIRMED,
        "terms": HostTerms(capacity=15),
    }
    return Stop(**{**fields, **changes})


def journey(*stops: Stop, **changes: Any) -> Journey:
    """A journey of one day with two stops, still a draft."""
    fields: dict[str, Any] = {
        "id": "j1",
        "title": "Daten in der Fertigung",
        "summary": "",
        "starts_at": NOW + 30 * DAY,
        "ends_at": NOW + 31 * DAY,
        "zone": "Europe/Berlin",
        "capacity": 10,
        "approval": Approval.AUTOMATIC,
        "terms": Terms(),
        "stops": stops or (stop(1), stop(2)),
    }
    return Journey(**{**fields, **changes})


def under_way(*visited: str, **changes: Any) -> Journey:
    """A journey that runs and has been at some of its stops."""
    stops = tuple(
        stop(n, state=StopState.VISITED if f"s{n}" in visited else StopState.HOST_CONFIRMED) for n in (1, 2, 3)
    )
    return journey(*stops, state=JourneyState.RUNNING, **changes)


def registration(state: RegistrationState = RegistrationState.CONFIRMED, **changes: Any) -> Registration:
    """A registration of somebody with a goal."""
    number = next(_ids)
    fields: dict[str, Any] = {
        "id": f"r{number}",
        "journey_id": "j1",
        "person_id": f"p{number}",
        "organisation_id": "o1",
        "goal_id": f"g{number}",
        "state": state,
        "requested_at": NOW,
        "rules_accepted_at": NOW,
    }
    return Registration(**{**fields, **changes})


def requested(**changes: Any) -> Registration:
    """A registration as it is asked for."""
    fields: dict[str, Any] = {
        "id": f"r{next(_ids)}",
        "journey_id": "j1",
        "person_id": "p1",
        "organisation_id": "o1",
        "goal_id": "g1",
        "rules_accepted": True,
        "open_for_requests": True,
        "now": NOW,
    }
    return registrations.request(**{**fields, **changes})[0]


def held(**changes: Any) -> Registration:
    """A registration whose seat waits for a goal."""
    goal = changes.pop("goal", GoalStanding.MISSING)
    return registrations.take_seat(requested(**changes), goal=goal, goal_days=14, now=NOW)[0]


def present(*stop_ids: str) -> tuple[Presence, ...]:
    """What check-ins at these stops leave behind."""
    return tuple(Presence(stop_id=stop_id, device_id="d1", at=NOW) for stop_id in stop_ids)


def insight(audience: Audience = Audience.NETWORK, terms: HostTerms | None = None, **changes: Any) -> Insight:
    """An insight as it is noted at the first stop."""
    visited = stop(1, state=StopState.VISITED, terms=terms or HostTerms(capacity=15))
    fields: dict[str, Any] = {
        "id": "i1",
        "client_id": "c1",
        "journey": under_way("s1"),
        "stop": visited,
        "registration": registration(person_id="author", present=present("s1")),
        "kind": InsightKind.PRACTICE,
        "topic": Topic.DATA,
        "text": "Die Laufkarte hängt als Tablet an der Maschine.",
        "audience": audience,
        "now": NOW,
    }
    return insights.submit(**{**fields, **changes})[0]
