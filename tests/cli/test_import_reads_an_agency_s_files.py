"""Reading spreadsheets: what agencies have is understood, what is wrong is named with line, column and reason."""

import csv
import io
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from missionare.cli.failures import Failure
from missionare.cli.importing import rows, sheets, values
from missionare.cli.importing.municipalities import OLPE, SIEGEN_WITTGENSTEIN, code_for
from missionare.cli.importing.problems import BadCell

HEADINGS = ["Unternehmen", "PLZ", "Ort", "WZ", "Größe"]
COMPANY = ["Köhlerhütte Drahtwaren GmbH", "57072", "Siegen", "25", "mittel"]
PERSON_HEADINGS = ["Vorname", "Nachname", "E-Mail"]


@pytest.fixture
def understood(tmp_path):
    """Write lines into a file as CSV and understand it."""

    def understand(*lines, separator=";", encoding="utf-8", name="network.csv", before=""):
        text = io.StringIO()
        csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(lines)
        (tmp_path / name).write_bytes((before + text.getvalue()).encode(encoding))
        return rows.understand(sheets.read(tmp_path / name))

    return understand


def only(understood):
    assert not understood.problems
    (row,) = understood.rows
    return row


def problems(understood):
    return [(problem.line, problem.column, problem.reason["en"]) for problem in understood.problems]


def test_a_line_becomes_the_row_that_members_takes(understood):
    headings = [
        *HEADINGS,
        "Art",
        "Register-Nr.",
        "Straße",
        *PERSON_HEADINGS,
        "Telefon",
        "Sprache",
        "Funktion",
        "Ansprechperson",
    ]
    line = [
        *COMPANY, "Verein", "VR 7", "Hüttenpfad 9", "Björn", "Größler", "b@example.org", "0271 1", "Englisch",
        "Betriebsrat, IT", "ja",
    ]  # fmt: skip
    assert only(understood(headings, line)) == {
        "line": 2,
        "organisation": {
            "name": "Köhlerhütte Drahtwaren GmbH", "kind": "association", "register_id": "VR 7",
            "street": "Hüttenpfad 9", "postal_code": "57072", "municipality_code": "05970040",
            "sector": "25", "size": "medium",
        },
        "person": {
            "given_name": "Björn", "family_name": "Größler", "email": "b@example.org", "telephone": "0271 1",
            "language": "en", "functions": ["employee_representation", "it"], "contact": True,
        },
    }  # fmt: skip


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_separators_and_encodings_are_recognised(understood, separator, encoding):
    row = only(understood(HEADINGS, COMPANY, separator=separator, encoding=encoding))
    assert row["organisation"]["name"] == "Köhlerhütte Drahtwaren GmbH"


def test_a_comma_inside_a_cell_does_not_decide_the_separator(understood):
    company = ["Müller, Meier, Schmidt, Schulze GmbH", *COMPANY[1:]]
    assert only(understood(HEADINGS, company))["organisation"]["name"] == company[0]


def test_excel_s_separator_hint_and_a_title_above_the_headings_are_passed_over(understood):
    result = understood(["Unser Netzwerk"], [], HEADINGS, COMPANY, before="sep=;\r\n")
    assert only(result)["line"] == 5


def test_line_numbers_are_those_of_the_file_also_after_empty_lines_and_line_breaks_in_cells(understood):
    broken = ["Zweizeilige\nGmbH", *COMPANY[1:]]
    result = understood(HEADINGS, COMPANY, [], ["", "", "", "", ""], broken, COMPANY)
    assert [row["line"] for row in result.rows] == [2, 5, 7]
    assert result.lines == 3


@pytest.mark.parametrize(
    ("heading", "usual"),
    [
        ("FIRMA", "Unternehmen"), ("Name des Unternehmens", "Unternehmen"), ("Postleitzahl", "PLZ"),
        ("Stadt / Gemeinde", "Ort"), ("Wirtschaftszweig", "WZ"), ("Anzahl Mitarbeiter", "Größe"),
        ("Groesse", "Größe"), ("  größe ", "Größe"),
    ],
)  # fmt: skip
def test_headings_have_many_names(understood, heading, usual):
    cells = ["12" if usual == "Größe" else cell for usual, cell in zip(HEADINGS, COMPANY, strict=True)]
    only(understood([heading if name == usual else name for name in HEADINGS], cells))


def test_columns_that_mean_nothing_here_are_named_and_ignored(understood):
    result = understood([*HEADINGS, "Bemerkung", ""], [*COMPANY, "nett", ""])
    assert result.columns.ignored == ("Bemerkung",)
    only(result)


