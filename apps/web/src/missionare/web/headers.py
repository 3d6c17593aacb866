"""Headers of every page: what it may load, who may frame it, how long it may be kept."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import Request, Response

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline style, no inline script, nothing from elsewhere."""

PAGE: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
KEPT: Final = "private, no-cache"
"""A browser may keep a page and asks each time whether it still holds; nobody between keeps it."""
NOT_KEPT: Final = "no-store"


def with_tag(request: Request, response: Response) -> Response:
    """Name the content, and send nothing to whoever has it already (RFC 9110, section 13.1.2)."""
    tag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:20]}"'
    if tag in request.headers.get("if-none-match", ""):
        kept = {
            name: value for name, value in response.headers.items() if name not in {"content-length", "content-type"}
        }
        response = Response(status_code=304, headers=kept)
    response.headers["ETag"] = tag
    return response
