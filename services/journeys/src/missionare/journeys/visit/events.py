"""The facts of visits: what hosts say, and which stops the group came to."""

from __future__ import annotations

from enum import StrEnum

from missionare.journeys.insight.events import Audience
from missionare.kit.facts import Fact, Id


class HostLink(StrEnum):
    """What a host's link opens."""

    VISIT = "host_visit"
    DESK = "release_desk"


class HostRequested(Fact, aggregate="journey"):
    """An organisation was asked to host a stop."""

    journey_id: Id
    stop_id: Id
    organisation_id: Id


class HostConfirmed(Fact, aggregate="journey"):
    """The host agreed: for how many, for which readers, and whether it wants to see each insight first."""

    journey_id: Id
    stop_id: Id
    organisation_id: Id
    audience: Audience
    release_required: bool
    capacity: int


class HostDeclined(Fact, aggregate="journey"):
    """The host cannot receive the group at this stop."""

    journey_id: Id
    stop_id: Id
    organisation_id: Id


class HostLinkRequested(Fact, aggregate="journey"):
    """The host asked for a new link, for the one it had has expired."""

    journey_id: Id
    stop_id: Id
    organisation_id: Id
    opens: HostLink


class StopVisited(Fact, aggregate="journey"):
    """The group was there."""

    journey_id: Id
    stop_id: Id


class StopSkipped(Fact, aggregate="journey"):
    """The group was under way and did not get there."""

    journey_id: Id
    stop_id: Id


class StopCancelled(Fact, aggregate="journey"):
    """The stop was taken out of the programme."""

    journey_id: Id
    stop_id: Id
