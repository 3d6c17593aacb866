"""Sessions: how long they last, when a browser is believed, and how long after failures one waits."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from missionare.kit.aggregates import Aggregate
from missionare.kit.refusals import Forbidden, NotFound, Refusal, Text, Unauthenticated

LINK_LIFETIME = timedelta(minutes=15)
SEEN_STEP = timedelta(minutes=1)
"""How exactly it is kept when a session was last used: not every request is worth a write."""

FREE_TRIES = 3
"""So many mistakes cost no waiting."""
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)
"""Waiting grows no further: nobody is ever locked out, and a stranger's tries cost the owner little."""
TRIES_KEPT = timedelta(hours=24)

CALLS = {"web": ("members", "journeys", "catalog", "notifications")}
"""Whom an audience asks in the name of the person, with the token it was given: the pages own no data themselves."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""


@dataclass(frozen=True)
class Limits:
    """How long a session lasts."""

    idle: timedelta
    """After so long without a request it ends."""
    absolute: timedelta
    """After so long it ends in any case."""


class Session(Aggregate):
    """One browser that is signed in. Its secret is in the cookie; its SHA-256 is kept."""

    secret_hash: str
    person_id: str
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    """The absolute limit."""

    def alive(self, now: datetime, limits: Limits) -> bool:
        """Whether it still opens anything."""
        return now < self.ends_at and now < self.seen_at + limits.idle


class SessionUnknown(NotFound):
    """There is no such session."""


class SignInRefused(Unauthenticated):
    """Address or password are wrong; which of them is nobody's business."""

    title: ClassVar[Text] = {"de": "Anmeldung nicht möglich", "en": "Sign-in not possible"}
    text: ClassVar[Text] = {
        "de": "E-Mail-Adresse und Passwort passen nicht zusammen. Prüfen Sie beides, oder lassen Sie sich einen "
        "Anmeldelink zusenden.",
        "en": "E-mail address and password do not belong together. Check both, or have a sign-in link sent to you.",
    }


class TooManyTries(Refusal):
    """After some mistakes one waits before trying again."""

    status = 429
    title: ClassVar[Text] = {"de": "Bitte kurz warten", "en": "Please wait a moment"}
    text: ClassVar[Text] = {
        "de": "Nach mehreren Fehlversuchen ist die Anmeldung mit Passwort kurz gesperrt. Versuchen Sie es in {seconds} "
        "Sekunden noch einmal, oder lassen Sie sich gleich einen Anmeldelink zusenden.",
        "en": "After several mistakes signing in with a password has to wait. Try again in {seconds} seconds, or "
        "have a sign-in link sent to you right now.",
    }


class ForeignPage(Forbidden):
    """Another site's page made the browser send this."""

    title: ClassVar[Text] = {"de": "Anfrage von fremder Seite", "en": "Request from another site"}
    text: ClassVar[Text] = {
        "de": "Diese Anfrage kam nicht von einer Seite dieser Plattform und wurde deshalb nicht ausgeführt. Öffnen "
        "Sie die Plattform selbst und versuchen Sie es dort.",
        "en": "This request did not come from a page of this platform and was therefore not carried out. Open the "
        "platform itself and try there.",
    }


class OtherBrowser(Forbidden):
    """A sign-in link is used in the browser that opened it."""

    title: ClassVar[Text] = {"de": "Link noch einmal öffnen", "en": "Open the link again"}
    text: ClassVar[Text] = {
        "de": "Bestätigt wird in dem Browser, der den Link geöffnet hat, mit erlaubten Cookies. Öffnen Sie den Link "
        "aus der E-Mail noch einmal; er gilt weiter.",
        "en": "It is confirmed in the browser that opened the link, with cookies allowed. Open the link in the mail "
        "once more; it is still valid.",
    }


def begin(*, session_id: str, secret: str, person_id: str, now: datetime, limits: Limits) -> Session:
    """Sign somebody in."""
    return Session(
        id=session_id,
        secret_hash=hashed(secret),
        person_id=person_id,
        began_at=now,
        seen_at=now,
        ends_at=now + limits.absolute,
    )


def hashed(secret: str) -> str:
    """Give what is stored of a cookie. It is random and long, so a plain hash suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check_origin(*, method: str, origin: str | None, fetch_site: str | None, public_origin: str) -> None:
    """Believe a browser's cookie only where its request changes nothing or comes from our own pages.

    A browser sends `Origin` with every such request, and `Sec-Fetch-Site` since 2023; one of them must vouch for it.

    Raises:
        ForeignPage: another site is behind it, or nothing says that none is.
    """
    if method.upper() in SAFE_METHODS:
        return
    vouched = origin == public_origin or (origin is None and fetch_site == "same-origin")
    if not vouched or fetch_site not in {None, "same-origin"}:
        raise ForeignPage


def pause_after(tries: int) -> timedelta:
    """Say how long one waits after so many tries: nothing at first, then twice as long each time."""
    if tries <= FREE_TRIES:
        return timedelta()
    doublings = min(tries - FREE_TRIES - 1, 16)
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))
