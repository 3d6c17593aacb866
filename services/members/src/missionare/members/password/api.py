"""Setting and changing a password."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from missionare.kit.routes import Answer, Body, Command, Done, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.api import SIGNED_IN, person_of
from missionare.members.password.domain import PasswordWrong, check_strength
from missionare.members.password.store import Passwords
from missionare.members.person.store import People
from missionare.members.session.domain import TooManyTries
from missionare.members.session.store import Sessions, Tries, machine_time

routes = Routes("members")

WHOLE = Scope.system("it is the caller's own")
Secret = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class NewPassword(Body):
    """A password to be set."""

    password: Secret
    current_password: Secret | None = None
    """Needed where there is one already."""


class PasswordKept(Answer):
    """That there is a password now."""

    person_id: str
    message: str


async def show_kept(person_id: str, reader: Reader) -> PasswordKept:
    """Say what follows."""
    said = {
        "de": "Das Passwort ist gesetzt. Wurde es geändert, sind alle Sitzungen beendet; melden Sie sich neu an.",
        "en": "The password is set. If it was changed, all sessions have ended; sign in again.",
    }
    return PasswordKept(person_id=person_id, message=said[reader.language])


@routes.post("/me/password", policy=SIGNED_IN, shows=show_kept)
async def set_password(body: NewPassword, command: Command) -> Done:
    """Set a password, or change it: then every session ends, for a change may answer a theft."""
    person = await command.store(People).get(person_of(command.caller), WHOLE)
    contact, passwords = person.contact, command.store(Passwords)
    known = {contact.given_name, contact.family_name, contact.email, contact.email.partition("@")[0]}
    check_strength(body.password, known=frozenset(known))
    if await passwords.exists(person.id):
        tries = command.store(Tries)
        wait = await tries.begin("password", contact.email, machine_time())
        if wait is not None:
            raise TooManyTries(seconds=int(wait.total_seconds()) + 1)
        if not await passwords.fits(person.id, body.current_password or ""):
            raise PasswordWrong
        await tries.forget("password", contact.email)
        Sessions.end_all_of(command, person.id)
    await passwords.keep(command, person.id, body.password)
    return command.done(person.id)
