"""Routes of journeys: the agency plans and leads, everybody may read what is published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, Field

from missionare.journeys.announcement.domain import month_of
from missionare.journeys.api import OPERATORS, OVERSIGHT, PUBLIC, Named, Reason, Reference, Title
from missionare.journeys.code.domain import short_id
from missionare.journeys.completion.domain import Occasion
from missionare.journeys.completion.store import Settlements
from missionare.journeys.events import Topic
from missionare.journeys.insight.store import Insights
from missionare.journeys.journey import domain
from missionare.journeys.journey.domain import Approval, Journey, JourneyState, Terms
from missionare.journeys.journey.store import Journeys
from missionare.journeys.seat import domain as seats
from missionare.journeys.seat.domain import LedgerState, SeatLedger
from missionare.journeys.seat.store import SeatLedgers
from missionare.journeys.stop.api import StopPlan, StopView
from missionare.journeys.store import overseen
from missionare.kit.answers import Answer
from missionare.kit.mongo import Filter
from missionare.kit.names import Words, called
from missionare.kit.routes import Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("journeys")


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        msg = "not an IANA time zone"
        raise ValueError(msg)
    return zone


class JourneyTerms(Body):
    """Deadlines and thresholds that differ from the usual ones."""

    offer_working_days: Annotated[int, Field(ge=1, le=20)] = 2
    goal_days: Annotated[int, Field(ge=1, le=90)] = 14
    release_days: Annotated[int, Field(ge=1, le=90)] = 21
    release_reminder_days: Annotated[tuple[Annotated[int, Field(ge=1, le=89)], ...], Field(max_length=5)] = (7, 14)
    certificate_share: Annotated[float, Field(gt=0, le=1)] = 0.60


class JourneyDraft(Body):
    """A journey as it is first planned."""

    title: Title
    summary: Annotated[str, Field(max_length=5_000)] = ""
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    zone: Annotated[str, AfterValidator(_known_zone)] = "Europe/Berlin"
    capacity: Annotated[int, Field(ge=1, le=10_000)]
    approval: Approval = Approval.AUTOMATIC
    terms: JourneyTerms = JourneyTerms()


class Cancellation(Body):
    """Why a journey is called off."""

    reason: Reason


class TermsView(Answer):
    """Deadlines and thresholds."""

    offer_working_days: int
    goal_days: int
    release_days: int
    release_reminder_days: tuple[int, ...]
    certificate_share: float


class JourneyView(Answer):
    """A journey with its programme."""

    id: str
    version: int
    state: JourneyState
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    capacity: int
    approval: Approval
    terms: TermsView
    stops: tuple[StopView, ...]
    topics: tuple[Topic, ...]
    """What an announcement says it is about."""
    revision: int
    attendance_closed_at: datetime | None
    completed_at: datetime | None
    reason: str | None

    @classmethod
    def of(cls, journey: Journey, scope: Scope) -> Self:
        """Show a journey."""
        hidden = {} if overseen(scope) else {"reason": None, **told_of(journey)}
        shown = tuple(StopView.of(stop, scope) for stop in journey.stops)
        return cls.model_validate({**journey.model_dump(exclude={"stops"}), "stops": shown, **hidden})


def told_of(journey: Journey) -> dict[str, object]:
    """Give what everybody reads instead of the plans of an announced journey: the whole month, and no host."""
    if journey.state is not JourneyState.ANNOUNCED:
        return {}
    begins, ends = month_of(journey)
    return {"starts_at": begins, "ends_at": ends, "stops": ()}


class SeatsView(Answer):
    """The seat ledger, as counted."""

    version: int
    capacity: int
    free: int
    pending: int
    waitlisted: int
    offered: int
    awaiting_goal: int
    confirmed: int
    state: LedgerState

    @classmethod
    def of(cls, ledger: SeatLedger) -> Self:
        """Show a ledger."""
        return cls.model_validate({**ledger.model_dump(), "free": ledger.free})


# --- reading ---------------------------------------------------------------------------------------------------------


@routes.get("/journeys", policy=PUBLIC, answers=Paged[JourneyView])
async def list_journeys(
    reader: Reader,
    state: JourneyState | None = None,
    ids: Named = None,
    q: Words = None,
    newest_first: bool = False,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[JourneyView]:
    """List journeys or those with these ids, the oldest first unless wanted otherwise; drafts only for their lead."""
    wanted = {"state": state and state.value, "_id": None if ids is None else {"$in": ids}}
    where: Filter = {**{name: value for name, value in wanted.items() if value is not None}, **called(q)}
    page = await reader.store(Journeys).page(where, reader.scope, cursor=cursor, limit=limit, newest_first=newest_first)
    return Paged[JourneyView].of(page, JourneyView, reader.scope)


@routes.get("/journeys/{journey_id}", policy=PUBLIC, answers=JourneyView)
async def read_journey(journey_id: Reference, reader: Reader) -> JourneyView:
    """Show a journey with its programme."""
    return JourneyView.of(await reader.store(Journeys).get(journey_id, reader.scope), reader.scope)


@routes.get("/journeys/{journey_id}/seats", policy=OVERSIGHT, answers=SeatsView)
async def read_seats(journey_id: Reference, reader: Reader) -> SeatsView:
    """Show how many seats are taken, held, offered and waited for."""
    return SeatsView.of(await reader.store(SeatLedgers).get(journey_id, reader.scope))


# --- planning --------------------------------------------------------------------------------------------------------


@routes.post("/journeys", policy=OPERATORS, shows=(Journeys, JourneyView), status=201)
async def draft_journey(body: JourneyDraft, command: Command) -> Done:
    """Begin to plan a journey."""
    wanted = {**dict(body), "terms": Terms.model_validate(body.terms.model_dump())}
    journey, facts = domain.draft(id=command.new_id(), **wanted)
    command.save(command.store(Journeys), journey, facts)
    return command.done(journey.id)


@routes.post("/journeys/{journey_id}/stops", policy=OPERATORS, shows=(Journeys, JourneyView), status=201, changes=True)
async def add_stop(journey_id: Reference, body: StopPlan, command: Command) -> Done:
    """Plan one more stop."""
    stop = body.planned(short_id(command.new_id()))
    await _change(journey_id, command, lambda journey: domain.add_stop(journey, stop))
    return command.done(journey_id)


@routes.post("/journeys/{journey_id}/publication", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def publish_journey(journey_id: Reference, command: Command) -> Done:
    """Show the programme to everybody; refused with every reason while something is missing."""
    await _change(journey_id, command, lambda journey: domain.publish(journey, now=command.now))
    return command.done(journey_id)


# --- the course ------------------------------------------------------------------------------------------------------


@routes.post(
    "/journeys/{journey_id}/registration-opening", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True
)
async def open_registration(journey_id: Reference, command: Command) -> Done:
    """Let people ask for seats; the seat ledger begins."""
    journey = await _change(journey_id, command, domain.open_registration)
    command.save(command.store(SeatLedgers), SeatLedger(id=journey.id, capacity=journey.capacity))
    return command.done(journey_id)


@routes.post(
    "/journeys/{journey_id}/registration-closing", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True
)
async def close_registration(journey_id: Reference, command: Command) -> Done:
    """Take no further requests; seats still pass on until the start."""
    await _change(journey_id, command, domain.close_registration)
    return command.done(journey_id)


@routes.post("/journeys/{journey_id}/start", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def start_journey(journey_id: Reference, command: Command) -> Done:
    """Set out; whoever has no certain seat stays at home."""
    ledger = await _ledger(journey_id, command)
    journey = await _change(journey_id, command, domain.start)
    _settle_seats(journey, ledger, LedgerState.DEPARTED, Occasion.DEPARTURE, command)
    return command.done(journey_id)


@routes.post("/journeys/{journey_id}/debriefing", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def start_debriefing(journey_id: Reference, command: Command) -> Done:
    """End the visits."""
    await _change(journey_id, command, domain.start_debriefing)
    return command.done(journey_id)


@routes.post("/journeys/{journey_id}/attendance-closing", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def close_attendance(journey_id: Reference, command: Command) -> Done:
    """Settle who was where."""
    await _change(journey_id, command, lambda journey: domain.close_attendance(journey, now=command.now))
    return command.done(journey_id)


@routes.post("/journeys/{journey_id}/completion", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def complete_journey(journey_id: Reference, command: Command) -> Done:
    """End the journey; participations are concluded and certificates issued from here on without a hand on it."""
    # One look at the ledger: saving it below proves that the number of participations is still the same.
    ledger = await _ledger(journey_id, command)
    released, pending = await command.store(Insights).tally(journey_id)
    journey = await _change(
        journey_id,
        command,
        lambda journey: domain.complete(
            journey,
            participations=ledger.confirmed if ledger else 0,
            insights_released=released,
            insights_pending=pending,
            now=command.now,
        ),
    )
    _settle_seats(journey, ledger, LedgerState.FINAL, Occasion.COMPLETION, command)
    return command.done(journey_id)


@routes.post("/journeys/{journey_id}/cancellation", policy=OPERATORS, shows=(Journeys, JourneyView), changes=True)
async def cancel_journey(journey_id: Reference, body: Cancellation, command: Command) -> Done:
    """Call the journey off; every registration ends."""
    ledger = await _ledger(journey_id, command)
    journey = await _change(journey_id, command, lambda journey: domain.cancel(journey, body.reason))
    _settle_seats(journey, ledger, LedgerState.FINAL, Occasion.CANCELLATION, command)
    return command.done(journey_id)


async def _change(journey_id: str, command: Command, decide: Callable[[Journey], domain.Decided]) -> Journey:
    journeys = command.store(Journeys)
    journey = await journeys.get(journey_id, command.scope)
    command.match(journey)
    changed, facts = decide(journey)
    command.save(journeys, changed, facts)
    return changed


async def _ledger(journey_id: str, command: Command) -> SeatLedger | None:
    return await command.store(SeatLedgers).find(journey_id, command.scope)


def _settle_seats(
    journey: Journey, ledger: SeatLedger | None, to: LedgerState, occasion: Occasion, command: Command
) -> None:
    """Stop seats from passing on in the same moment, and go through the registrations after it."""
    if ledger is None:
        return  # registration never opened, so there is nobody to tell
    command.save(command.store(SeatLedgers), seats.settle(ledger, to))
    command.store(Settlements).begin(command, journey, occasion)
