"""Where mails are kept: one file each, on the disk before the sender is told that it was taken."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

ENDING: Final = ".eml"
NAME: Final = re.compile(r"^\d{20}$")
ENVELOPE_FROM: Final = "X-Mailbox-From"
ENVELOPE_TO: Final = "X-Mailbox-To"


class Letters:
    """The mails of a folder, in the order in which they came."""

    def __init__(self, folder: Path) -> None:
        """Keep mails in `folder`, going on where an earlier run stopped."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._last = max((int(number) for number in self.numbers()), default=0)

    def keep(self, content: bytes, sender: str, recipients: list[str]) -> str:
        """Write a mail to the disk and give its number. When this returns, nothing short of the disk can lose it."""
        self._last = max(self._last + 1, _now_us())
        number = f"{self._last:020}"
        path = self._folder / (number + ENDING)
        beside = path.with_suffix(".part")
        header = f"{ENVELOPE_FROM}: {sender}\r\n{ENVELOPE_TO}: {', '.join(recipients)}\r\n".encode()
        with beside.open("wb") as file:
            file.write(header + content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        self._sync_folder()
        return number

    def numbers(self) -> list[str]:
        """The numbers of all mails, oldest first. A number is the moment of arrival in microseconds."""
        return sorted(path.stem for path in self._folder.glob(f"*{ENDING}") if NAME.match(path.stem))

    def read(self, number: str) -> dict[str, Any] | None:
        """Give a mail as plain data, or None where there is none of this number."""
        if not NAME.match(number):
            return None
        try:
            content = (self._folder / (number + ENDING)).read_bytes()
        except FileNotFoundError:
            return None
        return _described(number, content)

    def _sync_folder(self) -> None:
        # The name of a new file is on the disk only when its folder is.
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _described(number: str, content: bytes) -> dict[str, Any]:
    mail = message_from_bytes(content, policy=policy.default)
    return {
        "id": number,
        "to": [address.strip() for address in str(mail[ENVELOPE_TO] or "").split(",") if address.strip()],
        "from": str(mail["From"] or mail[ENVELOPE_FROM] or ""),
        "subject": str(mail["Subject"] or ""),
        "message_id": str(mail["Message-ID"] or ""),
        "received_at": datetime.fromtimestamp(int(number) / 1_000_000, UTC).isoformat(timespec="milliseconds"),
        "text": _part(mail, "plain"),
        "html": _part(mail, "html"),
    }


def _part(mail: EmailMessage, kind: str) -> str | None:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else None


def _now_us() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000_000)
