"""Intake: what each entry of a file becomes, beside what is there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict

from missionare.catalog.entry.domain import LIMITING, Content, Entry
from missionare.catalog.events import Dimension, EntryKind, Function, Pole, Size, Stage, Topic
from missionare.kit.aggregates import Aggregate
from missionare.kit.refusals import Refusal, Text

REASON: Final = "Import"
"""Why there is to be a next version, as readers of the versions see it."""


class Outcome(StrEnum):
    """What became of one entry of a file."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Problem(BaseModel):
    """What is wrong with one field of an entry."""

    model_config = ConfigDict(frozen=True)

    field: str
    reason: Text


class Result(BaseModel):
    """What became of one entry, by its key."""

    model_config = ConfigDict(frozen=True)

    key: str
    outcome: Outcome
    entry_id: str | None = None
    problems: tuple[Problem, ...] = ()


class Import(Aggregate):
    """One request to take entries in, as it was answered."""

    results: tuple[Result, ...]


class Wanted(BaseModel):
    """An entry as a file says it: limits by key, German and English beside each other."""

    model_config = ConfigDict(frozen=True)

    key: str
    type: EntryKind
    pole: Pole | None
    topics: tuple[Topic, ...]
    functions: tuple[Function, ...]
    sizes: tuple[Size, ...]
    sectors: tuple[str, ...]
    stages: tuple[Stage, ...]
    dimension: Dimension | None
    regions: tuple[str, ...]
    limits: tuple[str, ...]
    source: str | None
    as_of: date | None
    title_de: str
    text_de: str
    title_en: str | None
    text_en: str | None

    def content(self, limits: Sequence[str]) -> Content:
        """Give it as an entry's content; `limits` are the ids that its keys stand for."""
        said = self.model_dump(exclude={"key", "type", "title_de", "text_de", "limits"})
        return Content(kind=self.type, title=self.title_de, text=self.text_de, limits=tuple(limits), **said)


def limits_first(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Give entries in an order in which whatever can be a limit comes before what names it."""
    return sorted(wanted, key=lambda one: one.type not in LIMITING)


def judge(wanted: Wanted, known: Mapping[str, Entry]) -> tuple[Problem, ...]:
    """Say what keeps an entry out, beside those that are known by their keys: nothing, if it fits."""
    problems = [
        Problem(field="limits", reason={language: text.format(key=key) for language, text in _NO_SUCH_LIMIT.items()})
        for key in wanted.limits
        if key not in known or known[key].content.kind not in LIMITING
    ]
    if wanted.key in known and known[wanted.key].content.kind is not wanted.type:
        problems.append(Problem(field="type", reason=_OTHER_KIND))
    return tuple(problems)


def says_something_new(entry: Entry, content: Content) -> bool:
    """Whether the file says something else than the last time. What editors wrote since then is not undone."""
    return content.hash != entry.imported_hash and content.said != entry.content.said


def refused(key: str, *problems: Problem) -> Result:
    """Say that an entry is not taken in."""
    return Result(key=key, outcome=Outcome.REFUSED, problems=problems)


def problem_of(refusal: Refusal) -> Problem:
    """Give what a refusal says as a problem of one entry."""
    field = str(refusal.details.get("field", ""))
    return Problem(field=field, reason={language: refusal.say(language) for language in ("de", "en")})


_NO_SUCH_LIMIT: Final[Text] = {
    "de": "„{key}“ gibt es weder in der Datei noch im Katalog als Rahmenbedingung, Wert oder Besonderheit; nehmen Sie "
    "den Eintrag auf, oder streichen Sie den Verweis",
    "en": "'{key}' is no framework, value or peculiarity, neither in the file nor in the catalog; add that entry, or "
    "remove the reference",
}
_OTHER_KIND: Final[Text] = {
    "de": "ist im Katalog etwas anderes; geben Sie dem neuen Eintrag einen eigenen Schlüssel",
    "en": "is something else in the catalog; give the new entry a key of its own",
}
TWICE: Final = Problem(
    field="key",
    reason={
        "de": "kommt zweimal vor; geben Sie einem der Einträge einen anderen Schlüssel",
        "en": "comes twice; give one of the entries another key",
    },
)
