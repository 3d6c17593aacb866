"""Insights, as far as a caller is among their readers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from missionare.journeys.audience.domain import Standing
from missionare.journeys.events import Audience
from missionare.journeys.insight.domain import OPENED, Insight, InsightState, InsightUnknown
from missionare.kit.facts import Fact
from missionare.kit.mongo import Filter
from missionare.kit.store import Index, Page, Scope, Store
from missionare.kit.work import Work

RELEASE_DEADLINE: Final = "insight_release"
RELEASE_REMINDER: Final = "insight_release_reminder"
"""Names of an insight's timers, kept in the database and never changed."""
_OPENED: Final = sorted(state.value for state in OPENED)
_BY_QUERY: Final = Scope.system("the query itself is limited to what the reader's standing allows")


class Insights(Store[Insight]):
    """What was noted at the stops. Nobody is exempt from the readers' sets: not the agency, not another host."""

    collection = "insights"
    aggregate = "insight"
    model = Insight
    unknown = InsightUnknown
    indexes = (
        Index("once", ["registration_id", "client_id"], unique=True),
        Index("journey", ["journey_id", "state"]),
        Index("desk", ["journey_id", "stop_id", "state"]),
        Index("author", ["person_id"]),
        Index("state", ["state", "_id"]),
    )

    def within(self, scope: Scope) -> Filter:
        """Show what the token alone proves a right to; who is in a group is asked with `Standing`."""
        caller = scope.caller
        if caller is None:
            return {}
        return readable_by(Standing(caller.person_id, caller.signed_in, caller.organisation_id))

    async def readable(self, insight_id: str, reader: Standing) -> Insight:
        """Load one that `reader` may read.

        Raises:
            InsightUnknown: there is none, or it is for others.
        """
        found = await self.first({"$and": [{"_id": insight_id}, readable_by(reader)]}, _BY_QUERY)
        if found is None:
            raise InsightUnknown
        return found

    async def page_for(self, reader: Standing, where: Filter, *, cursor: str | None, limit: int) -> Page[Insight]:
        """Load one page of what `reader` may read."""
        return await self.page({"$and": [where, readable_by(reader)]}, _BY_QUERY, cursor=cursor, limit=limit)

    async def readable_ids(self, insight_ids: Iterable[str], reader: Standing) -> frozenset[str]:
        """Give those of the ids that `reader` may read."""
        where = {"$and": [{"_id": {"$in": list(insight_ids)}}, readable_by(reader)]}
        return frozenset(insight.id for insight in await self.every(where, _BY_QUERY))

    async def noted(self, registration_id: str, client_id: str, scope: Scope) -> Insight | None:
        """Give what a device has sent before, or None."""
        return await self.first({"registration_id": registration_id, "client_id": client_id}, scope)

    async def before_host(self, journey_id: str, stop_id: str, *, limit: int) -> list[Insight]:
        """Give what waits for a host, the oldest first."""
        where = {"journey_id": journey_id, "stop_id": stop_id, "state": InsightState.IN_HOST_RELEASE.value}
        return await self.every(where, Scope.system("the link proves the host of this stop"), limit=limit)

    async def after_host(self, journey_id: str, stop_id: str, *, limit: int) -> list[Insight]:
        """Give what was decided about at a stop, the latest decision first."""
        where = {"journey_id": journey_id, "stop_id": stop_id, "decided_at": {"$ne": None}}
        latest = (("decided_at", -1), ("_id", -1))
        return await self.every(where, Scope.system("the link proves the host of this stop"), sort=latest, limit=limit)

    async def desk_closes_at(self, journey_id: str, stop_id: str) -> datetime | None:
        """Give the last deadline of what waits for a host, or None where nothing does."""
        where = {"journey_id": journey_id, "stop_id": stop_id, "state": InsightState.IN_HOST_RELEASE.value}
        last = await self.first(where, Scope.system("a link is granted"), sort=(("release_until_at", -1),))
        return last.release_until_at if last else None

    def keep(self, work: Work, insight: Insight, facts: list[Fact]) -> None:
        """Save a decision; deadline and reminders of a host's silence are set and forgotten with its state."""
        work.save(self, insight, facts)
        if insight.state is InsightState.IN_HOST_RELEASE and insight.release_until_at is not None:
            work.schedule(RELEASE_DEADLINE, insight.id, at=insight.release_until_at)
            if insight.remind_at:
                work.schedule(RELEASE_REMINDER, insight.id, at=insight.remind_at[0])
        elif insight.version > 0:
            work.cancel(RELEASE_DEADLINE, insight.id)
            work.cancel(RELEASE_REMINDER, insight.id)

    async def tally(self, journey_id: str) -> tuple[int, int]:
        """Count a journey's insights that are released, and those that wait for their host."""
        scope = Scope.system("completion tells numbers, not texts")
        released = await self.count({"journey_id": journey_id, "state": {"$in": _OPENED}}, scope)
        pending = {"journey_id": journey_id, "state": InsightState.IN_HOST_RELEASE.value}
        return released, await self.count(pending, scope)


def readable_by(reader: Standing) -> Filter:
    """Say as a query what `insight.domain.readable` says of one insight; a property test holds them together."""
    rights = [
        {"state": {"$in": _OPENED}, "audience": {"$in": _always(reader)}},
        {"state": {"$in": _OPENED}, **_in_group(reader, "audience", [Audience.JOURNEY_GROUP])},
        {"state": {"$nin": _OPENED}, **_in_group(reader, "wanted", [Audience.JOURNEY_GROUP, *_network(reader)])},
    ]
    for state, field, group in (({"$in": _OPENED}, "audience", {}), ({"$nin": _OPENED}, "wanted", _group(reader))):
        own = {"state": state, field: Audience.ORGANISATION.value, "organisation_id": reader.organisation_id, **group}
        represented = {
            "state": state,
            field: Audience.REPRESENTATION.value,
            "organisation_id": {"$in": sorted(reader.represents)},
            **group,
        }
        rights += [own, represented]
    if reader.person_id is not None:
        rights.append({"person_id": reader.person_id})
    return {"$or": rights}


def _network(reader: Standing) -> list[Audience]:
    return [Audience.NETWORK, Audience.PUBLIC] if reader.signed_in else [Audience.PUBLIC]


def _always(reader: Standing) -> list[str]:
    return [audience.value for audience in _network(reader)]


def _group(reader: Standing) -> Filter:
    return {"journey_id": {"$in": sorted(reader.journeys)}}


def _in_group(reader: Standing, field: str, audiences: Iterable[Audience]) -> Filter:
    return {field: {"$in": [audience.value for audience in audiences]}, **_group(reader)}
