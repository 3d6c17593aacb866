"""A region around catalog: what journeys and members tell it, delivered through the real consumer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from support.waiting import eventually

from missionare.catalog.entry.store import Entries
from missionare.catalog.reading.views import Search
from missionare.catalog.source.domain import Source
from missionare.catalog.source.views import Sources
from missionare.kit.consumer import Consumer
from missionare.kit.envelope import Envelope
from missionare.kit.ids import uuid7
from missionare.kit.ledger import AggregateFeed, Feed, Position
from missionare.kit.store import Scope
from missionare.kit.testing import As, FakePeers, MovableClock, Platform
from missionare.kit.timers import TimerLoop

TEST = Scope.system("a test looks")
API = "/api/catalog/v1"


class SilentOwner:
    """An owner whose feeds tell nothing beyond what was delivered."""

    async def confirmed(self, after: Position, limit: int = 1_000) -> Feed:
        del after, limit
        return Feed([], Position(), 1, datetime.now(UTC))

    async def of_aggregate(self, aggregate: str, subject: str, after: str) -> AggregateFeed:
        del aggregate, subject, after
        return AggregateFeed([], "0.0", 1)


class Region:
    """Tells facts, lets jobs run, and plays the people of the editorial team."""

    def __init__(self, platform: Platform, peers: FakePeers, clock: MovableClock) -> None:
        self.platform, self.peers, self.clock = platform, peers, clock
        service = platform.service
        self.context = service.context
        self.editor = platform.as_person("editor-1", roles=["editor"])
        self.second_editor = platform.as_person("editor-2", roles=["editor", "reviewer"])
        self.reviewer = platform.as_person("reviewer-1", roles=["reviewer"])
        self.visitor = platform.as_visitor()
        owner = SilentOwner()
        self._consumer = Consumer(self.context, service.handlers[0], {"journeys": owner, "members": owner})
        self._timers = TimerLoop(self.context, service.timers)
        self._sequences: dict[tuple[str, str], count[int]] = {}

    def fact(self, name: str, aggregate: str, **data: Any) -> Envelope:
        """Make the next fact of an aggregate, as its owner would send it."""
        source, subject = name.partition(".")[0], str(data[f"{aggregate}_id"])
        sequence = next(self._sequences.setdefault((aggregate, subject), count(1)))
        return Envelope(
            id=uuid7(),
            source=source,
            type=f"{name}.v1",
            aggregate=aggregate,
            subject=subject,
            era=1,
            sequence=sequence,
            previous=f"1.{sequence - 1}" if sequence > 1 else "0.0",
            time=self.clock.now(),
            actor="test",
            correlation_id=uuid7(),
            causation_id=None,
            traceparent=None,
            value=json.dumps(data),
        )

    def released(self, insight: str, journey: str, *, text: str = "", **changes: Any) -> Envelope:
        """Say that a host released an insight, and let journeys give its text."""
        return self._insight("journeys.insight_released", insight, journey, text=text, **changes)

    def redacted(self, insight: str, journey: str, *, text: str = "", **changes: Any) -> Envelope:
        """Say that a host redacted an insight, and let journeys give the host's wording."""
        return self._insight("journeys.insight_redacted", insight, journey, text=text, **changes)

    def completed(self, journey: str, *, insights: int, participations: int, revision: int = 1) -> Envelope:
        """Say that a journey is completed."""
        return self.fact(
            "journeys.journey_completed",
            "journey",
            journey_id=journey,
            revision=revision,
            stops_visited=3,
            insights_released=insights,
            insights_pending=0,
            participations=participations,
        )

    def concluded(self, registration: str, journey: str, goal: str) -> Envelope:
        """Say that somebody came back."""
        return self.fact(
            "journeys.participation_concluded",
            "registration",
            registration_id=registration,
            journey_id=journey,
            revision=1,
            person_id=f"person-of-{registration}",
            organisation_id="travelling-company",
            goal_id=goal,
            attended_share=1.0,
        )

    def shared(self, goal: str, *, wording: str = "Wie fangen wir mit der Laufkarte an?") -> Envelope:
        """Say that a goal is shared, and let members give its wording."""
        self.peers.answers["members", f"/internal/goals/{goal}/wording"] = {
            "wording": wording,
            "topics": ["production"],
            "pole": "challenge",
        }
        return self.fact("members.goal_shared", "goal", goal_id=goal, pole="challenge", topics=["production"])

    def unshared(self, goal: str) -> Envelope:
        """Say that a goal is shared no longer; members gives its wording to nobody."""
        self.peers.answers.pop(("members", f"/internal/goals/{goal}/wording"), None)
        return self.fact("members.goal_unshared", "goal", goal_id=goal)

    async def tell(self, *facts: Envelope) -> None:
        """Deliver facts, each in a batch of its own, and let everything happen that follows."""
        for fact in facts:
            await self.deliver([fact])
            await self.settle()

    async def deliver(self, facts: Sequence[Envelope]) -> None:
        """Deliver facts in one batch, and nothing more."""
        await self._consumer.batch(facts)

    async def settle(self, rounds: int = 50) -> None:
        """Run jobs until none is due."""
        rows = self.context.database["timers"]
        for _ in range(rounds):
            due = await rows.find({"due_at": {"$lte": self.clock.now()}}).to_list(None)
            if not due:
                return
            for row in due:
                await self._timers.fire(row)
        msg = f"jobs do not come to an end: {[row['_id'] for row in due]}"
        raise AssertionError(msg)

    async def facts(self, name: str) -> list[dict[str, Any]]:
        """Give what catalog has told under a name, in order."""
        rows = self.context.database["facts"].find({"type": f"catalog.{name}.v1"}, sort=[("_id", 1)])
        return [json.loads(row["value"]) for row in await rows.to_list(None)]

    async def source(self, key: str) -> Source | None:
        """Look at what is known of a source."""
        view = self.context.views[Sources]
        assert isinstance(view, Sources)
        return await view.find(key, TEST)

    async def entries(self) -> int:
        """Count all entries, drafts included."""
        store = self.context.views[Entries]
        assert isinstance(store, Entries)
        return await store.count({}, TEST)

    async def suggestion(self, insight: str = "i1", journey: str = "j1", **changes: Any) -> dict[str, Any]:
        """Let a journey of one insight be completed and give the suggestion that comes of it."""
        await self.tell(
            self.released(insight, journey, **changes), self.completed(journey, insights=1, participations=0)
        )
        return await self._newest("suggestions")

    async def draft(self, who: As | None = None, **changes: Any) -> dict[str, Any]:
        """Let an editor draft an entry that rests on no suggestion."""
        answer = await (who or self.editor).post(f"{API}/entries", said(**changes))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def review(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Let an editor ask for the review of a draft."""
        answer = await self.editor.post(f"{API}/entries/{draft['id']}/review-request", match=draft["version"])
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def publish(self, draft: dict[str, Any]) -> dict[str, Any]:
        """Take a draft all the way to the public, and give it as everybody reads it."""
        review = await self.review(draft)
        answer = await self.reviewer.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])
        assert answer.status_code == 200, answer.text
        public = await self.read(f"entries/{draft['id']}")
        await eventually(lambda: self.found_as(public["id"]) == public["content_hash"])
        return public

    def found_as(self, entry_id: str) -> str | None:
        """Give the hash of the content by which an entry is found."""
        search = self.context.views[Search]
        assert isinstance(search, Search)
        content = search.found_as(entry_id)
        return content.hash if content else None

    async def read(self, path: str, who: As | None = None) -> dict[str, Any]:
        """Read something as a visitor, or as somebody else."""
        answer = await (who or self.visitor).get(f"{API}/{path}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def _newest(self, what: str) -> dict[str, Any]:
        items = (await self.read(what, self.editor))["items"]
        return dict(items[-1])

    def _insight(self, name: str, insight: str, journey: str, *, text: str, **changes: Any) -> Envelope:
        said_by_owner = {"text": text or f"Text von {insight}", "kind": "challenge"}
        self.peers.answers["journeys", f"/internal/insights/{insight}"] = said_by_owner
        told = {
            "insight_id": insight,
            "journey_id": journey,
            "stop_id": "stop-1",
            "registration_id": "registration-1",
            "organisation_id": "host-1",
            "kind": "challenge",
            "topic": "data",
            "audience": "public",
        }
        return self.fact(name, "insight", **{**told, **changes})


def said(**changes: Any) -> dict[str, Any]:
    """What an editor sends as an entry."""
    return {
        "kind": "question",
        "pole": "challenge",
        "topics": ["data"],
        "title": "Wie verhindern wir eine Leistungskontrolle?",
        "text": "Wer an der Anlage steht, ergibt sich aus dem Schichtplan.",
        **changes,
    }
