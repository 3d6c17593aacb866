"""Outlets: topics beside a service's own, for what it tells those who are none of the platform's services."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from missionare.kit.mongo import Document


@dataclass(frozen=True)
class Outlet:
    """One further topic. It is sent as facts are: from an outbox, at least once, in order per key.

    A row of `outbox` has an `_id`, by which there is one in `rows`, and the `key` of its record. Whoever takes
    something back deletes both in one transaction; what the broker has by then stays there.
    """

    owner: str
    """The topic is named after it, as those of services are."""
    outbox: str
    rows: str
    record: Callable[[Document], dict[str, Any]]
    """Gives `value` and `headers` of the record of a row."""

    @property
    def duty(self) -> str:
        """What the one relay of this outlet holds a lease for."""
        return f"relay of {self.owner}"
