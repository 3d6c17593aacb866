"""What journeys does by itself when a moment has come."""

from __future__ import annotations

from missionare.journeys.certificate import domain as certificates
from missionare.journeys.certificate.store import Certificates
from missionare.journeys.completion import domain as completion
from missionare.journeys.completion.store import SETTLEMENT, Settlements
from missionare.journeys.insight import domain as insights
from missionare.journeys.insight.domain import InsightState
from missionare.journeys.insight.store import RELEASE_DEADLINE, RELEASE_REMINDER, Insights
from missionare.journeys.journey.domain import Journey
from missionare.journeys.journey.store import Journeys
from missionare.journeys.registration import domain as registrations
from missionare.journeys.registration.domain import Registration, RegistrationState
from missionare.journeys.registration.store import Registrations
from missionare.journeys.seat.store import GOAL_DEADLINE, OFFER_EXPIRY, SeatDesk
from missionare.kit.store import Scope
from missionare.kit.timers import Due, Timers
from missionare.kit.work import Work

timers = Timers()

SYSTEM = Scope.system("a deadline has passed")


@timers.on(OFFER_EXPIRY)
async def on_offer_due(timer: Due, work: Work) -> None:
    """End an offer that nobody answered; its seat passes on."""
    registration = await work.store(Registrations).get(timer.subject, SYSTEM)
    if registration.state is not RegistrationState.OFFERED:
        work.ignored("the offer was answered")
        return
    desk = await SeatDesk.open(work, await _journey_of(registration, work))
    await desk.save(registration, *registrations.expire_offer(registration))


@timers.on(GOAL_DEADLINE)
async def on_goal_due(timer: Due, work: Work) -> None:
    """End a held seat for which no goal was agreed in time; it passes on."""
    registration = await work.store(Registrations).get(timer.subject, SYSTEM)
    if registration.state is not RegistrationState.AWAITING_GOAL or registration.goal_until_at is None:
        work.ignored("a goal was agreed, or waits for the coach")
        return
    desk = await SeatDesk.open(work, await _journey_of(registration, work))
    await desk.save(registration, *registrations.lapse(registration))


@timers.on(RELEASE_DEADLINE)
async def on_release_due(timer: Due, work: Work) -> None:
    """Take a host's silence for a no."""
    store = work.store(Insights)
    insight = await store.get(timer.subject, SYSTEM)
    if insight.state is not InsightState.IN_HOST_RELEASE:
        work.ignored("the host has decided")
        return
    store.keep(work, *insights.withhold(insight, now=work.now))


@timers.on(RELEASE_REMINDER)
async def on_release_reminder_due(timer: Due, work: Work) -> None:
    """Remind a host of what waits for it."""
    store = work.store(Insights)
    reminded = insights.remind(await store.get(timer.subject, SYSTEM), now=work.now)
    if reminded is None:
        work.ignored("the host has decided, or its time is over")
        return
    store.keep(work, *reminded)


@timers.on(SETTLEMENT)
async def on_settlement_due(timer: Due, work: Work) -> None:
    """Decide about the next registrations of a journey, and come again until none is left."""
    settlements = work.store(Settlements)
    settlement = await settlements.get(timer.subject, SYSTEM)
    journey = await work.store(Journeys).get(settlement.journey_id, SYSTEM)
    chunk = await work.store(Registrations).after(journey.id, settlement.cursor, SYSTEM, limit=completion.CHUNK)
    if not chunk:
        work.save(settlements, completion.finish(settlement, now=work.now))
        return
    desk = await SeatDesk.open(work, journey)
    for registration in chunk:
        decided = completion.decide(registration, settlement.occasion, journey)
        if decided is None:
            continue
        await desk.save(registration, *decided)
        _certify(decided[0], journey, work)
    work.save(settlements, completion.advance(settlement, chunk[-1].id, len(chunk)))
    work.schedule(SETTLEMENT, settlement.id, at=work.now)


def _certify(registration: Registration, journey: Journey, work: Work) -> None:
    issued = certificates.issue(registration, id=work.new_id(), threshold=journey.terms.certificate_share, now=work.now)
    if issued is not None:
        work.save(work.store(Certificates), *issued)


async def _journey_of(registration: Registration, work: Work) -> Journey:
    return await work.store(Journeys).get(registration.journey_id, SYSTEM)
