"""The whole platform as it ships, without stand-ins: it starts, is used from outside, and survives every death."""

import json
import re
from contextlib import contextmanager

import httpx2
import psutil
import pytest
from every_service.tree import ROOT
from typer.testing import CliRunner

from missionare.cli import app
from missionare.cli.running import Running

pytestmark = pytest.mark.platform

SPREADSHEET = """\
Unternehmen;Straße;PLZ;Ort;WZ;Größe;Vorname;Nachname;E-Mail;Funktion;Ansprechperson
Köhlerbach Drahtwaren GmbH;Hüttenpfad 9;57072;Siegen;25;mittel;Änne;Größler;aenne@koehlerbach.example;GF;ja
Köhlerbach Drahtwaren GmbH;Hüttenpfad 9;57072;Siegen;25;mittel;Ümit;Talau;uemit@koehlerbach.example;Betriebsrat;
Wiesengrund Holzbau GmbH;Am Bach 2;57462;Olpe;16;klein;Rosa;Ahorn;rosa@wiesengrund.example;IT;ja
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with Running.start(tmp_path_factory.mktemp("whole")) as running:
        call(running, "create-operator", *OPERATOR, "--keep-key")
        yield running


OPERATOR = ("--email", "olga@agentur.example", "--given-name", "Olga", "--family-name", "Ort")


def call(running, *arguments):
    result = CliRunner().invoke(app.app, [*arguments, "--data", str(running.folder.root)])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@contextmanager
def operator(running):
    key = (running.folder.secrets / "operator" / "api_key").read_text()
    with httpx2.Client(base_url=running.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        yield client


def names(running):
    with operator(running) as client:
        return {item["name"] for item in client.get("/api/members/v1/organisations").json()["items"]}


def test_a_spreadsheet_is_imported_once_creates_no_mail_and_the_operator_sees_it(platform, tmp_path):
    file = tmp_path / "network.csv"
    file.write_text(SPREADSHEET, encoding="cp1252")
    first = json.loads(call(platform, "import", "members", "--json", str(file)))
    again = json.loads(call(platform, "import", "members", "--json", str(file)))
    assert (first["created"], first["skipped"]) == (3, 0)
    assert (again["created"], again["unchanged"]) == (0, 3)
    assert {"Köhlerbach Drahtwaren GmbH", "Wiesengrund Holzbau GmbH"} <= names(platform)
    assert httpx2.get(f"{platform.mailbox_url}/messages").json() == []


def test_status_knows_every_service_s_streams(platform):
    status = json.loads(call(platform, "status", "--json"))
    assert set(status["streams"]) == {"members", "journeys", "catalog", "notifications"}
    assert all("error" not in numbers for numbers in status["streams"].values())
    assert {entry["phase"] for entry in status["processes"].values()} == {"ready"}


def test_a_forged_token_is_nobody(platform):
    answer = httpx2.get(f"{platform.url}/api/members/v1/me", headers={"Authorization": "Bearer ey.forged.token"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_documentation_for_programs_is_there_and_asks_nobody_else(platform):
    with httpx2.Client(base_url=platform.url, timeout=30) as client:
        for place in ("/docs", "/docs/api/notifications/read_events", "/docs/facts/members/goal_agreed.v1"):
            page = client.get(place, headers={"Accept": "text/html"})
            assert page.status_code == 200
            assert "default-src 'none'" in page.headers["content-security-policy"]
            assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//(?!127)", page.text)
            assert "<h1" in page.text, "what it says stands in the page itself: no script has to fetch it"
        for service in ("members", "journeys", "catalog", "notifications"):
            described = client.get(f"/docs/contracts/{service}/openapi.json").raise_for_status()
            assert described.content == (ROOT / "contracts" / service / "openapi.json").read_bytes()


def test_every_death_is_survived(platform):
    before = names(platform)
    for name in platform.names:
        platform.kill_and_wait(name)
        assert names(platform) == before, name


def test_each_python_process_is_small(platform):
    memory = {name: psutil.Process(platform.pid(name)).memory_info().rss / 2**20 for name in platform.names}
    python = ("members", "journeys", "catalog", "notifications", "web", "mailbox")
    assert {name: used for name, used in memory.items() if name in python and used > 150} == {}
    assert sum(memory.values()) < 1_500


def test_the_next_start_after_the_supervisor_s_death_finds_everything(tmp_path):
    with Running.start(tmp_path) as running:
        call(running, "create-operator", *OPERATOR, "--keep-key")
        file = tmp_path / "network.csv"
        file.write_text(SPREADSHEET, encoding="utf-8-sig")
        call(running, "import", "members", str(file))
        running.kill("supervisor")
        running.process.wait()
        running.wait_until_gone()
    with Running.start(tmp_path) as running:
        assert len(names(running)) >= 2
