"""What is wrong with a file or with a row of it, in the languages of the command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from missionare.cli.failures import Failure
from missionare.kit.refusals import Text


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one row."""

    line: int
    column: str
    """The heading as it stands in the file, or empty where the whole row is meant."""
    reason: Text

    def as_json(self, language: str) -> dict[str, Any]:
        """The problem as plain data."""
        return {"line": self.line, "column": self.column, "reason": self.reason[language]}


class BadCell(Exception):
    """A cell does not hold what its column is for."""

    def __init__(self, de: str, en: str) -> None:
        """Keep the reason in both languages."""
        self.reason: Text = {"de": de, "en": en}
        super().__init__(en)


class FileUnreadable(Failure):
    """The file is not one that can be read."""

    text: ClassVar[Text] = {
        "de": "{file} lässt sich nicht lesen: {reason_de}",
        "en": "{file} cannot be read: {reason_en}",
    }


class HeadingsMissing(Failure):
    """The file lacks columns without which no row can be imported."""

    text: ClassVar[Text] = {
        "de": "In {file} fehlen Spalten: {missing_de}. Gefunden wurden: {found}. Die Überschriften stehen in der "
        "ersten Zeile, die „Unternehmen“ oder eine gleichbedeutende Überschrift hat.",
        "en": "{file} lacks columns: {missing_en}. Found were: {found}. The headings stand in the first line that has "
        "'Unternehmen' or a heading of the same meaning.",
    }


class HeadingTwice(Failure):
    """Two columns mean the same, so it is not clear which one counts."""

    text: ClassVar[Text] = {
        "de": "In {file} bedeuten die Spalten „{first}“ und „{second}“ dasselbe. Entfernen Sie eine davon oder "
        "benennen Sie sie um.",
        "en": "In {file} the columns '{first}' and '{second}' mean the same. Remove or rename one of them.",
    }
