"""The facts of interest: who would come along on a journey that is announced."""

from __future__ import annotations

from missionare.kit.facts import Fact, Id


class InterestStated(Fact, aggregate="interest"):
    """Somebody would come along on a journey that is announced."""

    interest_id: Id
    journey_id: Id
    person_id: Id
    organisation_id: Id


class InterestWithdrawn(Fact, aggregate="interest"):
    """Somebody is no longer interested."""

    interest_id: Id
    journey_id: Id
    person_id: Id
