"""Files of entries: what is read, what is refused as a whole with its line, and what is reported by key."""

import json

import httpx2
import pytest
from typer.testing import CliRunner

from missionare.cli import app
from missionare.cli.cataloguing import command, documents
from missionare.cli.cataloguing.documents import FileNotUnderstood
from missionare.cli.importing import sending
from missionare.cli.importing.problems import FileUnreadable
from missionare.cli.importing.sending import NotReached, Sender

FILE = """
values:
  - key: wert-ruhe
    title_de: "Ruhe bewahren"
    text_de: no
regional_peculiarities: ~
questions:
  - key: frage-wozu
    pole: challenge
    regions: [05970, 05711]
    as_of: 2026-11-01
    source:
    title_de: Wozu?
    text_de: >
      Zwei
      Zeilen.
    limits: [wert-ruhe]
"""


class Catalog:
    """Keeps what it was sent; refuses entries whose text is bad; knows what it has taken in."""

    def __init__(self):
        self.bodies = []
        self.known = {}
        self.answers = []

    def __call__(self, request):
        if self.answers:
            return httpx2.Response(self.answers.pop(0), json={"detail": "no"})
        if request.method == "GET":
            return httpx2.Response(200, json={"yaml": FILE})
        body = json.loads(request.content)
        self.bodies.append(body)
        return httpx2.Response(201, json={"entries": [self.outcome(entry) for entry in body["entries"]]})

    def outcome(self, entry):
        if entry.get("text_de") == "bad":
            problems = [{"field": "text_de", "reason": "is bad"}]
            return {"key": entry["key"], "outcome": "refused", "problems": problems}
        before = self.known.get(entry["key"])
        self.known[entry["key"]] = entry
        outcome = "created" if before is None else "unchanged" if before == entry else "changed"
        return {"key": entry["key"], "outcome": outcome, "problems": []}


@pytest.fixture
def catalog():
    return Catalog()


@pytest.fixture
def sender(catalog, monkeypatch):
    monkeypatch.setattr(sending, "FIRST_PAUSE", 0.0)
    sender = Sender("http://gateway", "mk_1_secret", language="de", transport=httpx2.MockTransport(catalog))
    yield sender
    sender.close()


@pytest.fixture
def file(tmp_path):
    def written(content=FILE, encoding="utf-8"):
        path = tmp_path / "catalog.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return written


def run(sender, path):
    return command.run(path, sender, language="en", quiet=True)


def refused(content):
    with pytest.raises((FileNotUnderstood, FileUnreadable)) as failure:
        documents.understand(content if isinstance(content, bytes) else content.encode(), "catalog.yaml")
    return failure.value


def problems(content):
    return [(problem.key, problem.field) for problem in documents.understand(content.encode(), "catalog.yaml").problems]


def test_every_value_is_the_text_that_stands_there():
    (value, question) = documents.understand(FILE.encode(), "catalog.yaml").entries
    assert value == {"type": "value", "key": "wert-ruhe", "title_de": "Ruhe bewahren", "text_de": "no"}
    assert (question["regions"], question["as_of"]) == (["05970", "05711"], "2026-11-01")
    assert question["text_de"] == "Zwei Zeilen.\n"
    assert "source" not in question


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_however_it_is_marked(encoding):
    content = 'values: [{key: wert-gruen, title_de: "Grün \N{EN DASH} für alle"}]'.encode(encoding)
    assert documents.understand(content, "catalog.yaml").entries[0]["title_de"] == "Grün \N{EN DASH} für alle"


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "utf-32"])
def test_another_encoding_is_refused_and_says_what_to_do(encoding):
    failure = refused('values: [{key: wert-gruen, title_de: "Grün"}]'.encode(encoding))
    assert "UTF-8" in failure.say("de") or "YAML" in failure.say("de")


def test_a_bomb_of_references_is_refused_before_it_grows():
    lines = ["questions:", "  - &a0 {key: x}"] + [f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    failure = refused("\n".join(lines))
    assert (failure.details["line"], "*name" in failure.say("de")) == (3, True)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("values:\n  - key: a\n    <<: *b\n", 3),
        ("values: &v\n  - *v\n", 2),
        ("[" * 100_000, 1),
        ("values:\n  - key: " + "[" * 50 + "]" * 50, 2),
        ("values: [a\n", 2),
        ("- a\n- b\n", 1),
        ("", 1),
        ("just text", 1),
        ("values: []\nvalues: []\n", 2),
        ("goals: []\n", 1),
        ("values: {key: a}\n", 1),
        ("? [a, b]\n: c\n", 1),
        ("values:\n\t- key: a\n", 2),
        ("values: []\n---\nvalues: []\n", 2),
        ("values: [\x00]", 1),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_line(content, line):
    failure = refused(content)
    assert failure.details["line"] == line
    assert failure.say("de") != failure.say("en")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("values:\n  - key: a-a\n    text_de: x\n    text_de: y\n", [("a-a", "text_de")]),
        ("values:\n  - key: a-a\n  - key: a-a\n", [("a-a", "key")]),
        ("values:\n  - key: a-a\nquestions:\n  - key: a-a\n", [("a-a", "key")]),
        ("values:\n  - title_de: x\n", [("?", "key")]),
        ("values:\n  - key: [a]\n", [("?", "key")]),
        ("values:\n  - just text\n", [("?", "")]),
        ("values:\n  - key: a-a\n    type: framework\n", [("a-a", "type")]),
        ("values:\n  - key: a-a\n    ? [b]\n    : c\n", [("a-a", "")]),
        (f"values:\n  - key: a-a\n    text_de: {'x' * 200_000}\n", [("a-a", "")]),
    ],
)
def test_an_entry_that_cannot_be_read_is_reported_by_key_and_the_others_go_on(content, said):
    assert problems(content + ("frameworks:\n  - key: good-one\n")) == said


