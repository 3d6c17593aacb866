"""How stops are described and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, Field

from missionare.journeys.api import Title
from missionare.journeys.events import Audience, Topic
from missionare.journeys.stop.domain import PhotoPolicy, Stop, StopState
from missionare.journeys.store import overseen
from missionare.kit.answers import Answer
from missionare.kit.facts import Id
from missionare.kit.routes import Body
from missionare.kit.store import Scope


class StopPlan(Body):
    """A stop to be added to a journey."""

    organisation_id: Id
    title: Title
    site: Title
    """Where people meet."""
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    topics: Annotated[tuple[Topic, ...], Field(max_length=len(Topic))]
    capacity: Annotated[int, Field(ge=1, le=10_000)]

    def planned(self, stop_id: str) -> Stop:
        """Give the stop as it is planned."""
        return Stop(id=stop_id, **dict(self))


class HostTermsView(Answer):
    """What a host agreed to."""

    capacity: int
    audience: Audience
    release_required: bool
    photos: PhotoPolicy


class StopView(Answer):
    """A stop. What the host agreed to and why something went otherwise is for the journey lead."""

    id: str
    organisation_id: str
    title: str
    site: str
    starts_at: datetime
    ends_at: datetime
    topics: tuple[Topic, ...]
    state: StopState
    capacity: int
    terms: HostTermsView | None
    reason: str | None

    @classmethod
    def of(cls, stop: Stop, scope: Scope) -> Self:
        """Show a stop."""
        hidden = {} if overseen(scope) else {"terms": None, "reason": None}
        return cls.model_validate({**stop.model_dump(), **hidden})
