"""How far an import is, on standard error, so that standard output is free for the result."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress import Progress


def progress(*, quiet: bool) -> AbstractContextManager[Progress]:
    """Give the place for bars; they are gone in the end."""
    return Progress(console=Console(stderr=True), transient=True, disable=quiet)


def bar(bars: Progress, name: str, total: int) -> Callable[[int], None]:
    """Begin a bar and give what moves it on."""
    task = bars.add_task(name, total=total)
    return lambda done: bars.advance(task, done)
