"""Interest in an announced journey: stated by members of an organisation, withdrawn at any time, binding to nothing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from missionare.journeys.events import InterestStated, InterestWithdrawn
from missionare.journeys.journey.domain import Journey, JourneyState
from missionare.journeys.registration.domain import NoOrganisation
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Refusal, Text

Decided = tuple["Interest", list[Fact]]


class InterestState(StrEnum):
    """Where an interest stands."""

    STATED = "stated"
    WITHDRAWN = "withdrawn"


ALLOWED: Transitions[InterestState] = {
    InterestState.STATED: frozenset({InterestState.WITHDRAWN}),
    InterestState.WITHDRAWN: frozenset(),
}


class Interest(Aggregate):
    """One person's interest in one journey."""

    journey_id: str
    person_id: str
    organisation_id: str
    stated_at: datetime
    state: InterestState = InterestState.STATED


class InterestUnknown(NotFound):
    """There is no such interest, or it is somebody else's."""

    title: ClassVar[Text] = {"de": "Interesse nicht gefunden", "en": "Interest not found"}


class NotAnnounced(Refusal):
    """Interest is collected while the days are open."""

    title: ClassVar[Text] = {"de": "Interesse wird nicht gesammelt", "en": "Interest is not collected"}
    text: ClassVar[Text] = {
        "de": "Für diese Lernreise wird kein Interesse gesammelt. Steht sie fest, fragen Sie dort einen Platz an.",
        "en": "No interest is collected for this journey. If it is settled, ask for a seat there.",
    }


class AlreadyInterested(Refusal):
    """The person has stated interest already."""

    title: ClassVar[Text] = {"de": "Schon vermerkt", "en": "Already noted"}
    text: ClassVar[Text] = {
        "de": "Ihr Interesse an dieser Lernreise ist schon vermerkt. Sie brauchen nichts weiter zu tun.",
        "en": "Your interest in this journey is noted already. There is nothing more to do.",
    }


def state(journey: Journey, *, interest_id: str, person_id: str, organisation_id: str | None, now: datetime) -> Decided:
    """Note that somebody would come along.

    Raises:
        NotAnnounced: the journey is not (or no longer) announced.
        NoOrganisation: the person belongs to none.
    """
    if journey.state is not JourneyState.ANNOUNCED:
        raise NotAnnounced
    if organisation_id is None:
        raise NoOrganisation
    interest = Interest(
        id=interest_id, journey_id=journey.id, person_id=person_id, organisation_id=organisation_id, stated_at=now
    )
    return interest, [InterestStated(**_named(interest), organisation_id=organisation_id)]


def withdraw(interest: Interest) -> Decided:
    """Note that somebody is no longer interested.

    Raises:
        WrongState: it was withdrawn before.
    """
    check_move(ALLOWED, {"de": "Interesse", "en": "Interest"}, interest.state, InterestState.WITHDRAWN)
    return interest.changed(state=InterestState.WITHDRAWN), [InterestWithdrawn(**_named(interest))]


def _named(interest: Interest) -> dict[str, str]:
    return {"interest_id": interest.id, "journey_id": interest.journey_id, "person_id": interest.person_id}
