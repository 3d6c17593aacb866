"""The route of the workshop's agenda: what waits in the catalog, counted."""

from __future__ import annotations

from missionare.catalog.api import WORKSHOP
from missionare.catalog.edition.domain import EditionState
from missionare.catalog.edition.store import Editions
from missionare.catalog.entry.domain import EntryState
from missionare.catalog.entry.store import Entries
from missionare.catalog.review.domain import ReviewState
from missionare.catalog.review.store import Reviews
from missionare.catalog.suggestion.domain import SuggestionState
from missionare.catalog.suggestion.store import Suggestions
from missionare.kit.agenda import Question, agenda_routes

routes = agenda_routes(
    "catalog",
    WORKSHOP,
    [
        Question("reviews_to_decide", Reviews, {"state": ReviewState.REQUESTED.value}, "requested_at"),
        Question("suggestions_to_decide", Suggestions, {"state": SuggestionState.OPEN.value}, "raised_at"),
        Question("editions_to_publish", Editions, {"state": EditionState.PROPOSED.value}, "proposed_at"),
        Question("drafts_to_finish", Entries, {"state": EntryState.DRAFT.value}, "drafted_at"),
    ],
)
