"""Taking in a spreadsheet: sent or copied into the page, looked at, mended there, and the rest given back as XLSX."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from fastapi import Response

from missionare.web.console.frame import LEAD, desk
from missionare.web.console.register import sheets, spellings, table
from missionare.web.console.register.table import LABELS, Cells, Table
from missionare.web.forms import Form
from missionare.web.routing import Pages
from missionare.web.services import Read, Refused
from missionare.web.visits import Visit, Visiting

pages = Pages()

FORM: Final = "intake"
FILE: Final = "file"
PATH: Final = "/console/organisations/import"
MENDED_AT_ONCE: Final = 7
"""Rows with a field per cell on one page: a form takes a hundred fields."""


class Problem(Read):
    """What is wrong with one cell."""

    field: str
    reason: str


class Result(Read):
    """What becomes, or became, of one row."""

    line: int
    outcome: str
    problems: tuple[Problem, ...] = ()


class Judgement(Read):
    """The answer to an import."""

    rows: tuple[Result, ...]


@dataclass
class Looked:
    """A table as the page shows it: what can be taken in, and what is wrong with the rest."""

    good: dict[int, Cells] = field(default_factory=dict)
    new: int = 0
    bad: dict[int, tuple[Cells, dict[str, str]]] = field(default_factory=dict)
    """Cells of a line and what is wrong, by column; under `line` what concerns no single one."""


@pages.get(PATH, who=LEAD)
async def begin(visit: Visiting) -> Response:
    """Ask for the table."""
    return desk(visit, "register/import.html", form=visit.form(FORM), headings=_headings(visit))


@pages.post(PATH, who=LEAD)
async def look(visit: Visiting) -> Response:
    """Judge the table as it is now, mended cells included. Nothing is taken in by looking."""
    form = await visit.submitted(FORM)
    await _unpack(visit, form)
    found = _table(visit, form)
    if not form.ok:
        return _asked_again(visit, form)
    try:
        looked = await _judged(visit, found, dry_run=True, key=form.key)
    except Refused as refusal:
        return _asked_again(visit, form.refused(refusal))
    return _shown(visit, looked, found)


@pages.post(f"{PATH}/taking", who=LEAD)
async def take(visit: Visiting) -> Response:
    """Take the good rows in. The others stay on the page, to be mended or taken home as a spreadsheet."""
    form = await visit.submitted(FORM)
    found = _table(visit, form)
    if not form.ok:
        return _asked_again(visit, form)
    try:
        looked = await _judged(visit, found, dry_run=False, key=form.key)
    except Refused as refusal:
        return _asked_again(visit, form.refused(refusal))
    return _shown(visit, looked, found, taken=True)


@pages.post(f"{PATH}/rest.xlsx", who=LEAD)
async def give_back(visit: Visiting) -> Response:
    """Give the bad rows as a spreadsheet, with what is wrong with each."""
    form = await visit.submitted(FORM)
    looked = await _judged(visit, _table(visit, form), dry_run=True, key=form.key)
    lines = [(cells, " ".join(wrong.values())) for cells, wrong in looked.bad.values()]
    content = sheets.workbook(lines, _headings(visit), visit.say("Was fehlt"))
    sent = {"Content-Disposition": 'attachment; filename="nacharbeiten.xlsx"', "Cache-Control": "no-store"}
    return Response(content, headers=sent, media_type=sheets.MEDIA_TYPE)


async def _unpack(visit: Visit, form: Form) -> None:
    """Put what stands in a file where it would have been copied to; from there on both are one."""
    sent = form.files.get(FILE)
    if sent is None:
        return
    try:
        form.values["table"] = await asyncio.to_thread(sheets.text_of, sent.content)
    except sheets.NotASpreadsheet:
        form.wrong(
            FILE, visit.say("Diese Datei lässt sich nicht als Tabelle lesen. Speichern Sie sie als XLSX oder CSV.")
        )


def _table(visit: Visit, form: Form) -> Table:
    """Read the table with the cells that were mended in the page."""
    found = table.read(form["table"])
    if not form["table"].strip() and form.ok:
        form.wrong(FILE, visit.say("Bitte wählen Sie eine Datei, oder fügen Sie Zeilen ein."))
    elif found.missing and form.ok:
        labels = ", ".join(visit.say(LABELS[name]) for name in found.missing)
        form.wrong("table", visit.say("Diese Spalten fehlen in der ersten Zeile: {columns}.", columns=labels))
    for number, cells in found.lines.items():
        mended = {name: form.values.get(f"cell-{number}-{name}") for name in LABELS}
        cells.update({name: text.strip() for name, text in mended.items() if text is not None})
    return found


async def _judged(visit: Visit, found: Table, *, dry_run: bool, key: str) -> Looked:
    looked = Looked()
    if not found.lines:
        return looked
    rows = [table.row(number, cells) for number, cells in found.lines.items()]
    answer = await visit.ask.command("members", "/imports", {"dry_run": dry_run, "rows": rows}, key=key)
    for result in Judgement.model_validate_json(answer.content).rows:
        cells = found.lines[result.line]
        if result.outcome == "refused":
            looked.bad[result.line] = (cells, _wrong(visit, cells, result))
        else:
            looked.good[result.line] = cells
            looked.new += result.outcome == "created"
    return looked


def _wrong(visit: Visit, cells: Cells, result: Result) -> dict[str, str]:
    """Say what is wrong by column; of codes, which nobody types, the words that mean them are named."""
    wrong: dict[str, str] = {}
    for problem in result.problems:
        name = problem.field.rpartition(".")[2]
        wrong.setdefault(name if name in LABELS else "line", _reason(visit, name, cells.get(name, ""), problem.reason))
    return wrong


def _reason(visit: Visit, name: str, cell: str, reason: str) -> str:
    if not cell:
        return visit.say("fehlt.") if name in table.NEVER_EMPTY else reason
    if words := spellings.USUAL.get(name):
        return visit.say("möglich sind: {words}.", words=", ".join(words))
    if name == "municipality_code" and not cell.isdecimal():
        return visit.say(
            "ist keine Gemeinde der Region. Schreiben Sie ihren Namen, etwa Kreuztal, oder ihren Schlüssel."
        )
    return reason


def _headings(visit: Visit) -> list[str]:
    return [visit.say(label) for label in LABELS.values()]


def _asked_again(visit: Visit, form: Form) -> Response:
    return desk(
        visit,
        "register/import.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        form=form,
        headings=_headings(visit),
    )


def _shown(visit: Visit, looked: Looked, found: Table, *, taken: bool = False) -> Response:
    left = [cells for cells, _ in looked.bad.values()] if taken else list(found.lines.values())
    # After taking in, only what is left is sent again, under the numbers that it has then.
    bad = list((enumerate(looked.bad.values(), table.FIRST_LINE)) if taken else looked.bad.items())
    return desk(
        visit,
        "register/imported.html",
        form=visit.form(FORM, table=table.write(left)),
        looked=looked,
        bad=bad[:MENDED_AT_ONCE],
        later=bad[MENDED_AT_ONCE:],
        taken=taken,
        labels=[(name, visit.say(label)) for name, label in LABELS.items()],
        found=found,
    )
