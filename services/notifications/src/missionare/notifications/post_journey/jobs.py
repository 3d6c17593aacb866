"""The looks at a journey's outreach, on their days."""

from __future__ import annotations

from missionare.kit.store import Scope
from missionare.kit.timers import Due
from missionare.kit.work import Work
from missionare.notifications.post_journey.domain import look, qualify
from missionare.notifications.post_journey.store import JOURNEY_LOOK, PostJourneys

SCOPE = Scope.system("the process counts, and names nobody")


async def on_journey_look_due(timer: Due, work: Work) -> None:
    """Count what came of a journey, keep it, and set the next look."""
    processes = work.store(PostJourneys)
    process = await processes.of(timer.subject, SCOPE)
    if process.next_look_at is None:
        work.ignored("there is nothing more to look at")
        return
    looked = look(process, await processes.tally(timer.subject, SCOPE), now=work.now)
    work.save(processes, looked)
    if looked.next_look_at is not None:
        work.schedule(JOURNEY_LOOK, timer.subject, at=looked.next_look_at)


async def on_journey_qualified_due(timer: Due, work: Work) -> None:
    """Note that a journey has missionaries, once for all who qualified in the same moment."""
    processes = work.store(PostJourneys)
    running = qualify(await processes.of(timer.subject, SCOPE))
    if running is None:
        work.ignored("it is known already that this journey has missionaries, or too late to matter")
        return
    work.save(processes, running)
