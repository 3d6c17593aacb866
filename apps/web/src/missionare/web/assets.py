"""What every page loads: style sheets, font, mark, script. Named after their content, so that they are kept for good.

The files are small and few: they are read, given their names and compressed once per process.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import cramjam
from fastapi import APIRouter, Request, Response

from missionare.kit.problems import RouteUnknown

FOREVER: Final = "public, max-age=31536000, immutable"
TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
    "txt": "text/plain; charset=utf-8",
}
NAMES: Final = (
    *("fonts/hanken-grotesk.woff2", "fonts/OFL.txt", "mark.svg"),
    *("tokens.css", "base.css", "member.css"),
    *("htmx-2.min.js", "offline.js", "arrivals.js"),
)
"""In an order in which each file comes after those that it names."""
PACKED: Final = frozenset({"woff2"})
"""Formats that are compressed by themselves."""


@dataclass(frozen=True)
class Asset:
    """One file, ready to be sent."""

    address: str
    media_type: str
    content: bytes
    gzipped: bytes | None
    brotli: bytes | None


class Assets:
    """All files by their name in the source and by their address."""

    def __init__(self) -> None:
        """Read them."""
        self._by_name: dict[str, Asset] = {}
        for name in NAMES:
            self._by_name[name] = _asset(name, self._by_name)
        self._by_address = {asset.address: asset for asset in self._by_name.values()}

    def address(self, name: str) -> str:
        """Give where a file is found; a name that does not exist is a mistake in a template."""
        return self._by_name[name].address

    def size(self, name: str) -> int:
        """Give how many bytes travel for it at most: gzip, which every browser takes."""
        asset = self._by_name[name]
        return len(asset.gzipped or asset.content)

    def answer(self, address: str, accepted: str) -> Response:
        """Send a file in the best form that the caller takes.

        Raises:
            RouteUnknown: there is none at this address, or not with this content any more.
        """
        asset = self._by_address.get(address)
        if asset is None:
            raise RouteUnknown
        content, encoding = asset.content, None
        if asset.brotli is not None and "br" in accepted:
            content, encoding = asset.brotli, "br"
        elif asset.gzipped is not None and "gzip" in accepted:
            content, encoding = asset.gzipped, "gzip"
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(content, headers=headers, media_type=asset.media_type)

    def router(self) -> APIRouter:
        """Give the route that serves them."""
        router = APIRouter()

        @router.api_route("/static/{path:path}", methods=["GET", "HEAD"])
        async def read_asset(path: str, request: Request) -> Response:
            return self.answer(f"/static/{path}", request.headers.get("accept-encoding", ""))

        return router


@cache
def assets() -> Assets:
    """Give the files of this process."""
    return Assets()


def _asset(name: str, known: dict[str, Asset]) -> Asset:
    stem, _, ending = name.rpartition(".")
    content = files("missionare.web").joinpath("static", name).read_bytes()
    if ending == "css":
        for other, asset in known.items():
            content = content.replace(f'url("{other}")'.encode(), f'url("{asset.address}")'.encode())
    mark = hashlib.sha256(content).hexdigest()[:12]
    packed = ending in PACKED
    return Asset(
        address=f"/static/{stem}.{mark}.{ending}",
        media_type=TYPES[ending],
        content=content,
        gzipped=None if packed else gzip.compress(content, 9, mtime=0),
        brotli=None if packed else bytes(cramjam.brotli.compress(content, level=11)),
    )
