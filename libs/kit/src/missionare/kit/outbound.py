"""Outbound: requests to addresses that somebody outside gave us, which reach nothing inside.

The address is looked up, every answer is checked, and the connection goes to exactly what was checked: a name that
means something else a moment later changes nothing. The certificate is still that of the name.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import ClassVar, Final
from urllib.parse import SplitResult, urlsplit

import httpx2

from missionare.kit.refusals import Invalid, Text

LIMIT_SECONDS: Final = 10.0
"""For a whole exchange, the look-up included."""
LONGEST_URL: Final = 2_000
HTTPS: Final = 443

_LOOKING_UP: Final = ThreadPoolExecutor(16, "lookup")
"""Threads of their own: a name server that lets wait holds up nobody who looks for a broker or a service."""

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a name, or raises OSError."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
"""Where a network without IPv4 puts the addresses of that (RFC 6052): what counts is the one inside."""
_EMBEDDING: Final = tuple(
    ipaddress.ip_network(network) for network in ("::/96", "::ffff:0:0/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)
"""Where an IPv6 address means an IPv4 one, or a tunnel to it: no honest receiver is reached that way."""


class DestinationRefused(Invalid):
    """The address is none that we send to."""

    field: ClassVar[str] = "url"
    title: ClassVar[Text] = {"de": "Adresse nicht verwendbar", "en": "Address not usable"}
    text: ClassVar[Text] = {
        "de": "An diese Adresse wird nichts gesendet: {reason}.",
        "en": "Nothing is sent to this address: {reason}.",
    }
    next: ClassVar[Text] = {
        "de": "Geben Sie eine Adresse an, die mit https:// beginnt und aus dem Internet erreichbar ist.",
        "en": "Give an address that begins with https:// and can be reached from the internet.",
    }


NOT_AN_ADDRESS: Final[Text] = {"de": "Sie ist keine vollständige Webadresse", "en": "it is no complete web address"}
NOT_HTTPS: Final[Text] = {"de": "Sie beginnt nicht mit https://", "en": "it does not begin with https://"}
WITH_MORE: Final[Text] = {
    "de": "Sie enthält Zugangsdaten oder einen Anker (#)",
    "en": "it contains credentials or a fragment (#)",
}
INSIDE: Final[Text] = {
    "de": "Sie führt in ein inneres Netz oder auf diese Maschine",
    "en": "it leads into a private network or to this machine",
}
NOT_FOUND: Final[Text] = {"de": "Ihr Name wird nicht gefunden", "en": "its name is not found"}


class Unreached(Exception):
    """Nothing was delivered; `reason` is one of a few fixed words."""

    def __init__(self, reason: str) -> None:
        """Keep the word: what servers say is not repeated."""
        super().__init__(reason)
        self.reason = reason


async def system_lookup(host: str, port: int) -> Sequence[str]:
    """Ask the system."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_LOOKING_UP, ask)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True)
class Outbound:
    """How the outside is reached."""

    loopback: bool = False
    """This machine may be reached, too, in clear text: for throw-away data alone."""
    lookup: Lookup = system_lookup
    trusted: ssl.SSLContext | None = None
    """Whose certificates are believed; None means the usual authorities."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send something and give the status of the answer, whose content is never read.

        Raises:
            Unreached: the address is not usable now, or nobody answered in ten seconds.
        """
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                parts = self.parts(url)
                return await self._send(parts, await self.usable(parts), body, headers)
        except DestinationRefused:
            raise Unreached("address_refused") from None
        except TimeoutError:
            raise Unreached("timeout") from None
        except (OSError, UnicodeError):
            raise Unreached("name_not_found") from None
        except httpx2.HTTPError as error:
            raise Unreached("not_trusted" if _about_trust(error) else "no_answer") from None

    async def _send(self, parts: SplitResult, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        host = f"[{address}]" if ":" in address else address
        pinned = parts._replace(netloc=f"{host}:{_port(parts)}").geturl()
        sent = {**headers, "Host": parts.netloc}
        named = {"sni_hostname": parts.hostname or ""}
        # One client for one exchange: a connection kept for one name would be used for another at the same address.
        async with httpx2.AsyncClient(
            verify=self.trusted or _authorities(), trust_env=False, follow_redirects=False, timeout=LIMIT_SECONDS
        ) as client:
            request = client.build_request("POST", pinned, content=body, headers=sent, extensions=named)
            response = await client.send(request, stream=True)
            await response.aclose()
            return int(response.status_code)

    def parts(self, url: str) -> SplitResult:
        """Take an address apart.

        Raises:
            DestinationRefused: it is none that may be given.
        """
        parts = _split(url)
        if parts.scheme != "https" and not (self.loopback and parts.scheme == "http"):
            raise DestinationRefused(reason=NOT_HTTPS)
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise DestinationRefused(reason=WITH_MORE)
        return parts

    async def usable(self, parts: SplitResult) -> str:
        """Look the name up and give one of its addresses; one bad address among good ones is refused, too.

        Raises:
            DestinationRefused: it leads inside.
            OSError, UnicodeError: it is not found.
        """
        addresses = await self.lookup(parts.hostname or "", _port(parts))
        if not addresses or not all(self._may_reach(address) for address in addresses):
            raise DestinationRefused(reason=INSIDE)
        return addresses[0]

    def _may_reach(self, text: str) -> bool:
        address = ipaddress.ip_address(text)
        return is_outside(address) or (self.loopback and address.is_loopback)


async def check(outbound: Outbound, url: str) -> None:
    """Refuse an address that nothing would be sent to.

    Raises:
        DestinationRefused: saying why.
    """
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await outbound.usable(outbound.parts(url))
    except (OSError, TimeoutError, UnicodeError):
        raise DestinationRefused(reason=NOT_FOUND) from None


def is_outside(address: _Address) -> bool:
    """Whether an address is one of the internet's, and of a single receiver there."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None or address.is_site_local or any(address in network for network in _EMBEDDING):
            return False
        if address in _TRANSLATED:
            return is_outside(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@cache
def _authorities() -> ssl.SSLContext:
    return ssl.create_default_context()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = len(url) <= LONGEST_URL and url.isascii() and url.isprintable() and " " not in url
        if not (usable and parts.hostname and (parts.port is None or parts.port > 0)):
            raise DestinationRefused(reason=NOT_AN_ADDRESS)
    except ValueError:
        raise DestinationRefused(reason=NOT_AN_ADDRESS) from None
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (HTTPS if parts.scheme == "https" else 80)


def _about_trust(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
