"""Merging: two entries that say the same become one, and whoever kept the address of the other is led to it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query, Response

from missionare.web.catalog.reading import CatalogPage, Entry
from missionare.web.console.frame import desk
from missionare.web.console.workshop.reading import Draft
from missionare.web.console.workshop.reviews import draft_of
from missionare.web.forms import Form
from missionare.web.routing import Pages, staff
from missionare.web.services import Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "entry-merge"
SHOWN: Final = 10
TRIED: Final = 4
"""Words of the title that are looked for at first."""
EDITORS: Final = staff("editor")
Typed = Annotated[str | None, Query(max_length=200)]


@pages.get("/console/workshop/drafts/{entry_id}/merge", who=EDITORS)
async def choose(entry_id: str, visit: Visiting, q: Typed = None) -> Response:
    """Offer the entries that may say the same, at first those with a long word of its title."""
    draft = await draft_of(visit, entry_id)
    return await _shown(visit, draft, visit.form(FORM, version=draft.version), q)


@pages.post("/console/workshop/drafts/{entry_id}/merge", who=EDITORS)
async def merge(entry_id: str, visit: Visiting, q: Typed = None) -> Response:
    """Merge the entry into the one that was chosen."""
    form = await visit.submitted(FORM)
    form.need({"into_id": visit.say("Bitte wählen Sie den Eintrag, der bleibt.")})
    form.need({"reason": visit.say("Bitte schreiben Sie, warum beide dasselbe sagen.")})
    if form.ok:
        body = {"into_id": form["into_id"], "reason": form.text("reason")}
        try:
            path = f"/entries/{entry_id}/merge"
            await visit.ask.command("catalog", path, body, key=form.key, version=form.version)
        except Refused as refusal:
            form.refused(refusal)
    if not form.ok:
        return await _shown(visit, await draft_of(visit, entry_id), form, q)
    return visit.go(f"/catalog/{form['into_id']}")


async def _shown(visit: Visit, draft: Draft, form: Form, typed: str | None) -> Response:
    words, alike = await _like(visit, draft) if typed is None else (typed, await _found(visit, draft, typed))
    return desk(
        visit,
        "workshop/merge.html",
        status=HTTPStatus.OK if form.ok else HTTPStatus.UNPROCESSABLE_ENTITY,
        draft=draft,
        words=words,
        alike=alike,
        form=form,
    )


async def _like(visit: Visit, draft: Draft) -> tuple[str, list[Entry]]:
    """Look for the longest words of its title, one after the other, until another entry has one."""
    words = sorted(dict.fromkeys(re.findall(r"\w+", draft.title)), key=len, reverse=True)[:TRIED] or [""]
    for word in words:
        if alike := await _found(visit, draft, word):
            return word, alike
    return words[0], []


async def _found(visit: Visit, draft: Draft, words: str) -> list[Entry]:
    asked = {"q": words, "kind": draft.kind, "limit": SHOWN + 1}
    found = await visit.ask.read(CatalogPage, "catalog", "/entries", **asked)
    return [each for each in found.items if each.id != draft.id][:SHOWN]
