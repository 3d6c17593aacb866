"""Roles: giving and taking them, under four eyes from the second operator on."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope
from missionare.members.api import OPERATORS, person_of
from missionare.members.person.domain import Person, Role, with_role
from missionare.members.person.store import People
from missionare.members.role import domain
from missionare.members.role.domain import Direction, RoleChange, RoleChangeState
from missionare.members.role.store import RoleChanges

routes = Routes("members")

WHOLE = Scope.system("how many operators there are is counted among all")


class RoleChangeView(Answer):
    """A change that was asked for, and what became of it."""

    id: str
    version: int
    person_id: str
    role: Role
    direction: Direction
    state: RoleChangeState
    requested_by: str
    requested_at: datetime
    decided_by: str | None

    @classmethod
    def of(cls, change: RoleChange, scope: Scope) -> Self:
        """Show the whole of it."""
        del scope
        return cls.model_validate(change.model_dump(exclude={"chain"}))


class RoleWanted(Body):
    """A role to give."""

    role: Role


@routes.post("/people/{person_id}/roles", policy=OPERATORS, shows=(RoleChanges, RoleChangeView), status=201)
async def grant_role(person_id: str, body: RoleWanted, command: Command) -> Done:
    """Give somebody a role, or ask a second operator to confirm it."""
    return await _request(person_id, body.role, Direction.GRANT, command)


@routes.delete("/people/{person_id}/roles/{role}", policy=OPERATORS, shows=(RoleChanges, RoleChangeView))
async def revoke_role(person_id: str, role: Role, command: Command) -> Done:
    """Take a role from somebody, or ask a second operator to confirm it."""
    return await _request(person_id, role, Direction.REVOKE, command)


@routes.get("/role-changes", policy=OPERATORS, answers=Paged[RoleChangeView])
async def list_role_changes(
    reader: Reader, state: RoleChangeState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[RoleChangeView]:
    """List role changes, for example those that wait for a second person."""
    where = {"state": state.value} if state else {}
    page = await reader.store(RoleChanges).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[RoleChangeView].of(page, RoleChangeView, reader.scope)


@routes.post(
    "/role-changes/{change_id}/confirmation", policy=OPERATORS, shows=(RoleChanges, RoleChangeView), changes=True
)
async def confirm_role_change(change_id: str, command: Command) -> Done:
    """Confirm, as the second person, what another operator asked for."""
    changes, people = command.store(RoleChanges), command.store(People)
    change = await changes.get(change_id, command.scope)
    command.match(change)
    person = await people.get(change.person_id, command.scope)
    confirmed = domain.confirm(
        change,
        person=person,
        decided_by=person_of(command.caller),
        operators=await people.operators(WHOLE),
    )
    command.save(changes, confirmed)
    _take_effect(confirmed, person, command)
    return command.done(change_id)


@routes.post("/role-changes/{change_id}/refusal", policy=OPERATORS, shows=(RoleChanges, RoleChangeView), changes=True)
async def refuse_role_change(change_id: str, command: Command) -> Done:
    """Drop a change that waits."""
    changes = command.store(RoleChanges)
    change = await changes.get(change_id, command.scope)
    command.match(change)
    command.save(changes, domain.refuse(change, decided_by=person_of(command.caller)))
    return command.done(change_id)


async def _request(person_id: str, role: Role, direction: Direction, command: Command) -> Done:
    changes, people = command.store(RoleChanges), command.store(People)
    person = await people.get(person_id, command.scope)
    waiting = await changes.open_for(person_id, role.value, direction.value, WHOLE)
    if waiting is not None:
        return command.done(waiting.id)
    change = domain.request(
        change_id=command.new_id(),
        person=person,
        role=role,
        direction=direction,
        requested_by=person_of(command.caller),
        operators=await people.operators(WHOLE),
        now=command.now,
    )
    command.save(changes, change)
    _take_effect(change, person, command)
    return command.done(change.id)


def _take_effect(change: RoleChange, person: Person, command: Command) -> None:
    if change.state is RoleChangeState.DONE:
        changed = with_role(person, change.role, held=change.direction is Direction.GRANT)
        command.save(command.store(People), changed)
