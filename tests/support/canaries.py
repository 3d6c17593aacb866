"""Canaries: strings that must not turn up somewhere, and the search for them in every form they could have taken."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

LONG_ENOUGH = 8
"""Bytes from which on a form with its own alphabet is no accident."""


def found(canaries: Iterable[str], places: Mapping[str, str]) -> list[str]:
    """Say where a canary turned up and in which form; upper and lower case make no difference where none matters."""
    folded = {place: text.casefold() for place, text in places.items()}
    return [
        f"{canary} as {form} in {place}"
        for canary in canaries
        for form, (text, exact) in forms(canary).items()
        for place, searched in (places if exact else folded).items()
        if (text if exact else text.casefold()) in searched
    ]


def forms(canary: str) -> dict[str, tuple[str, bool]]:
    """Give what a canary may look like, and whether upper and lower case matter then."""
    raw = canary.encode()
    loose = {
        "itself": canary,
        "JSON": json.dumps(canary)[1:-1],
        "path": quote(canary),
        "path without exception": quote(canary, safe=""),
        "query": quote_plus(canary),
    }
    if len(raw) >= LONG_ENOUGH:
        loose |= {"hexadecimal": raw.hex()}
        loose |= {name: hashlib.new(name, canary.casefold().encode()).hexdigest() for name in ("md5", "sha1", "sha256")}
    exact = dict(_base64(raw)) if len(raw) >= LONG_ENOUGH else {}
    return {form: (text, False) for form, text in loose.items()} | {form: (text, True) for form, text in exact.items()}


def _base64(raw: bytes) -> Iterator[tuple[str, str]]:
    """Give what is the same in every encoding of a text that holds these bytes, whatever stands around them."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        for name, encode in (("base64", base64.b64encode), ("URL-safe base64", base64.urlsafe_b64encode)):
            yield f"{name} at {before}", encode(bytes(before) + raw).decode()[first:last]