def test_a_tag_makes_nothing_but_text():
    (entry,) = documents.understand(
        b"values: [{key: !!python/object/apply:os.system [id]}, {key: !!int b-b}]", "f"
    ).entries
    assert entry["key"] == "b-b"


def test_a_file_too_large_or_missing_is_refused(tmp_path):
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (documents.MAX_BYTES + 1))
    for path in (large, tmp_path / "nowhere.yaml"):
        with pytest.raises(FileUnreadable):
            documents.read(path)


def test_limits_are_sent_before_what_names_them(sender, catalog, file):
    run(sender, file("questions:\n  - key: q-1\nvalues:\n  - key: v-1\nframeworks:\n  - key: f-1\n"))
    assert [entry["key"] for entry in catalog.bodies[0]["entries"]] == ["v-1", "f-1", "q-1"]


def test_many_and_long_entries_go_in_portions(sender, catalog, file):
    run(sender, file("values:\n" + "".join(f"  - key: v-{n}\n" for n in range(250))))
    assert [len(body["entries"]) for body in catalog.bodies] == [100, 100, 50]
    catalog.bodies.clear()
    run(sender, file("values:\n" + "".join(f"  - key: v-{n}\n    text_de: {'x' * 90_000}\n" for n in range(9))))
    assert [len(body["entries"]) for body in catalog.bodies] == [4, 4, 1]


def test_the_same_file_twice_changes_nothing_and_a_changed_entry_is_counted(sender, file):
    first, again = run(sender, file()), run(sender, file())
    changed = run(sender, file(FILE.replace("Wozu?", "Wohin?")))
    assert [(report.created, report.changed, report.unchanged) for report in (first, again, changed)] == [
        (2, 0, 0), (0, 0, 2), (0, 1, 1),
    ]  # fmt: skip


def test_what_catalog_refuses_is_reported_with_its_line(sender, file):
    report = run(sender, file(FILE.replace("text_de: no", "text_de: bad")))
    assert (report.created, report.refused, report.entries, report.ok) == (1, 1, 2, False)
    assert [(one.key, one.line, one.field) for one in report.problems] == [("wert-ruhe", 3, "text_de")]


def test_nobody_answering_is_said(sender, catalog, file):
    catalog.answers = [503] * 100
    with pytest.raises(NotReached):
        run(sender, file())


class TestTheCommand:
    @pytest.fixture
    def call(self, catalog, monkeypatch):
        monkeypatch.setattr(
            app,
            "Sender",
            lambda url, key, language: Sender(url, key, language=language, transport=httpx2.MockTransport(catalog)),
        )
        monkeypatch.setenv("MISSIONARE_API_KEY", "mk_1_secret")

        def called(*arguments):
            return CliRunner().invoke(app.app, [*arguments, "--url", "http://gateway"])

        return called

    def test_tells_what_is_new_and_that_it_is_not_public_yet(self, call, file):
        result = call("import", "catalog", str(file()))
        assert result.exit_code == 0
        assert "2 neu, 0 geändert, 0 unverändert, 0 nicht übernommen." in result.stdout
        assert "Fachprüfung" in result.stdout

    def test_names_bad_entries_and_what_to_do_and_fails(self, call, file):
        result = call("--lang", "en", "import", "catalog", str(file(FILE.replace("text_de: no", "text_de: bad"))))
        assert result.exit_code == 1
        assert "wert-ruhe (line 3), text_de: is bad" in result.stdout
        assert "Correct the entries" in result.stdout

    def test_prints_json(self, call, file):
        report = json.loads(call("import", "catalog", "--json", str(file(FILE + "  - key: frage-wozu\n"))).stdout)
        assert (report["entries"], report["created"], report["refused"]) == (3, 2, 1)
        assert report["problems"][0]["key"] == "frage-wozu"

    def test_without_a_file_takes_the_catalog_that_comes_with_the_service(self, call):
        report = json.loads(call("import", "catalog", "--json").stdout)
        assert (report["file"], report["created"]) == ("starter-catalog.yaml", 2)
