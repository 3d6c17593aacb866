"""What a host's links are about: one stop of one journey."""

from __future__ import annotations

from typing import Final

ADDRESS: Final = "/host/links"
"""Where the pages show a host's links."""


def subject_of(journey_id: str, stop_id: str) -> str:
    """Name a stop of a journey."""
    return f"{journey_id}:{stop_id}"


def named_by(subject: str) -> tuple[str, str]:
    """Give journey and stop; an unknown subject names none that exists."""
    journey_id, _, stop_id = subject.partition(":")
    return journey_id, stop_id
