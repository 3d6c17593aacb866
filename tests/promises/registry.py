"""All promises that are proven here, by number. One more is one more line."""

from __future__ import annotations

from typing import Final

from promises.broker_lost import BrokerMayBeLost
from promises.database_dies import DatabaseMayDie
from promises.deaths import AnyProcessMayDie
from promises.pauses import PausedMayWake
from promises.promise import Promise
from promises.transport_away import TransportMayBeAway

PROMISES: Final[tuple[Promise, ...]] = (
    AnyProcessMayDie(),
    TransportMayBeAway(),
    DatabaseMayDie(),
    PausedMayWake(),
    BrokerMayBeLost(),
)
