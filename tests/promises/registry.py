"""All promises that are proven here, by number. One more is one more line."""

from __future__ import annotations

from typing import Final

from promises.deaths import AnyProcessMayDie
from promises.promise import Promise

PROMISES: Final[tuple[Promise, ...]] = (AnyProcessMayDie(),)
