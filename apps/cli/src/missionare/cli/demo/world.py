"""What the story knows: two addresses, a clock that may be moved, and who has signed in so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.outside import Mailbox, Outsider
from missionare.cli.demo.region import Person

MEMBERS: Final = "/api/members/v1"
JOURNEYS: Final = "/api/journeys/v1"
CATALOG: Final = "/api/catalog/v1"
NOTIFICATIONS: Final = "/api/notifications/v1"
SIGN_IN_SUBJECT: Final = "Anmeld"


@dataclass
class World:
    """Everything the chapters share."""

    gateway: str
    key: str
    """The journey lead's API key."""
    mailbox: Mailbox
    agency: Outsider
    """The journey lead, with the key that `create-operator` printed."""
    move_clock: Callable[[timedelta], None]
    tell: Narrator
    known: dict[str, Outsider] = field(default_factory=dict)
    """Who has signed in, by e-mail address."""
    ids: dict[str, str] = field(default_factory=dict)
    """What the story made, by the name the chapters give it."""
    people: dict[str, str] = field(default_factory=dict)
    """Ids of persons by e-mail address, as the agency reads them."""
    organisations: dict[str, str] = field(default_factory=dict)
    """Ids of organisations by name."""
    moments: dict[str, datetime] = field(default_factory=dict)
    """When what the story planned happens, by the name the chapters give it."""
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """Give the moment it is in the story."""
        return datetime.now(UTC) + self.ahead

    def pass_time(self, span: timedelta, why: str) -> None:
        """Move the clock on."""
        self.ahead += span
        self.move_clock(span)
        self.tell.time_passes(span, why)

    def pass_time_until(self, moment: datetime, why: str) -> None:
        """Move the clock on to `moment`, so that the story is the same at any hour it is played."""
        self.pass_time(moment - self.now(), why)

    def sign_in(self, person: Person) -> Outsider:
        """Let a person ask for a link by mail, open it and confirm it; gives the signed-in browser."""
        visitor = Outsider(self.gateway)
        before = self.mailbox.newest(person.email)
        visitor.post_once(f"{MEMBERS}/sign-in", {"email": person.email})
        link = self.mailbox.link_for(person.email, SIGN_IN_SUBJECT, after=before)
        visitor.send(visitor.open(link), "confirm")
        self.known[person.email] = visitor
        return visitor

    def browser_of(self, person: Person) -> Outsider:
        """Give the browser of somebody who has signed in."""
        return self.known[person.email]

    def close(self) -> None:
        """Close every connection."""
        self.mailbox.close()
        for outsider in [self.agency, *self.known.values()]:
            outsider.close()
