"""The story as a whole: the chapters in their order, and the result asked again in the end."""

from __future__ import annotations

from missionare.cli.demo import outcome
from missionare.cli.demo.chapters import arrival, completion, goals, outreach, planning, registration, review, visit
from missionare.cli.demo.outcome import Outcome
from missionare.cli.demo.outside import StoryBroken
from missionare.cli.demo.world import World


def play(world: World, key: str) -> Outcome:
    """Play all chapters and ask for the result; a story that cannot go on says why and what is missing."""
    try:
        arrival.play(world, key)
        goals.play(world)
        planning.play(world)
        registration.play(world)
        visit.play(world)
        completion.play(world)
        review.play(world)
        outreach.play(world)
        return outcome.ask(world)
    except StoryBroken as broken:
        return Outcome(ok=False, missing=[str(broken), *outcome.missing_consequences(world)])
