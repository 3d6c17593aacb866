"""A platform that somebody else has started, as the story needs it: two addresses, a key and a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from missionare.cli import credentials, files
from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.outside import Mailbox, Outsider
from missionare.cli.demo.world import World
from missionare.cli.failures import ElsewhereIncomplete
from missionare.cli.folder import DataFolder


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Where the platform is. Its data is thrown away afterwards: nothing else lets its clock be moved."""

    url: str
    mailbox_url: str
    key_file: Path
    clock_file: Path
    """What the platform's processes read as `MISSIONARE_CLOCK_FILE`."""

    @classmethod
    def of(cls, url: str, mailbox_url: str | None, key_file: Path | None, clock_file: Path | None) -> Elsewhere:
        """Take what the command line says.

        Raises:
            ElsewhereIncomplete: something is missing.
        """
        if mailbox_url is None or key_file is None or clock_file is None:
            raise ElsewhereIncomplete
        return cls(url=url.rstrip("/"), mailbox_url=mailbox_url, key_file=key_file, clock_file=clock_file)

    def world(self, tell: Narrator) -> World:
        """Give the world of the story there.

        Raises:
            KeyMissing: the file holds no key.
        """
        key = credentials.need(DataFolder(self.key_file.parent), self.key_file)
        return World(
            gateway=self.url,
            key=key,
            mailbox=Mailbox(self.mailbox_url),
            agency=Outsider(self.url, key=key),
            move_clock=self._move_clock,
            tell=tell,
        )

    def _move_clock(self, forward: timedelta) -> None:
        files.add(self.clock_file, forward.total_seconds())
