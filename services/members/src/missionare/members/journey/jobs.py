"""What a journey's turns do to the goals and missionaries of its places, some places at a time."""

from __future__ import annotations

from typing import Final

from missionare.kit.store import Scope
from missionare.kit.timers import Due
from missionare.kit.work import Work
from missionare.members.goal import domain as goal_domain
from missionare.members.goal.domain import GoalState
from missionare.members.goal.store import Goals
from missionare.members.journey.domain import Place, Run, due_moves
from missionare.members.journey.store import JOURNEY_TURN, Runs
from missionare.members.journey.views import Placed, Places
from missionare.members.missionary import domain as missionary_domain
from missionare.members.missionary.store import Missionaries

AT_ONCE: Final = 50
"""Places per transaction; each touches a goal and a missionary."""

EVERYTHING = Scope.system("a job acts on nobody's behalf")


async def on_journey_turn(timer: Due, work: Work) -> None:
    """Let the next places of a journey depart, or come home, until all have.

    Every fact about a journey or one of its places sets this job anew. So the last of them to arrive is followed by
    a look that sees them all, whatever their order.
    """
    run = await work.store(Runs).find(timer.subject, EVERYTHING) or Run(id=timer.subject)
    for before, after in due_moves(run):
        places = await work.store(Places).some(timer.subject, before, AT_ONCE)
        for placed in places:
            await (_depart(placed, work) if after is Place.DEPARTED else _return_home(placed, work))
            Places.note(work, placed, after)
        if len(places) == AT_ONCE:
            work.schedule(JOURNEY_TURN, timer.subject, at=work.now)
            return


async def _depart(placed: Placed, work: Work) -> None:
    """Start the goal and the missionary of one place."""
    goals, missionaries = work.store(Goals), work.store(Missionaries)
    goal = await goals.find(placed.goal_id or "", EVERYTHING)
    if goal is not None and goal.person_id == placed.person_id and goal.state is GoalState.AGREED:
        work.save(goals, *goal_domain.start(goal, journey_id=placed.journey_id))
    missionary = await missionaries.of(placed.person_id, EVERYTHING)
    if missionary is not None:
        travelling, facts = missionary_domain.depart(missionary, journey_id=placed.journey_id)
        if facts:
            work.save(missionaries, travelling, facts)


async def _return_home(placed: Placed, work: Work) -> None:
    """Take goal and missionary of one place back to where they were before the journey."""
    goals, missionaries = work.store(Goals), work.store(Missionaries)
    goal = await goals.find(placed.goal_id or "", EVERYTHING)
    if goal is not None and goal.state is GoalState.IN_PROGRESS and goal.journey_id == placed.journey_id:
        work.save(goals, *goal_domain.take_home(goal))
    missionary = await missionaries.of(placed.person_id, EVERYTHING)
    if missionary is not None:
        home, facts = missionary_domain.turn_back(missionary, journey_id=placed.journey_id)
        if home != missionary:
            work.save(missionaries, home, facts)
