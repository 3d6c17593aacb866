"""Audiences as sets of readers: which set includes which, and who is in one.

Two sets may be impossible to compare: the author's colleagues are not the journey's group. An integer level would
call one of them wider and leak.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from missionare.journeys.events import Audience

INCLUDED: Final[Mapping[Audience, frozenset[Audience]]] = {
    Audience.PERSONAL: frozenset({Audience.PERSONAL}),
    Audience.REPRESENTATION: frozenset({Audience.PERSONAL, Audience.REPRESENTATION}),
    # Management belongs to the organisation, so the employee representation is not inside it.
    Audience.ORGANISATION: frozenset({Audience.PERSONAL, Audience.ORGANISATION}),
    Audience.JOURNEY_GROUP: frozenset({Audience.PERSONAL, Audience.JOURNEY_GROUP}),
    Audience.NETWORK: frozenset(Audience) - {Audience.PUBLIC},
    Audience.PUBLIC: frozenset(Audience),
}
"""For each set of readers the sets it includes, itself among them."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose text it is, and where it was written."""

    person_id: str
    organisation_id: str
    journey_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides which texts somebody may read. The default is a visitor, who reads what is public."""

    person_id: str | None = None
    signed_in: bool = False
    organisation_id: str | None = None
    represents: frozenset[str] = frozenset()
    """Organisations whose employees this person represents."""
    journeys: frozenset[str] = frozenset()
    """Journeys in whose group this person is."""


def includes(wider: Audience, narrower: Audience) -> bool:
    """Whether everybody in `narrower` is also in `wider`."""
    return narrower in INCLUDED[wider]


def common(one: Audience, other: Audience) -> Audience | None:
    """Give the narrower of two, or None where neither includes the other."""
    if includes(one, other):
        return other
    return one if includes(other, one) else None


def reads(audience: Audience, source: Source, reader: Standing) -> bool:
    """Whether `reader` is in the set of readers that `audience` means for a text from `source`."""
    is_author = reader.person_id is not None and reader.person_id == source.person_id
    if is_author or audience is Audience.PERSONAL:
        return is_author
    members = {
        Audience.REPRESENTATION: source.organisation_id in reader.represents,
        Audience.ORGANISATION: source.organisation_id == reader.organisation_id,
        Audience.JOURNEY_GROUP: source.journey_id in reader.journeys,
        Audience.NETWORK: reader.signed_in,
        Audience.PUBLIC: True,
    }
    return members[audience]
