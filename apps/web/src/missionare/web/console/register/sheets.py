"""The rows that could not be taken in, as a spreadsheet to go on working with."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from missionare.web.console.register.table import LABELS, Cells

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(lines: Iterable[tuple[Cells, str]], headings: Sequence[str], why: str) -> bytes:
    """Write lines with the reason why each was refused. Every cell is a text: none is ever a formula.

    Args:
        lines: cells and reason of each.
        headings: of the columns, in the order of `LABELS`.
        why: heading of the last column.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([_cell(sheet, heading, bold=True) for heading in (*headings, why)])
    for cells, reason in lines:
        sheet.append([_cell(sheet, text) for text in (*(cells.get(name, "") for name in LABELS), reason)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
