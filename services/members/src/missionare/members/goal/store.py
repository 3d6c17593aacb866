"""Goals: whose they are, and who else may read them."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Index, Scope, Store
from missionare.members.goal.domain import BINDING, Audience, Goal, GoalState, GoalUnknown

_BINDING: Filter = {"$in": sorted(state.value for state in BINDING)}


class Goals(Store[Goal]):
    """Everybody's goals."""

    collection = "goals"
    aggregate = "goal"
    model = Goal
    unknown = GoalUnknown
    indexes = (
        Index("owner", ["person_id", "state"]),
        Index("state", ["state", "_id"]),
        Index("audience", ["text.audience", "organisation_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show goals to their owners, what was handed in to coaches, and agreed ones to the readers their owners chose.

        A journey's group and an employee representation are not known here, so a goal meant for them is read by
        owner and coach only: too few readers, never too many.
        """
        caller = scope.caller
        if caller is None:
            return {}
        if not caller.signed_in:
            return NOTHING
        seen: list[Filter] = [
            {"state": _BINDING, "text.audience": {"$in": [Audience.NETWORK.value, Audience.PUBLIC.value]}}
        ]
        if caller.person_id is not None:
            seen.append({"person_id": caller.person_id})
        if caller.has("coach"):
            seen.append({"state": {"$ne": GoalState.DRAFT.value}})
        if caller.organisation_id is not None:
            seen.append(
                {
                    "state": _BINDING,
                    "text.audience": Audience.ORGANISATION.value,
                    "organisation_id": caller.organisation_id,
                }
            )
        return {"$or": seen}
