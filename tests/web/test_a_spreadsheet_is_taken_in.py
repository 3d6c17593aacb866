"""A table copied from a spreadsheet: looked at, mended in the page, taken in, the rest given back as XLSX."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from every_service.tree import ROOT
from openpyxl import Workbook, load_workbook
from web.region import Browser, Page, Region

from missionare.cli.importing import values
from missionare.web.console.register import sheets, table
from missionare.web.console.register.intake import PATH

HEADINGS = "Firma\tPLZ\tOrt\tWZ\tBeschäftigte\tVorname\tName\tE-Mail\tFunktion\tAnsprechperson\tNotiz"
GOOD = "Dornheck Metallbau\t57223\tKreuztal\t25\t80\tJan\tWeißbach\tjan@dornheck.example\tProduktion\tja\tx"
BAD = '=HYPERLINK("x")\t57223\tEntenhausen\t25\t80\t\t\t\t\t\t'


@pytest.fixture
def lead(region: Region) -> Browser:
    return region.signed_in("operator-1", roles=["operator"])


def fields(page: Page) -> dict[str, str]:
    kept = re.search(r'<textarea name="table" hidden>\n(.*?)</textarea>', page.text, re.DOTALL)
    return {**page.fields, **({"table": unescape(kept[1])} if kept else {})}


async def looked_at(lead: Browser, text: str) -> Page:
    begun = await lead.look(PATH)
    return await lead.send(PATH, {**begun.fields, "table": text})


async def names(lead: Browser) -> list[str]:
    page = await lead.look("/console/organisations")
    return [
        name for name, address in page.links.items() if re.fullmatch(r"/console/organisations/[0-9a-f-]{36}", address)
    ]


async def test_looking_takes_nothing_in_and_says_what_is_wrong_at_its_cell(lead: Browser) -> None:
    page = await looked_at(lead, f"{HEADINGS}\n{GOOD}\n{BAD}")

    assert page.status == 200
    assert "1 Zeile kann eingelesen werden" in page
    assert "1 Zeile braucht Nacharbeit" in page
    assert "Ohne Bedeutung hier: Notiz" in page
    assert 'id="wrong-3-municipality_code"' in page.text
    assert page.fields["cell-3-municipality_code"] == "Entenhausen"
    assert await names(lead) == []


async def test_a_cell_is_mended_in_the_page_and_everything_is_taken_in_once(lead: Browser) -> None:
    page = await looked_at(lead, f"{HEADINGS}\n{GOOD}\n{BAD}")

    mended = {**fields(page), "cell-3-municipality_code": "Kreuztal", "cell-3-name": "Eichgrund Federn"}
    again = await lead.send(PATH, mended)
    taken = await lead.send(f"{PATH}/taking", fields(again))

    assert "2 Zeilen sind eingelesen." in taken
    assert sorted(await names(lead)) == ["Dornheck Metallbau", "Eichgrund Federn"]
    twice = await looked_at(lead, f"{HEADINGS}\n{GOOD}")
    assert "0 davon sind neu" in twice


async def test_good_rows_go_in_and_the_bad_ones_come_back_as_a_spreadsheet_without_formulas(lead: Browser) -> None:
    page = await looked_at(lead, f"{HEADINGS}\n{GOOD}\n{BAD}")

    taken = await lead.send(f"{PATH}/taking", fields(page))
    rest = await lead.send(f"{PATH}/rest.xlsx", fields(taken))

    assert "1 Zeile ist eingelesen." in taken
    assert await names(lead) == ["Dornheck Metallbau"]
    book = load_workbook(io.BytesIO(rest.answer.content))
    heading, row = list(book.active.iter_rows())
    assert [cell.value for cell in heading][:2] == ["Unternehmen", "Art"]
    assert row[0].value == '=HYPERLINK("x")'
    assert {cell.data_type for cell in row if cell.value} == {"s"}
    assert row[-1].value


async def test_a_table_without_its_columns_says_which_are_missing_and_keeps_the_text(lead: Browser) -> None:
    page = await looked_at(lead, "Firma\tOrt\nDornheck\tKreuztal")

    assert page.status == 422
    assert "Postleitzahl, Branche, Größe" in page
    assert "Dornheck\tKreuztal" in page.text


def book(*lines: str) -> bytes:
    """Give an XLSX file as people keep it: what looks like a number is one."""
    made, out = Workbook(), io.BytesIO()
    for line in lines:
        cells = line.split("\t")
        made.active.append([float(cell) if cell.isdecimal() else cell or None for cell in cells])
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Betriebe.xlsx", book(HEADINGS, GOOD, BAD)),
        ("betriebe.csv", f"{HEADINGS}\r\n{GOOD}\r\n{BAD}\r\n".replace("\t", ";").encode("cp1252")),
        ("betriebe.csv", f"{HEADINGS}\n{GOOD}\n{BAD}".encode("utf-8-sig")),
    ],
)
async def test_a_file_is_looked_at_mended_and_taken_in_like_what_was_copied(
    lead: Browser, name: str, content: bytes
) -> None:
    begun = await lead.look(PATH)

    page = await lead.upload(PATH, begun.fields, name, content)
    assert "1 Zeile kann eingelesen werden" in page
    assert "1 Zeile braucht Nacharbeit" in page
    taken = await lead.send(f"{PATH}/taking", fields(page))

    assert "1 Zeile ist eingelesen." in taken
    assert await names(lead) == ["Dornheck Metallbau"]


async def test_what_is_no_table_or_too_large_is_told_and_what_was_pasted_stays(lead: Browser) -> None:
    begun = await lead.look(f"/en{PATH}")
    pasted = {**begun.fields, "table": f"{HEADINGS}\n{GOOD}"}

    for content in (b"\x89PNG\0", b"PK\3\4 nothing", b"\x81\x8d", book()[:900]):
        page = await lead.upload(f"/en{PATH}", pasted, "x.xlsx", content)
        assert page.status == 422
        assert "This file cannot be read as a table." in page
        assert GOOD in page.text
    large = await lead.upload(f"/en{PATH}", pasted, "x.csv", b"x" * 900_001)
    nothing = await lead.send(f"/en{PATH}", begun.fields)

    assert (large.status, large.title) == (413, "The file is too large")
    assert (nothing.status, "Please choose a file, or paste rows." in nothing) == (422, True)


async def test_a_file_sent_after_the_session_has_ended_is_asked_for_again_and_the_pasted_rows_are_there(
    region: Region, lead: Browser
) -> None:
    begun = await lead.look(PATH)
    lead.client.cookies.clear()

    page = await lead.upload(PATH, {**begun.fields, "table": f"{HEADINGS}\n{GOOD}"}, "x.xlsx", book(HEADINGS, GOOD))

    assert (page.status, page.title) == (401, "Ihre Anmeldung ist abgelaufen")
    assert "Die Datei wählen Sie danach bitte noch einmal aus." in page
    assert GOOD in page.text


async def test_a_form_cut_into_pieces_that_do_not_fit_is_refused(lead: Browser) -> None:
    for content_type, body in (
        ("multipart/form-data", ""),
        ("multipart/form-data; boundary=x", "--y\r\n"),
        ("multipart/form-data; boundary=x", "--x\r\n\r\nno name\r\n--x--"),
        ("multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nno end'),
        ("multipart/form-data; boundary=x", "--x\r\n\r\n" * 200 + "\r\n--x--"),
    ):
        headers = {"Content-Type": content_type, "Accept": "text/html"}
        answer = await lead.client.post(PATH, content=body.encode(), headers=headers)
        assert answer.status_code == 400, body


def test_a_file_that_is_packed_from_a_huge_one_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_UNPACKED_BYTES", 1_000)
    with pytest.raises(sheets.NotASpreadsheet):
        sheets.text_of(book(HEADINGS, GOOD))


def test_a_table_is_read_as_spreadsheets_copy_it_and_as_they_save_it() -> None:
    for separator in "\t;,":
        read = table.read(f"Firma{separator}Ort\nMüller{separator}Olpe\n\n")
        assert read.lines == {2: {"name": "Müller", "municipality_code": "Olpe"}}
    assert table.read(table.write([{"name": "A\tB", "street": 'Weg "1"'}])).lines[2]["street"] == 'Weg "1"'
    assert table.read("").missing == ["name", "postal_code", "municipality_code", "sector", "size"]
    assert table.read("Firma\n" + "x\n" * 250).left_out == 50


async def test_the_table_that_the_command_takes_is_taken_by_the_page_as_it_stands(lead: Browser) -> None:
    page = await looked_at(lead, (ROOT / "docs/examples/members.csv").read_text(encoding="utf-8"))

    assert "2 Zeilen können eingelesen werden" in page


def test_every_word_that_the_command_understands_means_the_same_on_the_page() -> None:
    for column, words in {"kind": values.KINDS, "size": values.SIZES, "functions": values.FUNCTIONS}.items():
        for code, spelt in words.items():
            for word in spelt:
                line = table.row(2, {"given_name": "Jan", column: word})
                assert line["person" if column == "functions" else "organisation"][column] in (code, [code]), word


async def test_a_word_that_means_nothing_is_answered_with_those_that_do(lead: Browser) -> None:
    page = await looked_at(lead, f"{HEADINGS}\n{GOOD.replace('80', 'riesig')}")

    assert "möglich sind: kleinst, klein, mittel, groß." in page
    assert "micro" not in page
