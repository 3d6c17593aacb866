"""Who sees what of outreach: everybody their own, operators the numbers, nobody else anything."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Scope


def own(scope: Scope) -> Filter:
    """Show people what is theirs alone: no employer, no colleague, no staff looks on."""
    person_id = scope.caller.person_id if scope.caller else None
    return {"person_id": person_id} if person_id else NOTHING


def overseen(scope: Scope) -> Filter:
    """Show operators what names no person."""
    return {} if scope.caller and scope.caller.has("operator") else NOTHING
