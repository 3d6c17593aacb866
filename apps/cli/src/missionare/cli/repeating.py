"""Which answers mean: send the very same request again. The idempotency key sees to it that it counts once."""

from __future__ import annotations

from typing import Final

import httpx2

PASSING: Final = frozenset({429, 502, 503, 504})
"""Too many at once, or a service that is on its way back."""
NOT_FOUND: Final = 404
CONFLICT: Final = 409
IN_FLIGHT: Final = "in_flight"
"""The code of a command that is being carried out: the answer to it was lost, and it may still be going on."""


def worth_repeating(response: httpx2.Response) -> bool:
    """Whether the same request may be answered differently in a moment."""
    if response.status_code in PASSING or _is_gateway_without_routes(response):
        return True
    if response.status_code != CONFLICT:
        return False
    response.read()
    try:
        return bool(response.json()["code"] == IN_FLIGHT)
    except (ValueError, KeyError, TypeError):
        return False


def _is_gateway_without_routes(response: httpx2.Response) -> bool:
    """Whether a gateway answers that has just started and knows no route yet: nothing of ours is plain text."""
    return response.status_code == NOT_FOUND and response.headers.get("content-type", "").startswith("text/plain")
