"""Signing in and out, and what the gateway is told about every request."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from math import ceil
from typing import Annotated, Final, Literal

from fastapi import Header, Query, Request
from pydantic import StringConstraints

from missionare.kit.callers import Language
from missionare.kit.links import Form, Links, LinkToken, Page
from missionare.kit.refusals import Text
from missionare.kit.routes import Answer, Body, Command, Cookie, Policy, Reader, Reply, Routes
from missionare.kit.store import Scope
from missionare.members.api import Email
from missionare.members.invitation.api import accept_replies
from missionare.members.key import domain as key_domain
from missionare.members.key.domain import ApiKey, InvalidKey
from missionare.members.key.store import ApiKeys
from missionare.members.password.store import Passwords
from missionare.members.person import domain as person_domain
from missionare.members.person.api import standing_of
from missionare.members.person.domain import PersonState
from missionare.members.person.store import People
from missionare.members.session import domain
from missionare.members.session.domain import Limits, OtherBrowser, SignInRefused, TooManyTries
from missionare.members.session.store import SIGN_IN, Sessions, Tries, machine_time, mail_link
from missionare.members.settings import MembersSettings

routes = Routes("members")
internal = Routes("members", internal=True)
links = Links()

WHOLE = Scope.system("whoever signs in is not known before")
SECRET_BYTES: Final = 32
BEARER_KEY: Final = f"bearer {key_domain.PREFIX}_"
VISIT_FIELD: Final = "visit"
PAGES: Final[Mapping[Language, str]] = {"de": "/welcome", "en": "/en/welcome"}
"""Where the pages lead on whoever has signed in."""

WORDS: Mapping[str, Text] = {
    "asked": {
        "de": "Wenn unter dieser Adresse jemand verzeichnet ist, ist jetzt eine E-Mail mit einem Anmeldelink "
        "unterwegs. Er gilt 15 Minuten. Kommt nichts an, prüfen Sie die Schreibweise und den Spam-Ordner, oder rufen "
        "Sie die Regionalagentur an.",
        "en": "If somebody is registered with this address, a mail with a sign-in link is on its way now. It is valid "
        "for 15 minutes. If nothing arrives, check the spelling and the spam folder, or call the agency.",
    },
    "title": {"de": "Anmelden", "en": "Sign in"},
    "intro": {
        "de": "Mit einem Klick sind Sie in diesem Browser angemeldet. Der Link gilt einmal.",
        "en": "With one click you are signed in in this browser. The link works once.",
    },
    "button": {"de": "Jetzt anmelden", "en": "Sign in now"},
    "done_title": {"de": "Sie sind angemeldet", "en": "You are signed in"},
    "done": {
        "de": "Sie können dieses Fenster schließen oder auf der Plattform weiterarbeiten.",
        "en": "You may close this window or go on to the platform.",
    },
    "go_on": {"de": "Weiter zur Plattform", "en": "Go on to the platform"},
    "renewed_title": {"de": "Neuer Link unterwegs", "en": "A new link is on its way"},
    "left": {"de": "Sie sind abgemeldet.", "en": "You are signed out."},
}


class Told(Answer):
    """A sentence for the person."""

    message: str


class SignIn(Body):
    """Who wants a link."""

    email: Email
    language: Literal["de", "en"] | None = None
    """Of the mail; the person's own unless given."""


class PasswordSignIn(Body):
    """Who wants to sign in with a password."""

    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class SignedIn(Answer):
    """Who is signed in now. The session itself is in the cookie."""

    person_id: str


@routes.post("/sign-in", policy=Policy.public(), status=202, once=False, answers=Told)
async def ask_for_sign_in_link(body: SignIn, command: Command) -> Told:
    """Ask for a sign-in link by mail. The answer is the same whether the address is known or not."""
    person = await command.store(People).at(body.email, WHOLE)
    await mail_link(command, body.email, person, body.language)
    return Told(message=WORDS["asked"][command.language])


