"""The order of an import: read everything, try everything, and only then take it over."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from missionare.cli.importing import rows as rows_module
from missionare.cli.importing import sheets
from missionare.cli.importing.problems import Problem
from missionare.cli.importing.progress import bar, progress
from missionare.cli.importing.rows import FIELDS, Understood
from missionare.cli.importing.sending import Importer, Outcome


@dataclass
class Report:
    """What became of a file."""

    file: str
    rows: int
    created: int
    unchanged: int
    problems: list[Problem]
    imported: bool
    ignored_columns: tuple[str, ...]

    @property
    def skipped(self) -> int:
        """How many lines were left out, or would have to be."""
        return len({problem.line for problem in self.problems})

    @property
    def ok(self) -> bool:
        """Whether the file was taken over, if need be without its bad rows."""
        return self.imported

    def as_json(self, language: str) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "file": self.file,
            "rows": self.rows,
            "imported": self.imported,
            "created": self.created,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "ignored_columns": list(self.ignored_columns),
            "problems": [problem.as_json(language) for problem in self.problems],
        }


def run(path: Path, importer: Importer, *, skip_bad_rows: bool, language: str, quiet: bool = False) -> Report:
    """Import a file.

    Nothing is imported as long as one row is bad, unless bad rows are to be skipped.

    Raises:
        Failure: the file cannot be read, or members cannot be reached or refuses the request as a whole.
    """
    understood = rows_module.understand(sheets.read(path))
    with progress(quiet=quiet) as bars:
        trial = importer.send(
            understood.rows, dry_run=True, progress=bar(bars, WORDS["trial"][language], len(understood.rows))
        )
        problems = sorted([*understood.problems, *_refusals(trial, understood)], key=lambda problem: problem.line)
        good = [row for row in understood.rows if row["line"] not in trial.refused]
        imported = bool(good) and (skip_bad_rows or not problems)
        outcome = Outcome()
        if imported:
            outcome = importer.send(
                good, dry_run=False, progress=bar(bars, WORDS["import"][language], len(understood.rows))
            )
            problems += _refusals(outcome, understood)
    return Report(
        path.name,
        understood.lines,
        outcome.created,
        outcome.unchanged,
        problems,
        imported or not understood.lines,
        understood.columns.ignored,
    )


def show(report: Report, *, language: str, as_json: bool) -> None:
    """Print a report."""
    console = Console(highlight=False, soft_wrap=True)
    if as_json:
        console.print_json(json.dumps(report.as_json(language), ensure_ascii=False))
        return
    for problem in report.problems:
        column = f", {problem.column}" if problem.column else ""
        console.print(f"{WORDS['line'][language]} {problem.line}{column}: {problem.reason[language]}", markup=False)
    if report.ignored_columns:
        console.print(WORDS["ignored"][language].format(columns=", ".join(report.ignored_columns)), markup=False)
    sentence = WORDS["done" if report.imported else "nothing"][language]
    console.print(
        sentence.format(created=report.created, unchanged=report.unchanged, skipped=report.skipped), markup=False
    )


WORDS = {
    "trial": {"de": "Prüfe", "en": "Checking"},
    "import": {"de": "Übernehme", "en": "Importing"},
    "line": {"de": "Zeile", "en": "Line"},
    "ignored": {"de": "Nicht verwendete Spalten: {columns}", "en": "Columns not used: {columns}"},
    "done": {
        "de": "{created} neu, {unchanged} unverändert, {skipped} ausgelassen.",
        "en": "{created} created, {unchanged} unchanged, {skipped} skipped.",
    },
    "nothing": {
        "de": "Nichts übernommen: {skipped} fehlerhafte Zeilen. Berichtigen Sie sie, oder lassen Sie sie mit "
        "--skip-bad-rows aus.",
        "en": "Nothing imported: {skipped} bad rows. Correct them, or leave them out with --skip-bad-rows.",
    },
}


def _refusals(outcome: Outcome, understood: Understood) -> list[Problem]:
    """Word members' refusals with the headings of the file."""
    return [
        Problem(line, _heading(problem["field"], understood), dict.fromkeys(("de", "en"), problem["reason"]))
        for line, problems in outcome.refused.items()
        for problem in problems
    ]


def _heading(name: str, understood: Understood) -> str:
    column = FIELDS.get(name)
    return understood.columns.heading(column) if column else name
