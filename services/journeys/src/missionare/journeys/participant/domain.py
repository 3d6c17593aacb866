"""Participants: what journeys knows of a person from the facts of members.

A decision that looks at a person's goals saves the participant as well, so that it and the arrival of the goal's
fact cannot pass each other unseen.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate


class GoalStanding(StrEnum):
    """How far the goal is that a seat depends on."""

    MISSING = "missing"
    """Unknown here, a draft, or returned: it is the person's turn."""
    SUBMITTED = "submitted"
    """It waits for the coach."""
    AGREED = "agreed"


class KnownGoal(BaseModel):
    """A goal and how far it is."""

    model_config = ConfigDict(frozen=True)

    id: str
    standing: GoalStanding


class KnownAffiliation(BaseModel):
    """That the person belongs, or belonged, to an organisation."""

    model_config = ConfigDict(frozen=True)

    id: str
    organisation_id: str
    primary: bool
    represents: bool
    """The person represents the organisation's employees."""
    ended: bool = False


class Participant(Aggregate):
    """One person, by the id that members gave."""

    goals: tuple[KnownGoal, ...] = ()
    affiliations: tuple[KnownAffiliation, ...] = ()

    @property
    def organisation_id(self) -> str | None:
        """The organisation the person belongs to first of all, or None."""
        current = [affiliation for affiliation in self.affiliations if not affiliation.ended]
        first = next((affiliation for affiliation in current if affiliation.primary), None)
        return (first or current[0]).organisation_id if current else None

    @property
    def represents(self) -> frozenset[str]:
        """The organisations whose employees this person represents."""
        return frozenset(a.organisation_id for a in self.affiliations if a.represents and not a.ended)

    def has_left(self, organisation_id: str) -> bool:
        """Whether every affiliation with the organisation has ended. One never heard of has not ended."""
        known = [a for a in self.affiliations if a.organisation_id == organisation_id]
        return bool(known) and all(affiliation.ended for affiliation in known)

    def standing(self, goal_id: str | None) -> GoalStanding:
        """How far a goal is. Without one named, a goal that waits for the coach may become it."""
        if goal_id is not None:
            return next((goal.standing for goal in self.goals if goal.id == goal_id), GoalStanding.MISSING)
        waits = any(goal.standing is GoalStanding.SUBMITTED for goal in self.goals)
        return GoalStanding.SUBMITTED if waits else GoalStanding.MISSING


def learn_goal(participant: Participant, goal_id: str, standing: GoalStanding) -> Participant:
    """Note how far a goal is."""
    others = tuple(goal for goal in participant.goals if goal.id != goal_id)
    return participant.changed(goals=(*others, KnownGoal(id=goal_id, standing=standing)))


def learn_affiliation(participant: Participant, affiliation: KnownAffiliation) -> Participant:
    """Note that the person belongs to an organisation."""
    others = tuple(known for known in participant.affiliations if known.id != affiliation.id)
    return participant.changed(affiliations=(*others, affiliation))


def make_primary(participant: Participant, affiliation_id: str) -> Participant:
    """Note for which organisation the person acts first."""
    ranked = tuple(a.model_copy(update={"primary": a.id == affiliation_id}) for a in participant.affiliations)
    return participant.changed(affiliations=ranked)


def end_affiliation(participant: Participant, affiliation_id: str) -> Participant:
    """Note that the person no longer belongs to an organisation."""
    ended = tuple(
        known.model_copy(update={"ended": True}) if known.id == affiliation_id else known
        for known in participant.affiliations
    )
    return participant.changed(affiliations=ended)
