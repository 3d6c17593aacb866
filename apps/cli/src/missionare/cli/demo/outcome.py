"""The result of the story: what there is in the end, asked again, beside what there must be."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from missionare.cli.demo.chapters.catalog import public_entries
from missionare.cli.demo.chapters.completion import CONSEQUENCES, arrived_consequences
from missionare.cli.demo.outside import Answer, StoryBroken, eventually
from missionare.cli.demo.region import ANNA, EDITOR
from missionare.cli.demo.world import CATALOG, JOURNEYS, NOTIFICATIONS, SIGN_IN_SUBJECT, World
from missionare.cli.options import SERVICES

MESSAGES: Final[dict[str, int]] = {
    "host_requested": 5,
    "goal_agreed": 4,
    "registration_confirmed": 3,
    "registration_awaiting_goal": 1,
    "registration_waitlisted": 1,
    "seat_offered": 1,
    "insight_release_requested": 2,
    "certificate_issued": 2,
    "goal_assessment_requested": 3,
    "outreach_plan_drafted": 2,
    "outreach_plan_reminder": 2,
}
"""Every mail that notifications sends in the story, by template: each has one cause in a chapter."""

EXPECTED: Final[dict[str, int]] = {
    "certificates": 2,
    "suggestions": 2,
    "entries": 62,
    "plans": 2,
    "messages": sum(MESSAGES.values()),
    "parked": 0,
    "repaired": 0,
}
"""Two of three travellers were at 60 % of the stops; one insight was released and one goal shared.

The catalog began with 61 entries, and one came of the insight.
"""


@dataclass
class Outcome:
    """What the last line of the demonstration says."""

    ok: bool
    seconds: float = 0.0
    ready_seconds: float = 0.0
    thread: list[dict[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    expected: dict[str, int] = field(default_factory=lambda: dict(EXPECTED))
    hops: dict[str, dict[str, float]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """What is wrong, in words; empty when all is well."""

    def document(self) -> dict[str, Any]:
        """Give it as JSON-able data."""
        return asdict(self)


def ask(world: World) -> Outcome:
    """Ask the API and the mailbox again, when nothing is on its way any more."""
    _wait_for_rest(world)
    counts = _counts(world)
    thread, whole = _thread(world)
    missing = [f"{name}: {counts[name]} instead of {wanted}" for name, wanted in EXPECTED.items()
               if counts[name] != wanted]  # fmt: skip
    missing += _wrong_messages(world)
    if not whole:
        missing.append("the thread does not lead to the new member's goal")
    return Outcome(ok=not missing, thread=thread, counts=counts, hops=_hops(world), missing=missing)


def _wait_for_rest(world: World) -> None:
    """Wait until no service has facts pending and every mail that was queued is out; not for a certain result."""
    eventually(lambda: _at_rest(world) or None, "all facts and mails arriving")


def _at_rest(world: World) -> bool:
    """Whether nothing is pending at its owner, nothing behind at its readers, and no mail still to be sent."""
    streams = [_streams(world, service) for service in SERVICES]
    pending = sum(state["facts_pending"] for state in streams)
    behind = sum(group["lag"] for state in streams for group in state["groups"])
    queued = sum(1 for message in _messages(world) if message["state"] in {"queued", "sending"})
    return not (pending or behind or queued)


def _counts(world: World) -> dict[str, int]:
    summaries = world.agency.everything(f"{NOTIFICATIONS}/outreach-summary")
    waiting = [consumer for service in SERVICES for consumer in _streams(world, service)["consumers"]]
    return {
        "certificates": arrived_consequences(world)["certificates_issued"],
        "suggestions": len(world.known[EDITOR.email].everything(f"{CATALOG}/suggestions")),
        "entries": public_entries(world),
        "plans": sum(summary["now"]["plans"] for summary in summaries),
        "messages": _letters(world),
        "parked": sum(sum(consumer["waiting"].values()) for consumer in waiting),
        "repaired": sum(consumer["repaired"] for consumer in waiting),
    }


def _wrong_messages(world: World) -> list[str]:
    """Name the templates of which more or fewer mails were sent than have a cause."""
    sent = Counter(message["template"] for message in _messages(world) if message["state"] == "sent")
    names = sorted(sent.keys() | MESSAGES.keys())
    return [f"mails {name}: {sent[name]} instead of {MESSAGES.get(name, 0)}" for name in names
            if sent[name] != MESSAGES.get(name, 0)]  # fmt: skip


def missing_consequences(world: World) -> list[str]:
    """Name the consequences that are missing where the story could not go on."""
    arrived: dict[str, int] = {}
    try:
        arrived = arrived_consequences(world)
    except (StoryBroken, KeyError):
        world.tell.remark("Die Folgen lassen sich nicht abfragen.")
    return [f"{name}: {arrived.get(name, 0)} instead of {wanted}" for name, wanted in CONSEQUENCES.items()
            if arrived.get(name, 0) < wanted]  # fmt: skip


def _letters(world: World) -> int:
    """Count the mails of notifications in the mailbox; those that members sends itself are links to sign in.

    A mail whose sender died between the mail server's yes and its own note comes again, as the same message.
    """
    letters = {letter["message_id"] for letter in world.mailbox.letters() if SIGN_IN_SUBJECT not in letter["subject"]}
    sent = sum(1 for message in _messages(world) if message["state"] == "sent")
    if len(letters) != sent:
        raise StoryBroken(f"{sent} messages are said to be sent, {len(letters)} lie in the mailbox")
    return len(letters)


def _thread(world: World) -> tuple[list[dict[str, str]], bool]:
    """Ask for the thread of the first goal, as the agency sees it."""
    goal = world.ids[f"goal:{ANNA.email}"]
    thread = world.agency.get(f"{JOURNEYS}/threads/goal/{goal}")
    items = [{"kind": item["kind"], "id": item["id"]} for item in thread["items"]]
    reached = {"kind": "goal", "id": world.ids["newcomer_goal"]} in items
    return items, bool(thread["whole"]) and reached


def _hops(world: World) -> dict[str, dict[str, float]]:
    return {
        f"{hop['source']} > {hop['consumer']}": {"p50_ms": hop["p50_ms"], "max_ms": hop["max_ms"]}
        for service in SERVICES
        for hop in _streams(world, service)["hops"]
    }


def _streams(world: World, service: str) -> Answer:
    return world.agency.get(f"/api/{service}/v1/streams")


def _messages(world: World) -> list[dict[str, Any]]:
    return world.agency.everything(f"{NOTIFICATIONS}/messages", limit=200)
