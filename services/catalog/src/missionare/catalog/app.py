"""Everything catalog consists of, wired in one place."""

from __future__ import annotations

from missionare.catalog import events, handlers, jobs
from missionare.catalog.agenda import api as agenda_api
from missionare.catalog.edition import api as edition_api
from missionare.catalog.edition.store import Editions
from missionare.catalog.entry import api as entry_api
from missionare.catalog.entry.store import Entries, Versions
from missionare.catalog.entry.views import MergedEntries, PublishedEntries
from missionare.catalog.evidence.store import EvidenceLinks
from missionare.catalog.intake import api as intake_api
from missionare.catalog.intake.store import Imports
from missionare.catalog.reading import api as reading_api
from missionare.catalog.reading.views import Search
from missionare.catalog.review import api as review_api
from missionare.catalog.review.store import Reviews
from missionare.catalog.settings import CatalogSettings
from missionare.catalog.source.views import Completions, Participations, Sources
from missionare.catalog.suggestion import api as suggestion_api
from missionare.catalog.suggestion.store import Suggestions
from missionare.catalog.suggestion.views import Candidates
from missionare.kit.service import Service


def build(settings: CatalogSettings) -> Service:
    """Give the service as it runs with these settings."""
    return Service(
        name="catalog",
        settings=settings,
        facts=events,
        stores=(Suggestions, EvidenceLinks, Entries, Versions, Reviews, Editions, Imports),
        views=(Sources, Completions, Participations, Candidates, PublishedEntries, MergedEntries, Search),
        routes=(
            suggestion_api.routes,
            entry_api.routes,
            intake_api.routes,
            review_api.routes,
            edition_api.routes,
            reading_api.routes,
            reading_api.internal,
            agenda_api.routes,
        ),
        handlers=(handlers.handlers,),
        timers=jobs.timers,
    )