def test_each_bad_row_is_named_with_line_column_and_reason_and_the_good_ones_remain(understood):
    result = understood(
        [*HEADINGS, *PERSON_HEADINGS],
        [*COMPANY, "Eva", "Ast", "e@example.org"],
        ["", "5707", "Köln", "Metall", "riesig", "Eva", "", "keine"],
        [*COMPANY, "Ina", "Bach", "i@example.org"],
    )
    assert [row["line"] for row in result.rows] == [2, 4]
    named = problems(result)
    assert {line for line, _, _ in named} == {3}
    assert [column for _, column, _ in named] == ["Unternehmen", "Ort", "WZ", "Größe", "Nachname", "E-Mail"]
    assert all(reason for _, _, reason in named)


def test_a_line_without_a_person_is_only_about_the_organisation(understood):
    assert only(understood([*HEADINGS, *PERSON_HEADINGS], [*COMPANY, "", "", ""]))["person"] is None


def test_short_lines_lack_what_is_missing(understood):
    assert problems(understood(HEADINGS, COMPANY[:3])) == [(2, "WZ", "is missing"), (2, "Größe", "is missing")]


def test_without_a_column_for_it_the_first_person_of_each_organisation_is_its_contact(understood):
    lines = [[*COMPANY, f"P{number}", "X", f"p{number}@example.org"] for number in range(3)]
    lines.append(["Andere GmbH", *COMPANY[1:], "P9", "X", "p9@example.org"])
    result = understood([*HEADINGS, *PERSON_HEADINGS], *lines)
    assert [row["person"]["contact"] for row in result.rows] == [True, False, False, True]


def test_one_address_for_two_people_and_one_register_number_for_two_companies_are_contradictions(understood):
    headings = [*HEADINGS, *PERSON_HEADINGS, "Handelsregister"]
    result = understood(
        headings,
        [*COMPANY, "Eva", "Ast", "e@example.org", "HRB 1"],
        [*COMPANY, "Ina", "Bach", "E@example.org", "HRB1"],
        ["Andere GmbH", *COMPANY[1:], "Ida", "Tal", "i@example.org", "hrb 1"],
    )
    assert problems(result) == [
        (3, "E-Mail", "is already in line 2, with another name"),
        (4, "Handelsregister", "is already in line 2, with another name"),
    ]


class TestFilesThatCannotBeRead:
    def refused(self, path):
        with pytest.raises(Failure) as refusal:
            sheets.read(path)
        assert path.name in refusal.value.say("de")
        return refusal.value.say("en")

    def test_columns_are_missing(self, tmp_path):
        (tmp_path / "a.csv").write_text("Unternehmen;Ort\nX;Siegen\n", encoding="utf-8")
        said = self.refused(tmp_path / "a.csv")
        assert all(word in said for word in ["PLZ", "WZ", "Größe", "Found were: Unternehmen, Ort"])

    def test_two_columns_mean_the_same(self, tmp_path):
        (tmp_path / "a.csv").write_text("Unternehmen;Firma;PLZ;Ort;WZ;Größe\n", encoding="utf-8")
        assert "'Unternehmen' and 'Firma'" in self.refused(tmp_path / "a.csv")

    @pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\x01\x02", b"nur ein Satz"])
    def test_there_are_no_headings(self, tmp_path, content):
        (tmp_path / "a.csv").write_bytes(content)
        assert "lacks columns" in self.refused(tmp_path / "a.csv")

    @pytest.mark.parametrize("content", [b"PK\x03\x04 and no zip", b"no zip at all", b""])
    def test_it_only_looks_like_excel(self, tmp_path, content):
        (tmp_path / "a.xlsx").write_bytes(content)
        assert "no Excel file" in self.refused(tmp_path / "a.xlsx")

    def test_it_is_excel_under_another_name(self, tmp_path):
        (tmp_path / "a.csv").write_bytes(b"PK\x03\x04...")
        assert "no CSV file" in self.refused(tmp_path / "a.csv")

    def test_it_is_not_there(self, tmp_path):
        assert "does not exist" in self.refused(tmp_path / "a.csv")

    def test_it_is_too_large(self, tmp_path, monkeypatch):
        monkeypatch.setattr(sheets, "MAX_BYTES", 10)
        (tmp_path / "a.csv").write_bytes(b"x" * 11)
        assert "larger than" in self.refused(tmp_path / "a.csv")


