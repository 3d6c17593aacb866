"""Spreadsheets as files: one that is to be taken in, and the rows of it that could not be."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from missionare.web.console.register.table import LABELS, Cells

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_LINES: Final = 5_000
MOST_UNPACKED_BYTES: Final = 20_000_000
"""A small file can be packed from a very large one."""
_PACKED: Final = b"PK"


class NotASpreadsheet(ValueError):
    """The file is neither a spreadsheet nor a text with one."""


def text_of(content: bytes) -> str:
    """Give the first sheet of an XLSX file, or a CSV file, as it would be copied from a spreadsheet.

    Raises:
        NotASpreadsheet: it cannot be read as either.
    """
    if not content.startswith(_PACKED):
        return _decoded(content)
    if _unpacked_bytes(content) > MOST_UNPACKED_BYTES:
        raise NotASpreadsheet
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        lines = [[_plain(value) for value in row] for row in islice(book.worksheets[0].values, MOST_LINES)]
    except Exception as error:
        # The library raises what it happens to stumble over; whatever that is, it has read no spreadsheet.
        raise NotASpreadsheet from error
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(lines)
    return out.getvalue()


def _unpacked_bytes(content: bytes) -> int:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        raise NotASpreadsheet from None


def _decoded(content: bytes) -> str:
    if b"\0" in content:
        raise NotASpreadsheet
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise NotASpreadsheet


def _plain(value: Any) -> str:
    """Give a cell as it stands in the sheet: a whole number without a point, a day without a time."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)


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
