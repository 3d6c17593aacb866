"""What the console reads of enquiries."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from missionare.web.languages import N_
from missionare.web.services import Read

KINDS: Final = {"barrier": N_("Barriere"), "message": N_("Nachricht")}


class Enquiry(Read):
    """What somebody wrote."""

    id: str
    version: int
    kind: str
    text: str | None = None
    about: str | None = None
    reply_to: str | None = None
    received_at: datetime


class Enquiries(Read):
    """A page of enquiries."""

    items: tuple[Enquiry, ...]
    next_cursor: str | None = None
