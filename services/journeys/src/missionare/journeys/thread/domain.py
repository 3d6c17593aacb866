"""The thread: goal, registration, stop, insight, suggestion, entry, plan, activity, invitation, member, their goal.

Edges come from facts. A walk follows them forwards and backwards from one thing to the nearest goals, and shows of
that only what the reader may see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from missionare.kit.refusals import NotFound, Text


class Kind(StrEnum):
    """What a thread connects."""

    GOAL = "goal"
    REGISTRATION = "registration"
    STOP = "stop"
    INSIGHT = "insight"
    SUGGESTION = "suggestion"
    ENTRY = "entry"
    OUTREACH_PLAN = "outreach_plan"
    OUTREACH_ACTIVITY = "outreach_activity"
    INVITATION = "invitation"
    ORGANISATION = "organisation"
    PERSON = "person"


MEMBERS = frozenset({Kind.PERSON, Kind.ORGANISATION})


@dataclass(frozen=True, slots=True)
class Node:
    """One thing in a thread. `key` tells apart the visits of several people at one stop."""

    key: str
    kind: Kind
    id: str
    at: datetime | None
    people: frozenset[str] = frozenset()
    """Whose it is."""
    public: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """One thing led to another; both by key."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What decides which nodes somebody sees."""

    person_id: str | None
    roles: frozenset[str] = frozenset()
    organisation_id: str | None = None
    insights: frozenset[str] = frozenset()
    """The insights among the nodes that this reader may read."""


@dataclass(frozen=True, slots=True)
class Item:
    """A node that is shown, with the one before it."""

    node: Node
    before: Node | None


@dataclass
class Walk:
    """What a walk has come across: nodes by key, and edges."""

    starts: tuple[str, ...]
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def ends_at(self, key: str) -> bool:
        """Whether the walk goes no further than this node: the nearest goals end a thread."""
        return key not in self.starts and self.nodes[key].kind is Kind.GOAL


class ThreadUnknown(NotFound):
    """There is no such thing in any thread, or the caller may not see it."""

    title: ClassVar[Text] = {"de": "Wirkungsfaden nicht gefunden", "en": "Thread not found"}


_ALL = frozenset({"operator", "auditor"})
_WITH_ROLE: Mapping[Kind, frozenset[str]] = {
    Kind.GOAL: frozenset({"coach"}),
    Kind.SUGGESTION: frozenset({"editor", "reviewer"}),
    Kind.ENTRY: frozenset({"editor", "reviewer"}),
}


def visible(node: Node, reading: Reading) -> bool:
    """Whether a reader may know of a node. An employer sees nobody's goal, registration or outreach."""
    if node.kind is Kind.INSIGHT:
        # Nobody is exempt from an insight's readers, not even the agency.
        return node.id in reading.insights
    if node.kind is Kind.STOP or node.public or reading.person_id in node.people:
        return True
    if node.kind is Kind.ORGANISATION and node.id == reading.organisation_id:
        return True
    return not reading.roles.isdisjoint(_ALL | _WITH_ROLE.get(node.kind, frozenset()))


def shown(walk: Walk, reading: Reading) -> list[Item]:
    """Order what a walk came across from the beginning to the end of the thread, cut to what may be seen.

    What lies behind a hidden node is not shown either: it would tell that the two belong together.

    Raises:
        ThreadUnknown: the beginning itself may not be seen.
    """
    starts = [key for key in walk.starts if visible(walk.nodes[key], reading)]
    if not starts:
        raise ThreadUnknown
    following, leading = _ways(walk.edges)
    ahead = _reached(walk, starts, following, reading)
    behind = [key for key in _reached(walk, starts, leading, reading) if not _without_cause(walk, key, leading)]
    order = [*reversed(behind), *starts, *ahead]
    kept = set(order)
    return [Item(walk.nodes[key], _before(walk, key, leading, kept)) for key in order]


def is_whole(items: Sequence[Item]) -> bool:
    """Whether the thread is unbroken from a goal to somebody's next goal."""
    known = {item.node.key for item in items}
    goals = [item for item in items if item.node.kind is Kind.GOAL]
    begun = any(item.before is None for item in goals)
    ended = any(item.before is not None and item.before.key in known for item in goals)
    return begun and ended


def _ways(edges: Iterable[Edge]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    following: dict[str, list[str]] = {}
    leading: dict[str, list[str]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
        leading.setdefault(edge.target, []).append(edge.source)
    return following, leading


def _reached(walk: Walk, starts: Sequence[str], ways: Mapping[str, list[str]], reading: Reading) -> list[str]:
    """Give what can be reached and seen, the nearest first."""
    seen, order, queue = set(starts), list[str](), list(starts)
    for key in queue:
        if walk.ends_at(key):
            continue
        for neighbour in ways.get(key, []):
            node = walk.nodes.get(neighbour)
            if node is None or neighbour in seen or not _seen_from(walk.nodes[key], node, reading):
                continue
            seen.add(neighbour)
            order.append(neighbour)
            queue.append(neighbour)
    return order


def _seen_from(here: Node, node: Node, reading: Reading) -> bool:
    # Whoever wrote the insight or the goal sees what became of it.
    outcome = node.kind is Kind.SUGGESTION and reading.person_id in here.people
    return outcome or visible(node, reading)


def _without_cause(walk: Walk, key: str, leading: Mapping[str, list[str]]) -> bool:
    """Whether a member came by no invitation: then the thread begins with their goal."""
    return walk.nodes[key].kind in MEMBERS and not leading.get(key)


def _before(walk: Walk, key: str, leading: Mapping[str, list[str]], kept: set[str]) -> Node | None:
    found = next((source for source in leading.get(key, []) if source in kept), None)
    return walk.nodes[found] if found else None
