from __future__ import annotations

from itertools import pairwise

import pytest

from missionare.journeys.thread.domain import Edge, Kind, Node, Reading, ThreadUnknown, Walk, is_whole, shown

OPERATOR = Reading(person_id="operator", roles=frozenset({"operator"}), insights=frozenset({"i1"}))
CHAIN = [
    ("goal", "g1", "ada"),
    ("registration", "r1", "ada"),
    ("stop", "s1", "ada"),
    ("insight", "i1", "ada"),
    ("suggestion", "u1", None),
    ("entry", "e1", None),
    ("outreach_plan", "p1", "ben"),
    ("outreach_activity", "a1", "ben"),
    ("invitation", "n1", "ben"),
    ("person", "cem", "cem"),
    ("goal", "g2", "cem"),
]


def walk(start: str, *, without: str = "") -> Walk:
    nodes = {
        f"{kind}:{id_}": Node(
            key=f"{kind}:{id_}",
            kind=Kind(kind),
            id=id_,
            at=None,
            people=frozenset({owner} if owner else ()),
            public=kind == "entry",
        )
        for kind, id_, owner in CHAIN
    }
    edges = [Edge(one, other) for one, other in pairwise(nodes) if without not in {one, other}]
    edges.append(Edge("person:ada", "goal:g1"))
    nodes["person:ada"] = Node("person:ada", Kind.PERSON, "ada", None, frozenset({"ada"}))
    return Walk(starts=(start,), nodes=nodes, edges=edges)


def kinds(found) -> list[str]:
    return [item.node.kind.value for item in found]


@pytest.mark.parametrize("start", ["goal:g1", "insight:i1", "outreach_plan:p1", "goal:g2"])
def test_the_whole_thread_is_shown_from_wherever_one_looks(start: str) -> None:
    found = shown(walk(start), OPERATOR)

    assert kinds(found) == [kind for kind, _, _ in CHAIN]
    assert found[0].before is None
    assert [item.before.key for item in found[1:]] == [item.node.key for item in found[:-1]]
    assert is_whole(found)


@pytest.mark.parametrize("missing", [f"{kind}:{id_}" for kind, id_, _ in CHAIN[1:-1]])
def test_a_thread_with_a_gap_is_not_whole(missing: str) -> None:
    assert not is_whole(shown(walk("goal:g1", without=missing), OPERATOR))
    assert not is_whole(shown(walk("goal:g2", without=missing), OPERATOR))


def test_a_thread_ends_at_the_nearest_goals() -> None:
    longer = walk("goal:g1")
    longer.nodes["registration:r9"] = Node("registration:r9", Kind.REGISTRATION, "r9", None)
    longer.edges.append(Edge("goal:g2", "registration:r9"))

    assert kinds(shown(longer, OPERATOR))[-1] == "goal"


def test_nobody_is_exempt_from_the_readers_of_an_insight() -> None:
    cut = Reading(person_id="operator", roles=frozenset({"operator"}))

    found = shown(walk("goal:g1"), cut)

    assert kinds(found) == ["goal", "registration", "stop"]
    with pytest.raises(ThreadUnknown):
        shown(walk("insight:i1"), cut)


def test_an_author_sees_the_own_way_up_to_the_question_and_nobody_elses_outreach() -> None:
    ada = Reading(person_id="ada", roles=frozenset({"missionary"}), organisation_id="o1", insights=frozenset({"i1"}))

    assert kinds(shown(walk("goal:g1"), ada)) == ["goal", "registration", "stop", "insight", "suggestion", "entry"]


def test_an_employer_sees_nothing_of_it() -> None:
    employer = Reading(person_id="boss", roles=frozenset({"organisation_contact"}), organisation_id="o1")

    for hidden in ("goal:g1", "registration:r1", "outreach_plan:p1", "outreach_activity:a1", "invitation:n1"):
        with pytest.raises(ThreadUnknown):
            shown(walk(hidden), employer)


def test_what_was_never_heard_of_is_not_found() -> None:
    with pytest.raises(ThreadUnknown):
        shown(Walk(starts=()), OPERATOR)
