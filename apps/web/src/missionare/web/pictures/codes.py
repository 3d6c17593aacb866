"""QR codes (ISO/IEC 18004): an address as a picture that a telephone reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import segno

QUIET: Final = 4
"""Light modules around a code, without which a telephone does not find it."""
HELD: Final = "m"
"""So much of it may be dirty or torn: 15 % of what it says."""


@dataclass(frozen=True)
class QrCode:
    """A drawing."""

    side: int
    """Of the square, in modules, with the quiet ones around it."""
    path: str
    """What is dark."""


def qr_code(address: str) -> QrCode:
    """Draw an address."""
    rows = [list(row) for row in segno.make_qr(address, error=HELD).matrix]
    return QrCode(len(rows) + 2 * QUIET, "".join(_runs(rows)))


def _runs(rows: Sequence[Sequence[int]]) -> Iterator[str]:
    """Give each run of dark modules of a row as one rectangle."""
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            width = len(list(run))
            if dark:
                yield f"M{x + QUIET} {y + QUIET}h{width}v1h-{width}z"
            x += width
