"""The catalog for everybody: search, facets, one entry with its versions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Response

from missionare.web.catalog import facets
from missionare.web.catalog.differences import marked
from missionare.web.catalog.reading import CatalogPage, FullEntry, Versions, entries
from missionare.web.routing import EVERYBODY, Pages
from missionare.web.services import Refused, together
from missionare.web.visits import Visiting

pages = Pages()

PER_PAGE: Final = 20
LONGEST: Final = 200
Words = Annotated[str, Query(max_length=LONGEST)]
Cursor = Annotated[str | None, Query(max_length=400)]


@pages.get("/catalog", who=EVERYBODY)
async def search(visit: Visiting, q: Words = "", cursor: Cursor = None) -> Response:
    """Search, and narrow down by facets. What is chosen stands in the address, so that it can be passed on."""
    given = visit.request.query_params
    chosen = {name: given.getlist(name) for name in facets.FACETS if given.getlist(name)}
    words = q.strip()
    unknown = None
    try:
        found = await entries(visit, q=words, cursor=cursor, limit=PER_PAGE, **chosen)
    except Refused as refusal:
        if cursor is not None or refusal.status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
            raise
        found, unknown = CatalogPage(items=()), refusal
    return visit.page(
        "catalog/search.html",
        found=found,
        unknown=unknown,
        words=words,
        groups=facets.groups(visit, found, words, chosen),
        active=facets.active(visit, words, chosen),
        kept=[(name, value) for name, values in chosen.items() for value in values],
        first=facets.address(visit, words, chosen) if cursor else None,
        next=visit.url("/catalog", q=words, cursor=found.next_cursor, **chosen) if found.next_cursor else None,
    )


@pages.get("/catalog/{entry_id}", who=EVERYBODY)
async def read_entry(entry_id: str, visit: Visiting) -> Response:
    """Show an entry: what it asks, what limits it, where it comes from, which versions there were."""
    path = f"/entries/{entry_id}"
    entry, versions = await together(
        visit.ask.read(FullEntry, "catalog", path), visit.ask.read(Versions, "catalog", f"{path}/versions", limit=50)
    )
    if entry is None:
        return visit.away()
    if entry.id != entry_id:
        return visit.moved(f"/catalog/{entry.id}")
    return visit.page(
        "catalog/entry.html", entry=entry, versions=list(reversed(versions.items)) if versions else [], facets=facets
    )


@pages.get("/catalog/{entry_id}/versions/{number}", who=EVERYBODY)
async def compare(entry_id: str, number: int, visit: Visiting, to: int | None = None) -> Response:
    """Show a version, and what became different since another one: the one before unless it is named."""
    known = await visit.ask.read(Versions, "catalog", f"/entries/{entry_id}/versions", limit=50)
    by_number = {version.number: version for version in known.items}
    this = by_number.get(number)
    if this is None:
        return visit.nothing_here()
    other = by_number.get(to if to is not None else number - 1)
    return visit.page(
        "catalog/version.html",
        entry_id=entry_id,
        newest=max(by_number),
        this=this,
        other=other,
        title=marked(other.title if other else this.title, this.title),
        text=marked(other.text if other else this.text, this.text),
    )
