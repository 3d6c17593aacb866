"""Who sees the agency's side of a journey."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Scope


def overseen(scope: Scope) -> bool:
    """Whether the platform itself, the journey lead or the audit reads."""
    return scope.caller is None or scope.caller.has("operator", "auditor")


def own_or_overseen(scope: Scope) -> Filter:
    """Show people what is theirs, and everything to the journey lead and the audit."""
    if scope.caller is None or overseen(scope):
        return {}
    return {"person_id": scope.caller.person_id} if scope.caller.person_id else NOTHING
