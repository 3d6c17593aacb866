"""Who sees the catalog's workshop: suggestions, drafts, evidence and reviews are the agency's."""

from __future__ import annotations

from missionare.kit.mongo import Filter
from missionare.kit.store import NOTHING, Scope


def inside(scope: Scope) -> bool:
    """Whether the platform itself reads, or somebody who works on the catalog or runs the journeys it learns from."""
    return scope.caller is None or scope.caller.has("editor", "reviewer", "operator")


def workshop(scope: Scope) -> Filter:
    """Show everything to those inside and nothing to anybody else."""
    return {} if inside(scope) else NOTHING
