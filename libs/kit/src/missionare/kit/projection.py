"""Projection: what a read model may do about a fact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from missionare.kit.envelope import Envelope
from missionare.kit.work import Work


class Projection:
    """The part of a work that a read model's handler gets: writing its own documents, and nothing else.

    No facts, no timers, no requests: that is why it may be done again.
    """

    def __init__(self, places: Mapping[str, str], work: Work) -> None:
        """Write as part of `work`; `places` says in which collection each view's documents are kept."""
        if work.fact is None:
            msg = "a read model is told of facts only"
            raise TypeError(msg)
        self.fact: Envelope = work.fact
        self._places = places
        self._work = work

    def write(self, collection: str, *operations: Any) -> None:
        """Change documents of a view of this model with PyMongo's operations (`UpdateOne`, `ReplaceOne` ...).

        Raises:
            KeyError: the collection is not one of this model.
        """
        self._work.write(self._places[collection], *operations)

    def ignored(self, reason: str) -> None:
        """Name the outcome of doing nothing."""
        self._work.ignored(reason)
