"""Where the lines of all processes go: each into its own log file, and into one console with prefixes.

Nothing a child writes may be lost or make it wait: files are written at once, the console by a thread of its own. A
console that does not keep up (a pipe nobody reads) misses lines, is told how many, and finds them in the files.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from missionare.cli.processes import Show, everything

MAX_BYTES: Final = 10 * 1024 * 1024
KEPT_FILES: Final = 3
CONSOLE_LINES: Final = 10_000
LAST_LINES: Final = 15
LONGEST_LINE: Final = 1024 * 1024
COLOURS: Final = ("36", "33", "35", "32", "34", "96", "93", "95", "92", "94")
NAME_WIDTH: Final = 13


class LogFile:
    """A file that is put aside at a certain size; a few old ones are kept."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, kept: int = KEPT_FILES) -> None:
        """Append to `path`."""
        self.path = path
        self._max_bytes = max_bytes
        self._kept = kept
        self._file: IO[bytes] = path.open("ab")

    def write(self, line: bytes) -> None:
        """Add one line. A full disk loses log lines, never the process that wrote them."""
        with suppress(OSError):
            if self._file.closed:  # the disk was full when the next file should have begun
                self._file = self.path.open("ab")
            if self._file.tell() + len(line) > self._max_bytes:
                self._rotate()
            self._file.write(line + b"\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):
            self._file.close()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._kept, 0, -1):
            newer = self.path.with_name(f"{self.path.name}.{number - 1}") if number > 1 else self.path
            if newer.exists():
                newer.replace(self.path.with_name(f"{self.path.name}.{number}"))
        self._file = self.path.open("ab")


class Console:
    """One stream for everybody, written by a thread so that a slow reader holds nobody up."""

    def __init__(self, stream: IO[str], *, silent: bool = False) -> None:
        """Write to `stream`; coloured when a person looks at it."""
        self._stream = stream
        self._silent = silent
        self.coloured = stream.isatty()
        self._lines: queue.Queue[str | None] = queue.Queue(CONSOLE_LINES)
        self._missed = 0
        self._thread = threading.Thread(target=self._write, name="console", daemon=True)
        self._thread.start()

    def say(self, line: str) -> None:
        """Queue a line; never wait."""
        if self._silent:
            return
        try:
            if self._missed:
                self._lines.put_nowait(f"... {self._missed} lines left out here; they are in the log files")
                self._missed = 0
            self._lines.put_nowait(line)
        except queue.Full:
            self._missed += 1

    def close(self) -> None:
        """Write what is queued, for at most a moment."""
        with suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(timeout=1.0)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            with suppress(OSError, ValueError):
                self._stream.write(line + "\n")
                if self._lines.empty():
                    self._stream.flush()


class Voice:
    """What one process says: its log file, its prefix on the console, its last lines."""

    def __init__(self, name: str, log: LogFile, console: Console, colour: str, show: Show) -> None:
        """Bind the parts together."""
        self.log = log
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        self._show = show
        self._console = console
        padded = f"{name:<{NAME_WIDTH}} | "
        self._prefix = f"\x1b[{colour}m{padded}\x1b[0m" if console.coloured else padded
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        """Take output as it comes, in pieces of any size."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        for line in lines:
            self.line(line)

    def end(self) -> None:
        """Take the last line, which may lack its end."""
        if self._rest:
            self.line(self._rest)
            self._rest = b""

    def line(self, line: bytes) -> None:
        """Take one line."""
        self.log.write(line)
        text = line.decode("utf-8", "replace").rstrip()
        self.last.append(text)
        if self._show(text):
            self._console.say(self._prefix + text)


class Output:
    """The voices of all processes and of the supervisor itself."""

    def __init__(self, folder: Path, *, silent: bool = False, stream: IO[str] | None = None) -> None:
        """Keep logs in `folder`; `silent` leaves the console alone."""
        self._folder = folder
        self._console = Console(stream or sys.stdout, silent=silent)
        self._voices: list[Voice] = []

    def voice(self, name: str, show: Show = everything) -> Voice:
        """Give a process its voice."""
        colour = COLOURS[len(self._voices) % len(COLOURS)]
        voice = Voice(name, LogFile(self._folder / f"{name}.log"), self._console, colour, show)
        self._voices.append(voice)
        return voice

    def close(self) -> None:
        """Write what is left and close the files."""
        for voice in self._voices:
            voice.end()
            voice.log.close()
        self._console.close()
