"""The two faces of the mailbox: SMTP takes, HTTP shows. Both on loopback, or within a closed network."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session

from missionare.cli.mailbox.store import Letters

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_HEADER_LINES: Final = 100
REQUEST_SECONDS: Final = 10.0


class Taking:
    """What aiosmtpd calls when a mail has arrived."""

    def __init__(self, letters: Letters) -> None:
        """Keep what arrives."""
        self._letters = letters

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Keep the mail, then say so: 250 means that it is on the disk."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content or "").encode("utf-8")
        try:
            number = self._letters.keep(raw, envelope.mail_from or "", list(envelope.rcpt_tos))
        except OSError as error:
            return f"452 not kept: {error.strerror}"
        return f"250 kept as {number}"


def smtp(letters: Letters) -> SMTP:
    """Make the protocol for one SMTP connection."""
    return SMTP(Taking(letters), data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, ident="missionare mailbox")


class Showing:
    """A read-only list: `GET /messages?to=...&after=...`, `GET /messages/{id}`, `GET /health`."""

    def __init__(self, letters: Letters) -> None:
        """Show these."""
        self._letters = letters

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                status, answer = self._answer(await _target(reader))
                writer.write(_response(status, answer))
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            return
        finally:
            writer.close()

    def _answer(self, target: str | None) -> tuple[HTTPStatus, Any]:
        if target is None:
            return HTTPStatus.METHOD_NOT_ALLOWED, {"detail": "read only"}
        address = urlsplit(target)
        match address.path.strip("/").split("/"):
            case ["health"]:
                return HTTPStatus.OK, {"status": "ok"}
            case ["messages"]:
                return HTTPStatus.OK, self._listed(parse_qs(address.query))
            case ["messages", number] if (letter := self._letters.read(number)) is not None:
                return HTTPStatus.OK, letter
        return HTTPStatus.NOT_FOUND, {"detail": "no such message"}

    def _listed(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        after = query.get("after", [""])[0]
        wanted = query.get("to", [""])[0].lower()
        most = query.get("limit", [""])[0]
        letters = (self._letters.read(number) for number in self._letters.numbers() if number > after)
        found = (letter for letter in letters if letter and _is_for(letter, wanted))
        return list(islice(found, int(most) if most.isdecimal() else None))


def _is_for(letter: dict[str, Any], address: str) -> bool:
    return not address or address in {recipient.lower() for recipient in letter["to"]}


async def _target(reader: asyncio.StreamReader) -> str | None:
    """Read a request's head and give its target, or None if it is not a GET."""
    method, target, _version = (await reader.readline()).decode("ascii").split(" ", 2)
    for _ in range(MAX_HEADER_LINES):
        if (await reader.readline()).strip() == b"":
            break
    return target if method in {"GET", "HEAD"} else None


def _response(status: HTTPStatus, content: Any) -> bytes:
    body = json.dumps(content, ensure_ascii=False).encode("utf-8")
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
