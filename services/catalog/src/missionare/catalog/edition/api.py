"""Routes of editions: what journeys propose for the catalog, and the dated lists that came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from missionare.catalog.api import EDITORS, person_of
from missionare.catalog.edition import domain
from missionare.catalog.edition.domain import Edition, EditionState, FrozenVersion
from missionare.catalog.edition.store import Editions
from missionare.catalog.entry.views import PublishedEntries
from missionare.kit.answers import Answer
from missionare.kit.routes import Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope

routes = Routes("catalog")


class EditionCard(Answer):
    """An edition in a list."""

    id: str
    version: int
    state: EditionState
    journey_id: str
    revision: int
    suggestions: int
    entries: int
    proposed_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, edition: Edition, scope: Scope) -> Self:
        """Show an edition."""
        del scope
        return cls(**edition.model_dump(include=set(cls.model_fields)))


class EditionView(EditionCard):
    """An edition with the versions it froze; each hash tells whether a version is unchanged."""

    versions: tuple[FrozenVersion, ...]


@routes.get("/editions", policy=Policy.public(), answers=Paged[EditionCard])
async def list_editions(
    reader: Reader, state: EditionState | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Paged[EditionCard]:
    """List editions, the newest first; proposals are shown to the workshop."""
    where = {"state": state.value} if state else {}
    page = await reader.store(Editions).page(where, reader.scope, cursor=cursor, limit=limit, newest_first=True)
    return Paged[EditionCard].of(page, EditionCard, reader.scope)


@routes.get("/editions/{edition_id}", policy=Policy.public(), answers=EditionView)
async def read_edition(edition_id: str, reader: Reader) -> EditionView:
    """Show an edition with the versions it froze."""
    return EditionView.of(await reader.store(Editions).get(edition_id, reader.scope), reader.scope)


@routes.post("/editions/{edition_id}/publication", policy=EDITORS, shows=(Editions, EditionView), changes=True)
async def publish_edition(edition_id: str, command: Command) -> Done:
    """Freeze the versions that are public now under this edition."""
    editions = command.store(Editions)
    edition = await editions.get(edition_id, command.scope)
    command.match(edition)
    versions = await command.store(PublishedEntries).frozen(command.scope)
    published, facts = domain.publish(edition, versions=versions, editor_id=person_of(command.caller), now=command.now)
    command.save(editions, published, facts)
    return command.done(edition_id)


@routes.post("/editions/{edition_id}/discarding", policy=EDITORS, shows=(Editions, EditionView), changes=True)
async def discard_edition(edition_id: str, command: Command) -> Done:
    """Let a proposal go; its suggestions remain."""
    editions = command.store(Editions)
    edition = await editions.get(edition_id, command.scope)
    command.match(edition)
    discarded, facts = domain.discard(edition, editor_id=person_of(command.caller), now=command.now)
    command.save(editions, discarded, facts)
    return command.done(edition_id)
