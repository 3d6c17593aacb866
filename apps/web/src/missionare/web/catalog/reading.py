"""What the pages read of the catalog."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from pydantic import Field

from missionare.web.languages import N_
from missionare.web.services import Read
from missionare.web.visits import Visit

KINDS: Final[dict[str, str]] = {
    "question": N_("Frage"),
    "best_practice": N_("Praxisbeispiel"),
    "framework": N_("Rahmenbedingung"),
    "value": N_("Wert"),
    "regional_peculiarity": N_("Regionale Besonderheit"),
}
POLES: Final[dict[str, str]] = {"challenge": N_("Herausforderung"), "opportunity": N_("Chance")}


class Entry(Read):
    """A published entry. Whatever the catalog does not tell (yet) is simply not shown."""

    id: str
    number: int
    kind: str
    pole: str | None = None
    topics: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    stage: str | None = None
    regions: tuple[str, ...] = ()
    dimension: str | None = None
    dimensions: tuple[str, ...] = ()
    title: str
    text: str
    title_en: str | None = None
    text_en: str | None = None
    source: str | None = None
    as_of: date | None = None
    published_at: datetime

    @property
    def path(self) -> str:
        """Its page."""
        return f"/catalog/{self.id}"

    def titled(self, language: str) -> str:
        """Give the title in a language, German where there is no other."""
        return self.title_en if language == "en" and self.title_en else self.title

    def told(self, language: str) -> str:
        """Give the text in a language, German where there is no other."""
        return self.text_en if language == "en" and self.text_en else self.text

    def written_in(self, language: str) -> str:
        """Say in which language the text is that `told` gives."""
        return "en" if language == "en" and self.text_en else "de"

    def titled_in(self, language: str) -> str:
        """Say in which language the title is that `titled` gives."""
        return "en" if language == "en" and self.title_en else "de"

    def placed(self, visit: Visit) -> list[tuple[str, str, tuple[str, ...]]]:
        """Where it belongs: facet, heading and values, as far as it says."""
        stages = self.stages or ((self.stage,) if self.stage else ())
        dimensions = self.dimensions or ((self.dimension,) if self.dimension else ())
        rows = (
            ("topic", N_("Thema"), self.topics),
            ("function", N_("Funktion"), self.functions),
            ("size", N_("Größe"), self.sizes),
            ("sector", N_("Branche"), self.sectors),
            ("stage", N_("Reifegrad"), stages),
            ("dimension", N_("Bereich"), dimensions),
            ("region", N_("Region"), self.regions),
        )
        return [(name, visit.say(heading), values) for name, heading, values in rows if values]

    def label(self, visit: Visit) -> str:
        """Give what it is: "Frage, Herausforderung"."""
        kind = visit.say(KINDS.get(self.kind, self.kind))
        return f"{kind}, {visit.say(POLES[self.pole])}" if self.pole in POLES else kind


class Limit(Read):
    """A framework, value or peculiarity that an entry respects."""

    id: str
    kind: str
    title: str
    text: str
    title_en: str | None = None
    text_en: str | None = None
    source: str | None = None
    as_of: date | None = None


class MergedFrom(Read):
    """An entry that was merged into another one, and its last version."""

    id: str
    number: int
    title: str


class Provenance(Read):
    """Where an entry comes from, as far as readers may know."""

    sealed: bool
    source_kind: str | None = None
    insight_id: str | None = None
    journey_id: str | None = None
    merged_from: MergedFrom | None = None


class FullEntry(Entry):
    """A published entry with what it respects and what it rests on."""

    limits: tuple[Limit, ...] = ()
    provenance: tuple[Provenance, ...] = ()


class Version(Read):
    """A version that is or was public."""

    number: int
    title: str
    text: str
    reason: str = ""
    published_at: datetime


class Versions(Read):
    """All versions of an entry, the first one first."""

    items: tuple[Version, ...]


class CatalogPage(Read):
    """A page of entries with the exact counts of every further choice."""

    items: tuple[Entry, ...]
    next_cursor: str | None = None
    total: int = 0
    facets: dict[str, dict[str, int]] = Field(default_factory=dict)


async def entries(visit: Visit, **params: Any) -> CatalogPage:
    """Ask the catalog."""
    return await visit.ask.read(CatalogPage, "catalog", "/entries", **params)


async def newest_questions(visit: Visit, limit: int) -> CatalogPage:
    """Ask for the questions that were published last."""
    return await entries(visit, kind="question", limit=limit)
