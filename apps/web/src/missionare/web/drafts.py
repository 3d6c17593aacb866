"""What somebody typed before signing in, kept in their own browser until the mailed link brings them back.

The platform has nobody to keep it for yet. It is signed, so only what was typed into one of our forms comes back; it
is sent with the pages below one path only, and forgotten after an hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Final

from fastapi import Response
from itsdangerous import BadSignature

from missionare.web.visits import Visit

COOKIE: Final = "missionare_draft"
KEPT_SECONDS: Final = 3_600
"""Longer than a mailed link is valid: a second one may have to be asked for."""
PIECE: Final = 3_600
"""Characters of one cookie; browsers take 4,096 with its name."""
MOST_PIECES: Final = 4


def keep(visit: Visit, response: Response, name: str, values: Mapping[str, str], *, path: str) -> None:
    """Send what was typed into a form along with a response; what does not fit into four cookies is not kept."""
    sealed = visit.site.tokens.seal(name, values)
    pieces = [sealed[at : at + PIECE] for at in range(0, len(sealed), PIECE)]
    if len(pieces) > MOST_PIECES:
        return
    for number, piece in enumerate(pieces):
        response.set_cookie(
            f"{COOKIE}_{number}",
            piece,
            max_age=KEPT_SECONDS,
            path=visit.url(path),
            httponly=True,
            samesite="lax",
            secure=visit.site.settings.public_url.startswith("https://"),
        )


def kept(visit: Visit, name: str) -> dict[str, str]:
    """Give what was typed into this form before; empty where nothing was, or not lately."""
    try:
        return visit.site.tokens.unsealed(name, "".join(_pieces(visit)), seconds=KEPT_SECONDS)
    except BadSignature:
        return {}


def forget(visit: Visit, response: Response, *, path: str) -> None:
    """Take back what was kept: it has arrived."""
    for number, _ in enumerate(_pieces(visit)):
        response.delete_cookie(f"{COOKIE}_{number}", path=visit.url(path))


def _pieces(visit: Visit) -> list[str]:
    named = (f"{COOKIE}_{number}" for number in range(MOST_PIECES))
    found = (visit.request.cookies.get(name, "") for name in named)
    return list(takewhile(bool, found))
