"""Mailed links: addresses that open one thing for whoever holds them, until a deadline or their first use.

Only the SHA-256 of a token is stored. GET shows and changes nothing, so a mail scanner that opens every link does
no harm; POST acts, and only from the page itself.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, TypeVar

from pymongo import UpdateMany

from missionare.kit.aggregates import Aggregate
from missionare.kit.commands import Command
from missionare.kit.mongo import Filter
from missionare.kit.pages import Field, Form, Page
from missionare.kit.readers import Reader
from missionare.kit.refusals import NotFound, Refusal, Text
from missionare.kit.store import NOTHING, Index, Scope, Store
from missionare.kit.work import Work

__all__ = ["Field", "Form", "LinkGrant", "LinkToken", "LinkTokens", "Links", "Page"]

TOKEN_BYTES: Final = 32
KEPT_AFTER_END: Final = timedelta(days=90)
"""So long an expired link still explains itself; then it is unknown."""

Show = Callable[["LinkToken", Reader], Awaitable[Page]]
ActOnLink = Callable[["LinkToken", dict[str, str], Command], Awaitable[Page]]
Renew = Callable[["LinkToken", Command], Awaitable[Page]]
Issue = Callable[[str, Command], Awaitable["LinkGrant"]]
F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


class LinkUnknown(NotFound):
    """No such link was ever given out, or it ended long ago."""

    title: ClassVar[Text] = {"de": "Link unbekannt", "en": "Link unknown"}
    text: ClassVar[Text] = {
        "de": "Diesen Link gibt es nicht oder nicht mehr. Prüfen Sie, ob er vollständig aus der E-Mail übernommen "
        "wurde, oder bitten Sie die Regionalagentur um einen neuen.",
        "en": "This link does not exist, or no longer. Check that it was copied from the mail as a whole, or ask the "
        "agency for a new one.",
    }


class LinkEnded(Refusal):
    """The link was used, or a newer decision ended it."""

    status = 410
    title: ClassVar[Text] = {"de": "Link bereits benutzt", "en": "Link already used"}
    text: ClassVar[Text] = {
        "de": "Dieser Link wurde bereits benutzt oder durch einen anderen ersetzt. Wenn Sie noch etwas erledigen "
        "möchten, fordern Sie einen neuen an.",
        "en": "This link has been used, or another has taken its place. If there is something left to do, ask for a "
        "new one.",
    }


class LinkExpired(Refusal):
    """The link's time is over."""

    status = 410
    title: ClassVar[Text] = {"de": "Link abgelaufen", "en": "Link expired"}
    text: ClassVar[Text] = {
        "de": "Dieser Link galt bis {until}. Fordern Sie einen neuen an; was Sie bisher erledigt haben, bleibt "
        "bestehen.",
        "en": "This link was valid until {until}. Ask for a new one; what you have done so far is kept.",
    }


class LinkToken(Aggregate):
    """One link, as it is stored. `id` is the hash of the token, never the token."""

    purpose: str
    subject: str
    """What the link is about: the id of the thing it opens."""
    holder: str | None = None
    """The person it was made for, where there is one."""
    single_use: bool
    expires_at: datetime
    ended_at: datetime | None = None

    def check(self, now: datetime) -> None:
        """Let a link pass that may still be used.

        Raises:
            LinkEnded: it was used or replaced.
            LinkExpired: its time is over.
        """
        if self.ended_at is not None:
            raise LinkEnded
        if now >= self.expires_at:
            raise LinkExpired(until=self.expires_at)


