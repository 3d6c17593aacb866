"""Spreadsheet files: CSV in the ways Excel and others write it, and XLSX. Every cell becomes text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

from openpyxl import load_workbook

from missionare.cli.importing import columns
from missionare.cli.importing.columns import Columns
from missionare.cli.importing.problems import FileUnreadable

MAX_BYTES: Final = 20 * 1024 * 1024
HEADING_LINES: Final = 20
"""Headings may stand below a title."""
SEPARATORS: Final = (";", ",", "\t")
BYTE_ORDER_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
FALLBACK: Final = "cp1252"
"""What Excel on Windows writes as "CSV" where nobody chose UTF-8."""

Line = tuple[int, list[str]]
"""A line's number as a person counts them, and its cells."""


@dataclass(frozen=True)
class Sheet:
    """A file's columns and its rows below the headings, without the empty ones."""

    columns: Columns
    lines: list[Line]


def read(path: Path) -> Sheet:
    """Read a file.

    Raises:
        FileUnreadable, HeadingsMissing, HeadingTwice: with what to do.
    """
    content = _content(path)
    lines = _from_xlsx(path, content) if path.suffix.lower() in {".xlsx", ".xlsm"} else _from_csv(path, content)
    for position, (_number, cells) in enumerate(lines[:HEADING_LINES]):
        if columns.are_headings(cells):
            return Sheet(columns.find(path.name, cells), lines[position + 1 :])
    # Nothing looks like headings: complain about the first line, which is where they were expected.
    return Sheet(columns.find(path.name, lines[0][1] if lines else []), [])


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            limit = MAX_BYTES // 1024 // 1024
            raise _unreadable(path, f"sie ist größer als {limit} MB", f"it is larger than {limit} MB")
        return path.read_bytes()
    except FileNotFoundError:
        raise _unreadable(path, "es gibt sie nicht", "it does not exist") from None
    except OSError as error:
        raise _unreadable(path, str(error.strerror), str(error.strerror)) from error


def _from_xlsx(path: Path, content: bytes) -> list[Line]:
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, KeyError, ValueError, OSError) as error:
        raise _unreadable(path, "das ist keine Excel-Datei (.xlsx)", "this is no Excel file (.xlsx)") from error
    sheets = [list(_filled(_texts(sheet.iter_rows(values_only=True)))) for sheet in book.worksheets]
    book.close()
    with_headings = (
        lines for lines in sheets if any(columns.are_headings(cells) for _, cells in lines[:HEADING_LINES])
    )
    return next(with_headings, sheets[0] if sheets else [])


def _texts(rows: Iterable[Sequence[Any]]) -> Iterator[Line]:
    for number, cells in enumerate(rows, start=1):
        yield number, [text(cell) for cell in cells]


def _from_csv(path: Path, content: bytes) -> list[Line]:
    if content[:4] in {b"\xd0\xcf\x11\xe0", b"PK\x03\x04"}:
        raise _unreadable(
            path,
            "das ist keine CSV-Datei. Speichern Sie die Tabelle als .xlsx oder .csv.",
            "this is no CSV file. Save the table as .xlsx or .csv.",
        )
    decoded = _decoded(content)
    first, _, rest = decoded.partition("\n")
    if first.strip().lower().startswith("sep="):  # Excel's own hint; the separator is found anyway
        return [(number + 1, cells) for number, cells in _split(path, rest)]
    return _split(path, decoded)


def _split(path: Path, decoded: str) -> list[Line]:
    best: list[Line] = []
    most = -1
    for separator in SEPARATORS:
        try:
            lines = list(_filled(_numbered(decoded, separator)))
        except csv.Error as error:
            raise _unreadable(path, f"fehlerhafte CSV ({error})", f"broken CSV ({error})") from error
        found = max((columns.known(cells) for _, cells in lines[:HEADING_LINES]), default=0)
        if found > most:
            best, most = lines, found
    return best


def _numbered(decoded: str, separator: str) -> Iterator[Line]:
    """Give each row the number of the line where it begins: a cell in quotes may go over several."""
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=separator, strict=False)
    begins = 1
    for cells in reader:
        yield begins, [cell.strip() for cell in cells]
        begins = reader.line_num + 1


def _decoded(content: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(FALLBACK, "replace")


def _filled(lines: Iterable[Line]) -> Iterator[Line]:
    return ((number, cells) for number, cells in lines if any(cells))


def text(cell: Any) -> str:
    """Give a cell as a person would read it: whole numbers without a decimal point, dates as ISO dates."""
    match cell:
        case None:
            return ""
        case datetime():
            return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(sep=" ")
        case date():
            return cell.isoformat()
        case bool():
            return "ja" if cell else "nein"
        case float() if cell.is_integer():
            return str(int(cell))
    return str(cell).strip()


def _unreadable(path: Path, de: str, en: str) -> FileUnreadable:
    return FileUnreadable(file=path.name, reason_de=de, reason_en=en)
