"""The municipalities of both districts with their official keys (AGS), and how their names are recognised."""

from __future__ import annotations

import re
from typing import Final

from missionare.cli.importing.words import plain

SIEGEN_WITTGENSTEIN: Final = {
    "Bad Berleburg": "05970004",
    "Burbach": "05970008",
    "Erndtebrück": "05970012",
    "Freudenberg": "05970016",
    "Hilchenbach": "05970020",
    "Kreuztal": "05970024",
    "Bad Laasphe": "05970028",
    "Netphen": "05970032",
    "Neunkirchen": "05970036",
    "Siegen": "05970040",
    "Wilnsdorf": "05970044",
}
OLPE: Final = {
    "Attendorn": "05966004",
    "Drolshagen": "05966008",
    "Finnentrop": "05966012",
    "Kirchhundem": "05966016",
    "Lennestadt": "05966020",
    "Olpe": "05966024",
    "Wenden": "05966028",
}

_BY_NAME: Final = {plain(name): code for name, code in {**SIEGEN_WITTGENSTEIN, **OLPE}.items()}
_DISTRICT: Final = re.compile(r"\s*[-/(,].*$")
"""What follows the municipality: `Siegen-Weidenau`, `Olpe (Biggesee)`, `Lennestadt, OT Altenhundem`."""
_FORM: Final = re.compile(
    r"^(stadt|universitaetsstadt|hansestadt|kreisstadt|gemeinde)\s+|\s+(stadt|gemeinde)$", re.IGNORECASE
)


def code_for(name: str) -> str | None:
    """Give the key of a municipality by its name, however it is written, or None for one that is not in the region."""
    whole = name.strip()
    town = _DISTRICT.sub("", whole)
    candidates = (whole, town, _FORM.sub("", town))
    return next((code for candidate in candidates if (code := _BY_NAME.get(plain(candidate)))), None)
