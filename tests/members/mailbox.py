"""A real mail server for tests, which keeps what it takes and can be told to refuse."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as MAIL
from typing import Any, cast

from aiosmtpd.smtp import SMTP
from support.servers import free_port

from missionare.kit.testing import PUBLIC_URL


class Mailbox:
    """What aiosmtpd calls when a mail arrives."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.answer_to_recipient = ""
        self._server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802 - its name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.answer_to_recipient:
            return self.answer_to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        self.mails.append(cast("EmailMessage", message_from_bytes(envelope.content, policy=MAIL)))
        return "250 OK"

    def link(self, address: str) -> str:
        """Give the path of the newest link mailed to an address."""
        text = [mail.get_content() for mail in self.mails if address.lower() in str(mail["To"])][-1]
        found = re.search(rf"{re.escape(PUBLIC_URL)}(/api/members/v1/links/\S+)", text)
        assert found, text
        return found[1]

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
