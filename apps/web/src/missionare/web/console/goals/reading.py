"""What the console reads of goals."""

from __future__ import annotations

from datetime import date

from missionare.web.services import Read


class Goal(Read):
    """A goal that was handed in."""

    id: str
    version: int
    person_id: str
    statement: str
    topics: tuple[str, ...]
    pole: str
    sign_of_success: str
    target_on: date
    state: str


class Goals(Read):
    """A page of goals."""

    items: tuple[Goal, ...]
    next_cursor: str | None = None