class TestExcel:
    @pytest.fixture
    def book(self, tmp_path):
        def written(*lines, title="Netzwerk", first=()):
            book = Workbook()
            book.active.title = title
            for line in first:
                book.active.append(line)
            sheet = book.create_sheet("Daten") if first else book.active
            for line in lines:
                sheet.append(line)
            book.save(tmp_path / "network.xlsx")
            return rows.understand(sheets.read(tmp_path / "network.xlsx"))

        return written

    def test_numbers_and_dates_that_excel_made_of_codes_are_understood(self, book):
        line = ["Zahlen GmbH", 57072, "Olpe", datetime(2026, 11, 25), 49.0]  # noqa: DTZ001 - as openpyxl gives it
        organisation = only(book(HEADINGS, line))["organisation"]
        assert organisation["postal_code"] == "57072"
        assert organisation["sector"] == "25.11"
        assert organisation["size"] == "small"

    def test_dropped_zeros_are_put_back(self, book):
        line = ["Nullen GmbH", 1067, 5970040, 1, True]
        headings = ["Unternehmen", "PLZ", "AGS", "WZ", "Größe"]
        organisation = only(book(headings, [*line[:4], "klein"]))["organisation"]
        assert (organisation["postal_code"], organisation["municipality_code"]) == ("01067", "05970040")
        assert organisation["sector"] == "01"

    def test_the_sheet_with_the_headings_is_found(self, book):
        assert only(book(HEADINGS, COMPANY, first=[["Deckblatt"], ["Stand", date(2026, 11, 24)]]))["line"] == 2

    def test_empty_rows_count_in_line_numbers(self, book):
        assert only(book(HEADINGS, [None], [], COMPANY))["line"] == 4


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("25", "25"), ("C", "C"), ("c", "C"), ("25.1", "25.1"), ("25.11", "25.11"), ("25.11.0", "25.11.0"),
        ("C 25", "25"), ("C25", "25"), ("WZ 62.01", "62.01"), ("wz a", "A"), ("1", "01"), ("2026-11-25", "25.11"),
    ],
)  # fmt: skip
def test_sectors(cell, code):
    assert values.sector(cell) == code


@pytest.mark.parametrize("cell", ["Metall", "W", "123", "25,11", "25.111", "25.", "25. Nov", "", "C-25"])
def test_what_is_no_sector(cell):
    with pytest.raises(BadCell):
        values.sector(cell)


@pytest.mark.parametrize(
    ("cell", "size"),
    [
        ("1", "micro"), ("9", "micro"), ("10", "small"), ("49", "small"), ("50", "medium"), ("249", "medium"),
        ("250", "large"), ("1.200", "large"), ("ca. 80", "medium"), ("Kleinst", "micro"), ("KMU", None),
        ("mittel", "medium"), ("Groß", "large"), ("gross", "large"), ("medium", "medium"),
        ("10-49", None), ("-5", None),
    ],
)  # fmt: skip
def test_sizes(cell, size):
    if size is None:
        with pytest.raises(BadCell):
            values.size(cell)
    else:
        assert values.size(cell) == size


@pytest.mark.parametrize(
    ("cell", "functions"),
    [
        ("", ["other"]), ("Geschäftsführerin", ["management"]), ("BR und IT", None),
        ("Betriebsrat und IT", ["employee_representation", "it"]),
        ("Personal/Produktion", ["hr", "production"]), ("IT, EDV", ["it"]), ("Einkauf", None),
    ],
)  # fmt: skip
def test_functions(cell, functions):
    if functions is None:
        with pytest.raises(BadCell, match="not known"):
            values.functions(cell)
    else:
        assert values.functions(cell) == functions


@pytest.mark.parametrize(
    "cell", ["a@b", "a b@example.org", "@example.org", "a@example.org, b@example.org", "a@example.org\r\nBcc: x@y.zz"]
)
def test_what_is_no_address(cell):
    with pytest.raises(BadCell):
        values.email(cell)


@pytest.mark.parametrize(("cell", "answer"), [("ja", True), ("X", True), ("nein", False), ("", False), ("0", False)])
def test_yes_and_no(cell, answer):
    assert values.yes(cell) is answer


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Siegen", "05970040"), ("Siegen-Weidenau", "05970040"), ("SIEGEN", "05970040"), ("Stadt Olpe", "05966024"),
        ("Olpe, Stadt", "05966024"), ("Bad Laasphe", "05970028"), ("Bad  Berleburg", "05970004"),
        ("Erndtebrueck", "05970012"), ("Lennestadt (Altenhundem)", "05966020"), ("Kreuztal / Ferndorf", "05970024"),
        ("Gemeinde Wenden", "05966028"), ("Köln", None), ("", None),
    ],
)  # fmt: skip
def test_municipalities(name, code):
    assert code_for(name) == code


def test_all_eighteen_municipalities_are_known():
    assert (len(SIEGEN_WITTGENSTEIN), len(OLPE)) == (11, 7)
    assert all(code.startswith("05970") for code in SIEGEN_WITTGENSTEIN.values())
    assert all(code.startswith("05966") for code in OLPE.values())
    assert len({*SIEGEN_WITTGENSTEIN.values(), *OLPE.values()}) == 18
