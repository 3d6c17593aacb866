"""Words as people type them, brought into one form in which they can be compared."""

from __future__ import annotations

import re
from typing import Final

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_OTHER: Final = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    """Give letters and digits only, lower case, umlauts written out: `E-Mail`, `e mail` and `EMAIL` are one word."""
    return _OTHER.sub("", text.casefold().translate(_UMLAUTS))
