"""Facts of an imaginary service that is reached over HTTP."""

from missionare.kit.facts import Fact, Id


class ThingMade(Fact, aggregate="thing"):
    thing_id: Id


class ThingApproved(Fact, aggregate="thing"):
    thing_id: Id
    by: Id
