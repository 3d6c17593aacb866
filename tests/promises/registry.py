"""All promises that are proven here, by number. One more is one more line."""

from __future__ import annotations

from typing import Final

from promises.broker_lost import BrokerMayBeLost
from promises.database_dies import DatabaseMayDie
from promises.deaths import AnyProcessMayDie
from promises.duplicates import DuplicatesChangeNothing
from promises.edits import NoUpdateIsLost
from promises.pauses import PausedMayWake
from promises.poison import OneBadMessageStopsNothing
from promises.promise import Promise
from promises.rebuilds import ReadModelsRebuildWhileServing
from promises.seats import TheLastSeatGoesToOne
from promises.transport_away import TransportMayBeAway
from promises.versions import SchemasAreSafe

PROMISES: Final[tuple[Promise, ...]] = (
    AnyProcessMayDie(),
    TransportMayBeAway(),
    DatabaseMayDie(),
    PausedMayWake(),
    BrokerMayBeLost(),
    DuplicatesChangeNothing(),
    OneBadMessageStopsNothing(),
    SchemasAreSafe(),
    ReadModelsRebuildWhileServing(),
    NoUpdateIsLost(),
    TheLastSeatGoesToOne(),
)
