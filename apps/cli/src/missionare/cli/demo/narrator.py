"""The voice of the story: what happened, in which service, in plain German."""

from __future__ import annotations

from datetime import timedelta

from rich.console import Console

DAYS_FROM_HOURS = 48
"""A span from here on is told in days."""
_SERVICES = {
    "members": "Mitglieder",
    "journeys": "Lernreisen",
    "catalog": "Katalog",
    "notifications": "Transfer und Post",
    "agency": "Agentur",
}


class Narrator:
    """Tells the steps on standard error, so that standard output is free for the result."""

    def __init__(self, console: Console | None = None) -> None:
        """Speak on `console`."""
        self._console = console or Console(stderr=True, highlight=False)

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._console.print(f"\n[bold]{title}[/bold]")

    def step(self, service: str, sentence: str) -> None:
        """Tell one step and the service it happened in."""
        self._console.print(f"  [cyan]{_SERVICES[service]:<18}[/cyan] {sentence}", soft_wrap=True)

    def time_passes(self, span: timedelta, why: str) -> None:
        """Say that the clock was moved, and why."""
        hours = round(span / timedelta(hours=1))
        said = f"{round(hours / 24)} Tage" if hours >= DAYS_FROM_HOURS else f"{hours} Stunden"
        self._console.print(f"  [dim]Die Uhr wird um {said} vorgestellt: {why}[/dim]", soft_wrap=True)

    def remark(self, sentence: str) -> None:
        """Say something that belongs to no step."""
        self._console.print(f"  {sentence}", soft_wrap=True)