@routes.post("/sessions", policy=Policy.public(), status=201, once=False, answers=SignedIn)
async def sign_in_with_password(
    body: PasswordSignIn,
    command: Command,
    request: Request,
    origin: Annotated[str | None, Header()] = None,
    sec_fetch_site: Annotated[str | None, Header()] = None,
) -> Reply:
    """Sign in with a password. Unknown address, no password and wrong password are refused alike."""
    settings = settings_of(command)
    if origin is not None or sec_fetch_site is not None:
        _check_origin("POST", origin, sec_fetch_site, settings)
    tries = command.store(Tries)
    wait = await tries.begin("password", body.email, machine_time())
    if wait is not None:
        raise TooManyTries(seconds=ceil(wait.total_seconds()))
    person = await command.store(People).at(body.email, WHOLE)
    usable = person is not None and person.state is PersonState.ACTIVE
    fits = await command.store(Passwords).fits(person.id if person and usable else None, body.password)
    if person is None or not fits:
        raise SignInRefused
    await tries.forget("password", body.email)
    cookie = _begin_session(command, person.id, request.cookies)
    return Reply(SignedIn(person_id=person.id), status=201, cookies=[cookie])


@routes.delete("/sessions/current", policy=Policy.public(), once=False, answers=Told)
async def sign_out(command: Command, request: Request) -> Reply:
    """Sign out. Whoever is not signed in is told the same."""
    settings = settings_of(command)
    secret = request.cookies.get(settings.session_cookie)
    if secret is not None:
        Sessions.end(command, secret)
    over = Cookie(settings.session_cookie, "", max_age=0, secure=settings.cookies_are_secure)
    return Reply(Told(message=WORDS["left"][command.language]), cookies=[over])


@internal.get("/authenticate", policy=Policy.public(), own_credentials=True)
async def authenticate(
    reader: Reader,
    request: Request,
    audience: Annotated[str, Query(min_length=1, max_length=64, pattern="^[a-z]+$")],
) -> Reply:
    """Turn a cookie or an API key into a token for one audience; without either, or with an old cookie, a visitor.

    The gateway asks this before it lets a request through, and replaces the request's Authorization by the answer's.
    """
    authorization = request.headers.get("authorization", "")
    if authorization[: len(BEARER_KEY)].lower() == BEARER_KEY:
        return _as(await _token_for_key(authorization.partition(" ")[2].strip(), audience, reader))
    secret = request.cookies.get(settings_of(reader).session_cookie)
    return _as(await _token_for_session(secret, audience, reader, request) if secret else None)


@links.page(SIGN_IN, single_use=True)
async def show_sign_in(link: LinkToken, reader: Reader) -> Page:
    """Ask for a click, and tie it to this browser: a mail scanner that opens the link signs nobody in."""
    del link
    settings, said = settings_of(reader), _words(reader.language)
    visit = secrets.token_urlsafe(SECRET_BYTES)
    cookie = Cookie(
        settings.visit_cookie,
        visit,
        max_age=int(domain.LINK_LIFETIME.total_seconds()),
        secure=settings.cookies_are_secure,
        same_site="strict",
    )
    form = Form("confirm", said["button"], hidden={VISIT_FIELD: _proof(visit)})
    return Page(said["title"], [said["intro"]], [form], cookies=[cookie])


