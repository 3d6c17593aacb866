"""The story as a whole: the chapters in their order, and the result asked again in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from missionare.cli.demo import outcome
from missionare.cli.demo.chapters import (
    arrival,
    catalog,
    completion,
    goals,
    outlook,
    outreach,
    planning,
    registration,
    review,
    visit,
)
from missionare.cli.demo.outcome import Outcome
from missionare.cli.demo.outside import StoryBroken
from missionare.cli.demo.world import World

CHAPTERS: Final[tuple[Callable[[World], None], ...]] = (
    arrival.play,
    catalog.play,
    goals.play,
    planning.play,
    registration.play,
    visit.play,
    completion.play,
    review.play,
    outreach.play,
    outlook.play,
)


def play(world: World) -> Outcome:
    """Play all chapters and ask for the result; a story that cannot go on says why and what is missing."""
    try:
        for chapter in CHAPTERS:
            chapter(world)
        return outcome.ask(world)
    except StoryBroken as broken:
        return Outcome(ok=False, missing=[str(broken), *outcome.missing_consequences(world)])
