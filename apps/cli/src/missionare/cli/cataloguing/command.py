"""The order of an import: read the file, send what can be read, report what became of each entry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from missionare.cli.cataloguing import documents
from missionare.cli.cataloguing.documents import Entry, File, Problem
from missionare.cli.importing.progress import bar, progress
from missionare.cli.importing.sending import Sender

IMPORTS: Final = "/api/catalog/v1/imports"
STARTER: Final = "/api/catalog/v1/starter-catalog"
STARTER_NAME: Final = "starter-catalog.yaml"
PORTION: Final = 100
PORTION_CHARACTERS: Final = 400_000
"""A request holds less than a megabyte, however long its entries are."""


@dataclass
class Report:
    """What became of a file."""

    file: str
    entries: int
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many entries were not taken in."""
        return len({(problem.key, problem.line) for problem in self.problems})

    @property
    def ok(self) -> bool:
        """Whether every entry of the file is in the catalog now."""
        return not self.problems

    def as_json(self, language: str) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "file": self.file,
            "entries": self.entries,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "problems": [problem.as_json(language) for problem in self.problems],
        }


def run(path: Path | None, sender: Sender, *, language: str, quiet: bool = False) -> Report:
    """Import a file, or without one the catalog that the service brings to begin with.

    An entry that is wrong keeps no other out.

    Raises:
        Failure: the file cannot be read, or catalog cannot be reached or refuses the request as a whole.
    """
    if path is None:
        content = str(sender.fetched(STARTER)["yaml"]).encode()
        name, file = STARTER_NAME, documents.understand(content, STARTER_NAME)
    else:
        name, file = path.name, documents.read(path)
    report = Report(name, file.said, problems=list(file.problems))
    with progress(quiet=quiet) as bars:
        advance = bar(bars, WORDS["import"][language], len(file.entries))
        for portion in _portions(file.entries):
            _count(sender.answered(IMPORTS, {"entries": portion}), file, report)
            advance(len(portion))
    report.problems.sort(key=lambda problem: problem.line)
    return report


def show(report: Report, *, language: str, as_json: bool) -> None:
    """Print a report."""
    console = Console(highlight=False, soft_wrap=True)
    if as_json:
        console.print_json(json.dumps(report.as_json(language), ensure_ascii=False))
        return
    for problem in report.problems:
        place = WORDS["place"][language].format(key=problem.key, line=problem.line)
        named = f", {problem.field}" if problem.field else ""
        console.print(f"{place}{named}: {problem.reason[language]}", markup=False)
    console.print(
        WORDS["done"][language].format(
            created=report.created, changed=report.changed, unchanged=report.unchanged, refused=report.refused
        ),
        markup=False,
    )
    if report.created or report.changed:
        console.print(WORDS["review"][language], markup=False)
    if report.problems:
        console.print(WORDS["next"][language], markup=False)


WORDS: Final = {
    "import": {"de": "Übernehme", "en": "Importing"},
    "place": {"de": "{key} (Zeile {line})", "en": "{key} (line {line})"},
    "done": {
        "de": "{created} neu, {changed} geändert, {unchanged} unverändert, {refused} nicht übernommen.",
        "en": "{created} created, {changed} changed, {unchanged} unchanged, {refused} not taken in.",
    },
    "review": {
        "de": "Neue und geänderte Einträge warten auf die Fachprüfung durch eine andere Person; öffentlich sind sie "
        "noch nicht.",
        "en": "Entries that are new or changed wait for the review by another person; they are not public yet.",
    },
    "next": {
        "de": "Berichtigen Sie die genannten Einträge, und rufen Sie den Befehl noch einmal auf; die übrigen bleiben, "
        "wie sie sind.",
        "en": "Correct the entries named and give the command once more; the others stay as they are.",
    },
}


def _count(answer: dict[str, Any], file: File, report: Report) -> None:
    for entry in answer["entries"]:
        match entry["outcome"]:
            case "created":
                report.created += 1
            case "changed":
                report.changed += 1
            case "unchanged":
                report.unchanged += 1
            case _:
                report.problems += _problems(entry, file)


def _problems(entry: dict[str, Any], file: File) -> list[Problem]:
    line = file.lines.get(entry["key"], 0)
    return [
        Problem(entry["key"], line, problem["field"], dict.fromkeys(("de", "en"), problem["reason"]))
        for problem in entry["problems"]
    ]


def _portions(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    portion: list[Entry] = []
    characters = 0
    for entry in entries:
        length = len(json.dumps(entry))
        if portion and (len(portion) == PORTION or characters + length > PORTION_CHARACTERS):
            yield portion
            portion, characters = [], 0
        portion.append(entry)
        characters += length
    if portion:
        yield portion
