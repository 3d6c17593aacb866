"""Routes of the agency's agenda: what waits in journeys, counted, and the lists that were counted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import Query

from missionare.journeys.api import OVERSIGHT
from missionare.journeys.insight.domain import Insight, InsightState
from missionare.journeys.insight.store import Insights
from missionare.journeys.journey.domain import JourneyState
from missionare.journeys.journey.store import Journeys
from missionare.journeys.registration.api import RegistrationView
from missionare.journeys.registration.domain import RegistrationState
from missionare.journeys.registration.store import Registrations
from missionare.kit.agenda import Question, agenda_routes, figure_routes
from missionare.kit.answers import Answer
from missionare.kit.facts import Id
from missionare.kit.routes import Cursor, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("journeys")

WORDLESS = Scope.system("the list tells where a host's answer is awaited, and nothing of the text or its author")
AWAITED = {"state": InsightState.IN_HOST_RELEASE.value}

counts = agenda_routes(
    "journeys",
    OVERSIGHT,
    [
        Question(
            "registrations_to_decide",
            Registrations,
            {"state": RegistrationState.PENDING_APPROVAL.value},
            "requested_at",
        ),
        Question("seats_without_goal", Registrations, {"state": RegistrationState.AWAITING_GOAL.value}, "requested_at"),
        Question("seats_offered", Registrations, {"state": RegistrationState.OFFERED.value}, "requested_at"),
        Question("insights_awaiting_release", Insights, AWAITED, "noted_at"),
    ],
)

figures = figure_routes(
    "journeys",
    OVERSIGHT,
    [
        Question("journeys_completed", Journeys, {"state": JourneyState.COMPLETED.value}),
        Question("participations", Registrations, {"state": RegistrationState.ATTENDED.value}),
    ],
)


class AwaitedRelease(Answer):
    """That a host has not yet decided about an insight. Neither text nor author is told."""

    id: str
    journey_id: str
    stop_id: str
    host_id: str
    noted_at: datetime
    release_until_at: datetime | None

    @classmethod
    def of(cls, insight: Insight, scope: Scope) -> Self:
        """Show where an answer is awaited."""
        del scope
        return cls.model_validate(insight.model_dump(include=set(cls.model_fields)))


@routes.get("/agenda/registrations", policy=OVERSIGHT, answers=Paged[RegistrationView])
async def list_registrations_everywhere(
    reader: Reader,
    state: RegistrationState | None = None,
    person_id: Annotated[Id | None, Query()] = None,
    newest_first: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[RegistrationView]:
    """List the registrations of all journeys, for example those to decide about, the oldest first; or one person's."""
    where = ({"state": state.value} if state else {}) | ({"person_id": person_id} if person_id else {})
    registrations = reader.store(Registrations)
    page = await registrations.page(where, reader.scope, cursor=cursor, limit=limit, newest_first=newest_first)
    return Paged[RegistrationView].of(page, RegistrationView, reader.scope)


@routes.get("/agenda/insights", policy=OVERSIGHT, answers=Paged[AwaitedRelease])
async def list_awaited_releases(reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[AwaitedRelease]:
    """List where hosts still have to decide about insights, the oldest first."""
    page = await reader.store(Insights).page(AWAITED, WORDLESS, cursor=cursor, limit=limit)
    return Paged[AwaitedRelease].of(page, AwaitedRelease, reader.scope)
