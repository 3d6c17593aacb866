"""Making the first operator, by whoever runs the machine."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final, Literal

from missionare.kit.ids import uuid7
from missionare.kit.store import Scope
from missionare.kit.work import Context, LostRace, Origin, Work
from missionare.members.events import Channel
from missionare.members.key import domain as key_domain
from missionare.members.key.store import ApiKeys
from missionare.members.person import domain as person_domain
from missionare.members.person.domain import Contact, EmailTaken, Role
from missionare.members.person.store import People
from missionare.members.session.store import machine_time

ACTOR: Final = "machine:create-operator"
LABEL: Final = "create-operator"
LIFETIME: Final = timedelta(days=365)
SECRET_BYTES: Final = 32

EVERYTHING = Scope.system("whoever runs the machine makes an operator")


async def create_operator(
    context: Context, *, email: str, given_name: str, family_name: str, language: Literal["de", "en"]
) -> str:
    """Register somebody as an operator and give an API key that acts for them; both are in the audit trail.

    Raises:
        EmailTaken: somebody is registered with this address; nothing is changed.
        Invalid: name or address cannot be used.
    """
    contact = Contact(given_name=given_name, family_name=family_name, email=email, language=language)
    work = Work(context, Origin(ACTOR, uuid7()))
    people, keys = work.store(People), work.store(ApiKeys)
    if await people.at(email, EVERYTHING) is not None:
        raise EmailTaken
    person, registered = person_domain.register(person_id=work.new_id(), contact=contact, channel=Channel.STAFF)
    active, activated = person_domain.prove_address(person_domain.with_role(person, Role.OPERATOR, held=True))
    work.save(people, active, [*registered, *activated])
    key_id, secret = work.new_id(), secrets.token_urlsafe(SECRET_BYTES)
    key = key_domain.issue(
        key_id=key_id,
        secret=secret,
        label=LABEL,
        roles=frozenset(Role),
        person_id=active.id,
        organisation_id=None,
        taken_slots=frozenset(),
        requested_by=active.id,
        expires_at=machine_time() + LIFETIME,
        operators=0,
        now=machine_time(),
    )
    work.save(keys, key)
    work.note(what="create_operator", objects=[f"person:{active.id}", f"api_key:{key_id}"])
    try:
        await work.commit()
    except LostRace:
        raise EmailTaken from None
    return key_domain.written(key_id, secret)
