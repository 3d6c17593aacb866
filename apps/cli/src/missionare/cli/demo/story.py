"""The story as a whole: the chapters in their order, and the result asked again in the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from missionare.cli.demo import outcome
from missionare.cli.demo.chapters import arrival, completion, goals, outreach, planning, registration, review, visit
from missionare.cli.demo.outcome import Outcome
from missionare.cli.demo.outside import StoryBroken
from missionare.cli.demo.world import World

CHAPTERS: Final[tuple[tuple[str, Callable[[World], None]], ...]] = (
    ("arrival", arrival.play),
    ("goals", goals.play),
    ("planning", planning.play),
    ("registration", registration.play),
    ("visit", visit.play),
    ("completion", completion.play),
    ("review", review.play),
    ("outreach", outreach.play),
)


def play(world: World, *, before: Callable[[str], None] | None = None) -> Outcome:
    """Play all chapters and ask for the result; a story that cannot go on says why and what is missing.

    Args:
        world: what the chapters share.
        before: called with a chapter's name before it begins, by those who disturb the platform on purpose.
    """
    try:
        for name, chapter in CHAPTERS:
            if before is not None:
                before(name)
            chapter(world)
        return outcome.ask(world)
    except StoryBroken as broken:
        return Outcome(ok=False, missing=[str(broken), *outcome.missing_consequences(world)])
