"""Affiliations: what the agency confirms, turns down and ends."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from missionare.kit.routes import Answer, Command, Cursor, Done, Limit, Paged, Reader, Routes
from missionare.kit.store import Scope
from missionare.kit.work import Work
from missionare.members.affiliation import domain
from missionare.members.affiliation.domain import Affiliation, AffiliationState
from missionare.members.affiliation.store import Affiliations
from missionare.members.api import OPERATORS, STAFF
from missionare.members.events import Function
from missionare.members.organisation.domain import OrganisationState, StillTheContact
from missionare.members.organisation.store import Organisations

routes = Routes("members")

WHOLE = Scope.system("one open affiliation per pair and one primary per person are counted among all")


class AffiliationView(Answer):
    """One person's place in one organisation."""

    id: str
    version: int
    person_id: str
    organisation_id: str
    functions: tuple[Function, ...]
    state: AffiliationState
    primary: bool
    since_at: datetime | None
    until_at: datetime | None

    @classmethod
    def of(cls, affiliation: Affiliation, scope: Scope) -> Self:
        """Show the whole of it."""
        del scope
        return cls.model_validate(affiliation.model_dump(exclude={"chain"}))


@routes.get("/affiliations", policy=STAFF, answers=Paged[AffiliationView])
async def list_affiliations(
    reader: Reader,
    state: AffiliationState | None = None,
    organisation_id: str | None = None,
    person_id: str | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Paged[AffiliationView]:
    """List affiliations, for example the proposed ones that wait to be confirmed."""
    wanted = {
        "state": state.value if state else None,
        "organisation_id": organisation_id,
        "person_id": person_id,
    }
    where = {name: value for name, value in wanted.items() if value is not None}
    page = await reader.store(Affiliations).page(where, reader.scope, cursor=cursor, limit=limit)
    return Paged[AffiliationView].of(page, AffiliationView, reader.scope)


@routes.post(
    "/affiliations/{affiliation_id}/confirmation",
    policy=OPERATORS,
    shows=(Affiliations, AffiliationView),
    changes=True,
)
async def confirm_affiliation(affiliation_id: str, command: Command) -> Done:
    """Confirm that somebody belongs to an organisation."""
    affiliation = await command.store(Affiliations).get(affiliation_id, command.scope)
    command.match(affiliation)
    await confirm(command, affiliation)
    return command.done(affiliation_id)


@routes.post(
    "/affiliations/{affiliation_id}/rejection",
    policy=OPERATORS,
    shows=(Affiliations, AffiliationView),
    changes=True,
)
async def reject_affiliation(affiliation_id: str, command: Command) -> Done:
    """Turn down a proposed affiliation."""
    affiliations = command.store(Affiliations)
    affiliation = await affiliations.get(affiliation_id, command.scope)
    command.match(affiliation)
    command.save(affiliations, *domain.reject(affiliation))
    return command.done(affiliation_id)


@routes.post(
    "/affiliations/{affiliation_id}/ending",
    policy=OPERATORS,
    shows=(Affiliations, AffiliationView),
    changes=True,
)
async def end_affiliation(affiliation_id: str, command: Command) -> Done:
    """Let somebody leave an organisation; access to its data ends at once."""
    affiliations = command.store(Affiliations)
    affiliation = await affiliations.get(affiliation_id, command.scope)
    command.match(affiliation)
    organisation = await command.store(Organisations).get(affiliation.organisation_id, command.scope)
    if organisation.state is OrganisationState.ACTIVE and organisation.contact_person_id == affiliation.person_id:
        raise StillTheContact
    # First the old one, then its heir: the index allows one primary at any moment.
    command.save(affiliations, *domain.end(affiliation, now=command.now))
    heir = await affiliations.heir_of(affiliation, WHOLE) if affiliation.primary else None
    if heir is not None:
        command.save(affiliations, *domain.make_primary(heir))
    return command.done(affiliation_id)


async def propose(work: Work, *, person_id: str, organisation_id: str, functions: tuple[Function, ...]) -> Affiliation:
    """Give the open affiliation of the two, proposing it where there is none."""
    affiliations = work.store(Affiliations)
    known = await affiliations.between(person_id, organisation_id, WHOLE)
    if known is not None:
        return known
    proposed, facts = domain.propose(
        affiliation_id=work.new_id(), person_id=person_id, organisation_id=organisation_id, functions=functions
    )
    work.save(affiliations, proposed, facts)
    return proposed


async def confirm(work: Work, affiliation: Affiliation) -> None:
    """Confirm an affiliation; the first of a person is the primary one."""
    affiliations = work.store(Affiliations)
    primary = await affiliations.primary_of(affiliation.person_id, WHOLE)
    work.save(affiliations, *domain.confirm(affiliation, primary=primary is None, now=work.now))
