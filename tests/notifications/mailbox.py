"""A real mail server for tests, which keeps what it takes and can be told to refuse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as MAIL
from typing import Any, cast

from aiosmtpd.smtp import SMTP
from support.servers import free_port


class Mailbox:
    """What aiosmtpd calls when a mail arrives."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answer_to_recipient = ""
        self.answer_to_data = ""
        self._server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802 - its name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.answer_to_recipient:
            return self.answer_to_recipient.format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        if self.answer_to_data:
            return self.answer_to_data
        self.mails.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=MAIL)))
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [str(mail["Subject"]) for mail in self.mails]

    def to(self, address: str) -> list[str]:
        """Give the subjects of the mails to an address, in order of arrival."""
        return [str(mail["Subject"]) for mail in self.mails if address in str(mail["To"])]

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: SMTP(self, ident="test"), "127.0.0.1", self.port)

    async def close(self) -> None:
        """Stop taking mails; nothing listens on the port until it is opened again."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


@asynccontextmanager
async def open_mailbox() -> AsyncIterator[Mailbox]:
    mailbox = Mailbox()
    await mailbox.open()
    try:
        yield mailbox
    finally:
        await mailbox.close()