class LinkTokens(Store[LinkToken]):
    """The links that were given out. Nobody looks them up but kit, by the hash of the token in the address."""

    collection = "links"
    aggregate = "link"
    model = LinkToken
    unknown = LinkUnknown
    indexes = (
        Index("purpose", ["purpose", "subject"]),
        Index("kept", ["expires_at"], expires_seconds=int(KEPT_AFTER_END.total_seconds())),
    )

    def within(self, scope: Scope) -> Filter:  # noqa: ARG002 - a link is found by its secret, by nobody otherwise
        """No caller sees any."""
        return NOTHING

    async def opened_by(self, token: str) -> LinkToken:
        """Give the link a token opens, usable or not.

        Raises:
            LinkUnknown: there is none.
        """
        return await self.get(hashed(token), Scope.system("the token in the address is the proof"))

    def issue(
        self,
        work: Work,
        purpose: str,
        subject: str,
        expires_at: datetime,
        *,
        single_use: bool,
        holder: str | None = None,
    ) -> str:
        """Add a new link to the work and give its token, which is shown this once and stored nowhere."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        link = LinkToken(
            id=hashed(token),
            purpose=purpose,
            subject=subject,
            holder=holder,
            single_use=single_use,
            expires_at=expires_at,
        )
        work.save(self, link)
        return token

    def use(self, work: Work, link: LinkToken) -> None:
        """Spend a single-use link, and its siblings with it. Of two uses at once, one is committed."""
        work.save(self, link.changed(ended_at=work.now))
        self.end(work, link.purpose, link.subject)

    def replace(self, work: Work, link: LinkToken) -> None:
        """Spend an expired link on asking for a new one.

        Raises:
            LinkEnded: that has been asked for before.
            LinkUnknown: it has not expired, so there is nothing to replace.
        """
        try:
            link.check(work.now)
        except LinkExpired:
            work.save(self, link.changed(ended_at=work.now))
        else:
            raise LinkUnknown

    def end(self, work: Work, purpose: str, subject: str) -> None:
        """End all links of a purpose and subject."""
        open_ones = {"purpose": purpose, "subject": subject, "ended_at": None}
        # The version rises, so that a use of one of them that is under way loses its race.
        work.write(self.collection, UpdateMany(open_ones, {"$set": {"ended_at": work.now}, "$inc": {"version": 1}}))


@dataclass(frozen=True)
class LinkGrant:
    """What a service says about a link it lets another service mail."""

    expires_at: datetime
    holder: str | None = None
    single_use: bool = False


@dataclass(frozen=True)
class LinkAction:
    """One thing a link can do."""

    act: ActOnLink
    changes: bool


@dataclass
class Purpose:
    """One kind of link: how it is shown, what it can do, how it is made and replaced."""

    name: str
    show: Show | None = None
    single_use: bool = False
    actions: dict[str, LinkAction] = field(default_factory=dict)
    renew: Renew | None = None
    issue: Issue | None = None
    address: str = ""
    """Below which path the mailed address is, where other pages show the link; else it is the service's own page."""


class Links:
    """The kinds of links of one service.

    links = Links(fetched_by=["mailer"])

    @links.page("visit")
    async def show_visit(link: LinkToken, reader: Reader) -> Page: ...

    @links.act("visit", "confirm", changes=True)
    async def confirm_visit(link: LinkToken, form: dict[str, str], command: Command) -> Page: ...
    """

    def __init__(self, *, fetched_by: Sequence[str] = ()) -> None:
        """Begin without any; the services in `fetched_by` may ask for links to mail."""
        self.fetched_by = tuple(fetched_by)
        self.purposes: dict[str, Purpose] = {}

    def page(self, purpose: str, *, single_use: bool = False) -> Callable[[F], F]:
        """Declare how a kind of link is shown. A single-use one takes no If-Match: its first use ends it."""

        def declare(show: F) -> F:
            self._purpose(purpose).show = show
            self._purpose(purpose).single_use = single_use
            return show

        return declare

    def act(self, purpose: str, action: str, *, changes: bool = False) -> Callable[[F], F]:
        """Declare what a form of the page does. With `changes`, the form carries the version it was shown with."""

        def declare(act: F) -> F:
            self._purpose(purpose).actions[action] = LinkAction(act, changes)
            return act

        return declare

    def renews(self, purpose: str) -> Callable[[F], F]:
        """Declare how an expired link is replaced: the new one goes to the address that is known."""

        def declare(renew: F) -> F:
            self._purpose(purpose).renew = renew
            return renew

        return declare

    def issues(self, purpose: str, *, address: str = "") -> Callable[[F], F]:
        """Declare how a link is granted to the service that mails it: an async function of subject and command.

        Args:
            purpose: the kind of link.
            address: the path below which other pages show it; they read and act here, as programs.
        """

        def declare(issue: F) -> F:
            self._purpose(purpose).issue = issue
            self._purpose(purpose).address = address
            return issue

        return declare

    def _purpose(self, name: str) -> Purpose:
        return self.purposes.setdefault(name, Purpose(name))


def merged(parts: Sequence[Links]) -> Links:
    """Join the links that different files of a service declare."""
    whole = Links(fetched_by=sorted({name for part in parts for name in part.fetched_by}))
    for part in parts:
        for name, purpose in part.purposes.items():
            if name in whole.purposes:
                msg = f"the link {name} is declared in two places"
                raise ValueError(msg)
            whole.purposes[name] = purpose
    return whole


def hashed(token: str) -> str:
    """Give what is stored of a token. It is random and long, so a plain hash suffices."""
    return hashlib.sha256(token.encode()).hexdigest()
