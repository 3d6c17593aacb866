"""Role changes under four eyes: one operator asks, another confirms."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.refusals import Forbidden, Invalid, NotFound, Refusal, Text
from missionare.members.person.domain import GRANTABLE, Person, Role


class RoleChangeState(StrEnum):
    """Whether a change has taken effect."""

    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"


ALLOWED: Transitions[RoleChangeState] = {
    RoleChangeState.REQUESTED: frozenset({RoleChangeState.DONE, RoleChangeState.REFUSED}),
    RoleChangeState.DONE: frozenset(),
    RoleChangeState.REFUSED: frozenset(),
}


class Direction(StrEnum):
    """Which way a change goes."""

    GRANT = "grant"
    REVOKE = "revoke"


class RoleChange(Aggregate):
    """One change of one person's roles. It is told by the audit log, not by facts: roles are members' own."""

    person_id: str
    role: Role
    direction: Direction
    requested_by: str
    requested_at: datetime
    state: RoleChangeState = RoleChangeState.REQUESTED
    decided_by: str | None = None


class RoleChangeUnknown(NotFound):
    """There is no such role change."""

    text: ClassVar[Text] = {
        "de": "Diese Rollenänderung gibt es nicht. Offene Änderungen finden Sie unter /role-changes.",
        "en": "This role change does not exist. Open ones are listed under /role-changes.",
    }


class SecondPersonNeeded(Forbidden):
    """Four eyes: who asked does not confirm, and nobody confirms a role for themselves."""

    title: ClassVar[Text] = {"de": "Vier-Augen-Prinzip", "en": "A second person decides"}
    text: ClassVar[Text] = {
        "de": "Das entscheidet eine zweite Person: nicht, wer es beantragt hat, und niemand für sich selbst. "
        "Bitten Sie eine andere Reiseleitung.",
        "en": "A second person decides this: not the one who asked, and nobody for themselves. "
        "Ask another journey lead.",
    }


class LastOperator(Refusal):
    """Somebody must be able to run the agency."""

    title: ClassVar[Text] = {"de": "Letzte Reiseleitung", "en": "The last operator"}
    text: ClassVar[Text] = {
        "de": "Dies ist die letzte Person mit dieser Rolle. Geben Sie die Rolle zuerst einer anderen.",
        "en": "This is the last person with this role. Give the role to somebody else first.",
    }


def request(
    *,
    change_id: str,
    person: Person,
    role: Role,
    direction: Direction,
    requested_by: str,
    operators: int,
    now: datetime,
) -> RoleChange:
    """Ask for a change. While `operators` is one, nobody else could confirm it, so it is done at once.

    Raises:
        Invalid: the role is none that the agency gives.
        LastOperator: nobody would be left to run the agency.
    """
    if role not in GRANTABLE:
        raise Invalid(
            field="role",
            reason_de="Diese Rolle ergibt sich von selbst und wird nicht vergeben.",
            reason_en="this role follows by itself and is not given.",
        )
    check_not_last(person, role, direction, operators)
    change = RoleChange(
        id=change_id,
        person_id=person.id,
        role=role,
        direction=direction,
        requested_by=requested_by,
        requested_at=now,
    )
    return change if operators > 1 else change.changed(state=RoleChangeState.DONE, decided_by=requested_by)


def confirm(change: RoleChange, *, person: Person, decided_by: str, operators: int) -> RoleChange:
    """Let a second operator agree to a change. Giving up a role of one's own may be confirmed by oneself."""
    check_move(ALLOWED, "Role change", change.state, RoleChangeState.DONE)
    granted_to_oneself = change.direction is Direction.GRANT and decided_by == change.person_id
    if decided_by == change.requested_by or granted_to_oneself:
        raise SecondPersonNeeded
    check_not_last(person, change.role, change.direction, operators)
    return change.changed(state=RoleChangeState.DONE, decided_by=decided_by)


def refuse(change: RoleChange, *, decided_by: str) -> RoleChange:
    """Drop a change; who asked for it may think better of it too."""
    check_move(ALLOWED, "Role change", change.state, RoleChangeState.REFUSED)
    return change.changed(state=RoleChangeState.REFUSED, decided_by=decided_by)


def check_not_last(person: Person, role: Role, direction: Direction, operators: int) -> None:
    """Keep the last operator.

    Raises:
        LastOperator: nobody would be left.
    """
    taken = direction is Direction.REVOKE and role is Role.OPERATOR and Role.OPERATOR in person.roles
    if taken and operators <= 1:
        raise LastOperator