@links.act(SIGN_IN, "confirm")
async def confirm_sign_in(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Sign in, in the browser that opened the link. The first time this proves the address."""
    settings, said = settings_of(command), _words(command.language)
    visit = command.cookies.get(settings.visit_cookie, "")
    if not visit or not hmac.compare_digest(_proof(visit), form.get(VISIT_FIELD, "")):
        raise OtherBrowser
    people = command.store(People)
    person = await people.get(link.subject, WHOLE)
    proved, facts = person_domain.prove_address(person)
    if facts:
        command.save(people, proved, facts)
    await accept_replies(command, person.id)
    session = _begin_session(command, person.id, command.cookies)
    over = Cookie(settings.visit_cookie, "", max_age=0, secure=settings.cookies_are_secure, same_site="strict")
    onward = f"{settings.public_url}{PAGES[command.language]}"
    return Page(said["done_title"], [said["done"]], links=[(said["go_on"], onward)], cookies=[session, over])


@links.renews(SIGN_IN)
async def renew_sign_in(link: LinkToken, command: Command) -> Page:
    """Mail another link in the place of an expired one."""
    person = await command.store(People).get(link.subject, WHOLE)
    await mail_link(command, person.contact.email, person)
    said = _words(command.language)
    return Page(said["renewed_title"], [said["asked"]])


def settings_of(work: Reader | Command) -> MembersSettings:
    """Give this service's own settings."""
    if not isinstance(work.settings, MembersSettings):
        msg = "members runs with MembersSettings"
        raise TypeError(msg)
    return work.settings


def _begin_session(command: Command, person_id: str, cookies: Mapping[str, str]) -> Cookie:
    """Begin a session with a new secret, and end the one this browser had."""
    settings = settings_of(command)
    before = cookies.get(settings.session_cookie)
    if before is not None:
        Sessions.end(command, before)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    limits = _limits(settings)
    session = domain.begin(
        session_id=command.new_id(), secret=secret, person_id=person_id, now=machine_time(), limits=limits
    )
    command.save(command.store(Sessions), session)
    command.note(what="signed_in", objects=[f"person:{person_id}", f"session:{session.id}"])
    return Cookie(
        settings.session_cookie,
        secret,
        max_age=int(limits.absolute.total_seconds()),
        secure=settings.cookies_are_secure,
    )


async def _token_for_key(text: str, audience: str, reader: Reader) -> str:
    """Give the token of an API key.

    Raises:
        InvalidKey: it opens nothing (any more).
    """
    presented, now = key_domain.read(text), machine_time()
    key = await reader.store(ApiKeys).find(presented.key_id, WHOLE) if presented else None
    if presented is None or key is None or not hmac.compare_digest(key.secret_hash, presented.secret_hash):
        raise InvalidKey
    if not key.opens(now):
        raise InvalidKey
    roles, organisation_id = await _rights_of(key, reader)
    if key.used_at is None or now - key.used_at > domain.SEEN_STEP:
        await reader.store(ApiKeys).note_use(key, now)
    return reader.signer.mint(
        audience,
        key.id,
        kind="key",
        roles=roles,
        organisation_id=organisation_id,
        person_id=key.person_id,
        calls=domain.CALLS.get(audience, ()),
    )


async def _rights_of(key: ApiKey, reader: Reader) -> tuple[frozenset[str], str | None]:
    """Give what a key may do now: never more than the person it acts for may do now."""
    if key.person_id is None:
        return frozenset(key.roles), key.organisation_id
    person = await reader.store(People).get(key.person_id, WHOLE)
    standing = await standing_of(person, reader)
    return frozenset(key.roles & standing.roles), standing.organisation_id


async def _token_for_session(secret: str, audience: str, reader: Reader, request: Request) -> str | None:
    """Give the token of a session, or None where the cookie opens nothing any more."""
    settings, now = settings_of(reader), machine_time()
    session = await reader.store(Sessions).opened_by(secret)
    if session is None or not session.alive(now, _limits(settings)):
        return None
    method = request.headers.get("x-forwarded-method", request.method)
    _check_origin(method, request.headers.get("origin"), request.headers.get("sec-fetch-site"), settings)
    person = await reader.store(People).find(session.person_id, WHOLE)
    if person is None:
        return None
    standing, _ = await asyncio.gather(standing_of(person, reader), _keep_alive(session, reader))
    return reader.signer.mint(
        audience,
        person.id,
        kind="person",
        roles=standing.roles,
        organisation_id=standing.organisation_id,
        calls=domain.CALLS.get(audience, ()),
    )


async def _keep_alive(session: domain.Session, reader: Reader) -> None:
    now = machine_time()
    if now - session.seen_at > domain.SEEN_STEP:
        await reader.store(Sessions).note_use(session, now)


def _as(token: str | None) -> Reply:
    return Reply(headers={"Authorization": f"Bearer {token}"} if token else {})


def _check_origin(method: str, origin: str | None, fetch_site: str | None, settings: MembersSettings) -> None:
    domain.check_origin(method=method, origin=origin, fetch_site=fetch_site, public_origin=settings.public_origin)


def _limits(settings: MembersSettings) -> Limits:
    return Limits(idle=settings.session_idle, absolute=settings.session_absolute)


def _proof(visit: str) -> str:
    """Give what the form carries of the cookie: enough to compare, not enough to forge it."""
    return hashlib.sha256(visit.encode()).hexdigest()


def _words(language: Language) -> dict[str, str]:
    return {name: text[language] for name, text in WORDS.items()}
