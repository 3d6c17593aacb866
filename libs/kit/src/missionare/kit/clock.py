"""The one clock. Decisions, business timers and mail hours ask it; leases, tokens and fact ids do not.

With `MISSIONARE_CLOCK_FILE` the clock reads an offset in seconds from that file, so that on a demonstration's
temporary data a deadline of three weeks can pass on real servers. Settings refuse the file anywhere else.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Aware UTC time, in milliseconds as MongoDB keeps it, shifted by the clock file where there is one."""

    def __init__(self, offset_file: Path | None = None) -> None:
        """Read the offset from `offset_file` on every change of it; None means the machine's time."""
        self._file = offset_file
        self._stamp: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        """Give the present moment."""
        moment = datetime.now(UTC) + self.offset()
        return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)

    def offset(self) -> timedelta:
        """Give how far the clock runs ahead. A file that is missing or half-written keeps the last offset."""
        if self._file is None:
            return self._offset
        try:
            status = self._file.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                self._offset = timedelta(seconds=float(self._file.read_text(encoding="utf-8").strip() or 0))
                self._stamp = stamp
        except (FileNotFoundError, ValueError):
            return self._offset
        return self._offset
