"""Keep an Excel file up to date with what happens in the region's network.

    MISSIONARE_KEY=mk_... python spreadsheet.py https://missionare.example region.xlsx

Run it as often as you like, by hand or by a schedule: new events become new rows, nothing comes twice, and what you
did with the rows before stays. The file itself knows how far it is. People are references (`ref_...`) that are yours
alone: the same person has the same one in every row, and nobody can tell who it is.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

COLUMNS = ("time", "type", "subject", "audience", "data")
PLACE = "place"
"""A hidden sheet with one cell: the cursor."""


def main(address: str, file: str) -> None:
    """Bring the file up to date, and say by how much."""
    book = load_workbook(file) if Path(file).exists() else begun()
    place, added = book[PLACE]["A1"], 0
    while True:
        page = read(address, place.value or "")
        for event in page["items"]:
            add(book.worksheets[0], event)
            added += 1
        place.value = page["next_cursor"]
        book.save(file)
        if not page["more"]:
            break
    print(f"{added} new rows in {file}")


def begun() -> Workbook:
    """Give an empty file."""
    book = Workbook()
    book.active.title = "events"
    book.active.append(COLUMNS)
    book.active.freeze_panes = "A2"
    book.create_sheet(PLACE).sheet_state = "hidden"
    return book


def read(address: str, cursor: str) -> dict:
    """Read one page."""
    url = f"{address}/api/notifications/v1/events?limit=200" + (f"&cursor={quote(cursor)}" if cursor else "")
    key = {"Authorization": f"Bearer {os.environ['MISSIONARE_KEY']}"}
    with urlopen(Request(url, headers=key), timeout=30) as answer:
        return json.load(answer)


def add(sheet: Worksheet, event: dict) -> None:
    """Add a row. What begins with an equals sign is still a text."""
    data = ", ".join(f"{name}: {value}" for name, value in event["data"].items())
    row = sheet.max_row + 1
    for column, value in enumerate([event["time"], event["type"], event.get("subject"), event["audience"], data], 1):
        cell = sheet.cell(row, column, value)
        cell.data_type = "s" if value is not None else "n"


if __name__ == "__main__":
    main(*sys.argv[1:])
