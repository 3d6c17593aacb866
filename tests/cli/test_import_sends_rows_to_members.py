"""The order of an import against a members that is played by hand: all is tried before anything is taken over."""

import csv
import json

import httpx2
import pytest
from typer.testing import CliRunner

from missionare.cli import app
from missionare.cli.importing import command, sending
from missionare.cli.importing.sending import Importer, NotAccepted, NotReached

HEADINGS = ["Unternehmen", "PLZ", "Ort", "WZ", "Größe", "Vorname", "Nachname", "E-Mail"]


class Members:
    """Keeps what it was sent; refuses people called Niemand; knows organisations it has created."""

    def __init__(self):
        self.requests = []
        self.known = set()
        self.answers = []
        """Statuses with which the next requests are answered instead."""

    def __call__(self, request):
        self.requests.append(request)
        if self.answers:
            status = self.answers.pop(0)
            if status is None:
                raise httpx2.ConnectError("away")
            return httpx2.Response(status, json={"detail": "no"})
        body = json.loads(request.content)
        rows = [self.outcome(row, dry_run=body["dry_run"]) for row in body["rows"]]
        return httpx2.Response(200, json={"rows": rows, "counts": {}})

    def outcome(self, row, *, dry_run):
        if row["person"] and row["person"]["family_name"] == "Niemand":
            problems = [{"field": "person.email", "reason": "belongs to somebody else"}]
            return {"line": row["line"], "outcome": "refused", "problems": problems}
        outcome = "unchanged" if row["person"]["email"] in self.known else "created"
        if not dry_run:
            self.known.add(row["person"]["email"])
        return {"line": row["line"], "outcome": outcome, "problems": []}

    @property
    def bodies(self):
        return [json.loads(request.content) for request in self.requests]

    @property
    def imported(self):
        return [row["line"] for body in self.bodies if not body["dry_run"] for row in body["rows"]]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.0)


@pytest.fixture
def members():
    return Members()


@pytest.fixture
def importer(members):
    importer = Importer("http://gateway", "mk_1_secret", language="de", transport=httpx2.MockTransport(members))
    yield importer
    importer.close()


@pytest.fixture
def file(tmp_path):
    def written(count=3, bad=()):
        with (tmp_path / "network.csv").open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, delimiter=";")
            writer.writerow(HEADINGS)
            for number in range(count):
                line = [
                    f"Firma {number}",
                    "57072",
                    "Siegen",
                    "25",
                    "klein",
                    "Eva",
                    f"N{number}",
                    f"e{number}@example.org",
                ]
                line[5:7] = ["", ""] if number in bad else line[5:7]
                writer.writerow(line)
        return tmp_path / "network.csv"

    return written


def run(importer, path, **options):
    return command.run(path, importer, language="en", quiet=True, **{"skip_bad_rows": False, **options})


def test_everything_is_tried_before_anything_is_taken_over(importer, members, file):
    report = run(importer, file(250))
    assert [(body["dry_run"], len(body["rows"])) for body in members.bodies] == [
        (True, 100), (True, 100), (True, 50), (False, 100), (False, 100), (False, 50),
    ]  # fmt: skip
    assert (report.imported, report.created, report.unchanged, report.skipped) == (True, 250, 0, 0)
    assert {request.headers["authorization"] for request in members.requests} == {"Bearer mk_1_secret"}


def test_the_same_file_twice_changes_nothing(importer, file):
    run(importer, file())
    report = run(importer, file())
    assert (report.imported, report.created, report.unchanged) == (True, 0, 3)


def test_one_bad_row_keeps_the_whole_file_out_and_members_is_still_asked_about_the_others(importer, members, file):
    report = run(importer, file(3, bad=[1]))
    assert not report.imported
    assert members.imported == []
    assert len(members.bodies) == 1
    assert [problem.line for problem in report.problems] == [3, 3]


def test_rows_that_members_refuses_are_named_by_the_heading_of_the_file(importer, members, file):
    path = file(2)
    path.write_text(path.read_text(encoding="utf-8").replace("N1", "Niemand"), encoding="utf-8")
    report = run(importer, path)
    assert [(problem.line, problem.column, problem.reason["de"]) for problem in report.problems] == [
        (3, "E-Mail", "belongs to somebody else")
    ]
    assert members.imported == []


def test_bad_rows_can_be_left_out(importer, members, file):
    path = file(4, bad=[1])
    path.write_text(path.read_text(encoding="utf-8").replace("N2", "Niemand"), encoding="utf-8")
    report = run(importer, path, skip_bad_rows=True)
    assert members.imported == [2, 5]
    assert (report.imported, report.created, report.skipped) == (True, 2, 2)


def test_when_every_row_is_bad_there_is_nothing_to_import(importer, file):
    assert not run(importer, file(2, bad=[0, 1]), skip_bad_rows=True).imported


@pytest.mark.parametrize("status", [None, 429, 502, 503, 504])
def test_a_passing_refusal_is_tried_again_with_the_same_key(importer, members, file, status):
    members.answers = [status, status]
    assert run(importer, file(1)).created == 1
    keys = [request.headers["idempotency-key"] for request in members.requests]
    assert len(set(keys[:3])) == 1
    assert keys[3] != keys[0]


def test_nobody_answering_for_long_is_said(importer, members, file):
    members.answers = [None] * 100
    with pytest.raises(NotReached):
        run(importer, file(1))
    assert len(members.requests) == sending.TRIES


def test_a_refused_key_is_said_at_once(importer, members, file):
    members.answers = [403]
    with pytest.raises(NotAccepted, match="403"):
        run(importer, file(1))
    assert len(members.requests) == 1


class TestTheCommand:
    @pytest.fixture
    def call(self, members, monkeypatch):
        monkeypatch.setattr(
            app,
            "Importer",
            lambda url, key, language: Importer(url, key, language=language, transport=httpx2.MockTransport(members)),
        )
        monkeypatch.setenv("MISSIONARE_API_KEY", "mk_1_secret")

        def called(*arguments):
            return CliRunner().invoke(app.app, [*arguments, "--url", "http://gateway"])

        return called

    def test_prints_counts(self, call, file):
        result = call("import", "members", str(file()))
        assert result.exit_code == 0
        assert "3 neu, 0 unverändert, 0 ausgelassen." in result.stdout

    def test_prints_each_bad_row_and_what_to_do_and_fails(self, call, file):
        result = call("import", "members", str(file(3, bad=[1])))
        assert result.exit_code == 1
        assert "Zeile 3, Vorname: fehlt" in result.stdout
        assert "--skip-bad-rows" in result.stdout

    def test_speaks_english_when_asked(self, call, file):
        result = call("--lang", "en", "import", "members", str(file(3, bad=[1])))
        assert "Line 3, Vorname: is missing" in result.stdout

    def test_prints_json(self, call, file):
        report = json.loads(call("import", "members", "--json", str(file(3, bad=[1]))).stdout)
        assert (report["imported"], report["skipped"], report["rows"]) == (False, 1, 3)
        assert report["problems"][0] == {"line": 3, "column": "Vorname", "reason": "fehlt"}
