"""API keys: issuing, confirming, listing and revoking them."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, Field

from missionare.kit.refusals import Invalid
from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.api import OPERATORS, Line, Reference, person_of
from missionare.members.key import domain
from missionare.members.key.domain import ApiKey, KeyState
from missionare.members.key.store import ApiKeys
from missionare.members.organisation.store import Organisations
from missionare.members.person.domain import Role
from missionare.members.person.store import People
from missionare.members.session.store import machine_time

routes = Routes("members")
internal = Routes("members", internal=True)

WHOLE = Scope.system("keys under one label are counted among all")
SECRET_BYTES: Final = 32
USUAL: Final = timedelta(days=365)


class ApiKeyView(Answer):
    """One key. The key itself is shown once, when it is issued."""

    id: str
    version: int
    label: str
    roles: tuple[Role, ...]
    person_id: str | None
    organisation_id: str | None
    state: KeyState
    requested_by: str
    expires_at: datetime
    used_at: datetime | None
    key: str | None = None

    @classmethod
    def of(cls, key: ApiKey, scope: Scope) -> Self:
        """Show everything but what opens something."""
        del scope
        return cls.model_validate(
            key.model_dump(exclude={"chain", "secret_hash", "slot", "roles"}) | {"roles": tuple(sorted(key.roles))}
        )


class KeyWanted(Body):
    """What a key is for.

    With an organisation it is for that organisation's programs and has the role `integration`; without one it acts
    for the operator who issues it, in some of their roles.
    """

    label: Line
    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=len(Role))]
    organisation_id: Reference | None = None
    expires_at: AwareDatetime | None = None
    """In a year, unless given."""


class KeyAsked(Body):
    """Which key is asked about."""

    key_id: Reference


class KeyStanding(Answer):
    """Whether a key opens something at this moment."""

    opens: bool


@routes.post("/api-keys", policy=OPERATORS, shows=(ApiKeys, ApiKeyView), status=201)
async def issue_api_key(body: KeyWanted, command: Command) -> Done:
    """Issue a key and show it this once; from the second operator on, another one confirms it first."""
    issuer, keys, now = person_of(command.caller), command.store(ApiKeys), machine_time()
    await _check_roles(body, command)
    person_id = issuer if body.organisation_id is None else None
    held = await keys.held(body.label, person_id=person_id, organisation_id=body.organisation_id, scope=WHOLE)
    for expired in [key for key in held if key.expires_at <= now]:
        command.save(keys, domain.revoke(expired))
    key_id, secret = command.new_id(), secrets.token_urlsafe(SECRET_BYTES)
    key = domain.issue(
        key_id=key_id,
        secret=secret,
        label=body.label,
        roles=frozenset(body.roles),
        person_id=person_id,
        organisation_id=body.organisation_id,
        taken_slots=frozenset(key.slot for key in held if key.expires_at > now),
        requested_by=issuer,
        expires_at=body.expires_at or now + USUAL,
        operators=await command.store(People).operators(WHOLE),
        now=now,
    )
    command.save(keys, key)
    first = ApiKeyView.of(key.model_copy(update={"version": 1}), command.scope)
    return command.done(key_id, shown=first.model_copy(update={"key": domain.written(key_id, secret)}))


@routes.get("/api-keys", policy=OPERATORS, answers=Paged[ApiKeyView])
async def list_api_keys(
    reader: Reader, state: KeyState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[ApiKeyView]:
    """List the keys, revoked ones included, for example those that wait for a second person."""
    where = {"state": state.value} if state else {}
    page = await reader.store(ApiKeys).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[ApiKeyView].of(page, ApiKeyView, reader.scope)


@routes.post("/api-keys/{key_id}/confirmation", policy=OPERATORS, shows=(ApiKeys, ApiKeyView), changes=True)
async def confirm_api_key(key_id: str, command: Command) -> Done:
    """Confirm, as the second person, a key that another operator issued."""
    keys = command.store(ApiKeys)
    key = await keys.get(key_id, command.scope)
    command.match(key)
    command.save(keys, domain.confirm(key, decided_by=person_of(command.caller)))
    return command.done(key_id)


@routes.delete("/api-keys/{key_id}", policy=OPERATORS, shows=(ApiKeys, ApiKeyView), changes=True)
async def revoke_api_key(key_id: str, command: Command) -> Done:
    """Revoke a key; the next request with it is refused."""
    keys = command.store(ApiKeys)
    key = await keys.get(key_id, command.scope)
    command.match(key)
    command.save(keys, domain.revoke(key))
    return command.done(key_id)


@internal.post("/keys", policy=Policy.services("notifications"), answers=KeyStanding, once=False)
async def tell_key(body: KeyAsked, command: Command) -> KeyStanding:
    """Say whether a key opens something at this moment; one that is unknown opens nothing."""
    key = await command.store(ApiKeys).find(body.key_id, WHOLE)
    return KeyStanding(opens=key is not None and key.opens(machine_time()))


async def _check_roles(body: KeyWanted, command: Command) -> None:
    """Let a key pass that may do no more than whom it stands for."""
    if body.organisation_id is not None:
        await command.store(Organisations).get(body.organisation_id, command.scope)
        allowed = {Role.INTEGRATION.value}
    else:
        allowed = set(command.caller.roles)
    if not {role.value for role in body.roles} <= allowed:
        raise Invalid(
            field="roles",
            reason_de="Ein Schlüssel darf nicht mehr, als wem er gehört; der einer Organisation hat integration.",
            reason_en="a key may not do more than whom it belongs to; an organisation's has integration.",
        )
