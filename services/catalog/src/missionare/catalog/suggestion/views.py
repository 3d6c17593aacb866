"""Which entries a suggestion may merely repeat, ranked."""

from __future__ import annotations

from dataclasses import dataclass

from rapidfuzz import fuzz, process

from missionare.catalog.reading.domain import search_terms
from missionare.catalog.store import workshop
from missionare.kit.mongo import Document
from missionare.kit.store import Scope, View

SHOWN = 5
SIMILAR = 55.0
"""Of 100: below it two texts share hardly more than everyday words."""
COMPARED = 2_000
"""The newest entries are compared; more would hold up other requests."""


@dataclass(frozen=True)
class Likeness:
    """An entry that resembles a text."""

    entry_id: str
    title: str
    score: int
    """0 to 100."""


class Candidates(View):
    """All entries, drafts included: an editor is told of a colleague's draft as well."""

    collection = "entries"

    async def ranked(self, text: str, scope: Scope) -> list[Likeness]:
        """Give the entries most similar to a text, the most similar first; at most five."""
        fields = {"content.title": 1, "content.text": 1}
        cursor = self.rows.find(
            {"$and": [workshop(scope), {"merged_into": None}]}, fields, sort=[("_id", -1)], limit=COMPARED
        )
        entries: dict[str, Document] = {row["_id"]: row["content"] for row in await cursor.to_list(None)}
        by_title = {entry_id: _folded(content["title"]) for entry_id, content in entries.items()}
        by_text = {entry_id: _folded(content["text"]) for entry_id, content in entries.items()}
        scores: dict[str, float] = {}
        for choices in (by_title, by_text):
            found = process.extract(
                _folded(text), choices, scorer=fuzz.token_set_ratio, score_cutoff=SIMILAR, limit=SHOWN
            )
            for _, score, entry_id in found:
                scores[entry_id] = max(scores.get(entry_id, 0.0), score)
        best = sorted(scores, key=lambda entry_id: (-scores[entry_id], entry_id))[:SHOWN]
        return [Likeness(entry_id, entries[entry_id]["title"], round(scores[entry_id])) for entry_id in best]


def _folded(text: str) -> str:
    return " ".join(search_terms(text))
