"""An installation is backed up while it runs, and a new machine goes on from there."""

import json
import subprocess
import sys

import httpx2
import psutil
import pytest

from missionare.cli import credentials, operators
from missionare.cli.options import SERVICES
from missionare.cli.running import Running

pytestmark = pytest.mark.platform


def missionare(data, *arguments):
    command = [sys.executable, "-m", "missionare.cli", "--lang", "en", *arguments, "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)


def streams(running, key):
    with httpx2.Client(base_url=running.url, headers={"Authorization": f"Bearer {key}"}, trust_env=False) as client:
        return client.get("/api/members/v1/streams")


def test_a_new_machine_goes_on_where_the_backup_ends(tmp_path):
    old, new, kept = tmp_path / "old", tmp_path / "new", tmp_path / "kept"
    with Running.start(old) as running:
        person = {"email": "olga@agentur.example", "given_name": "Olga", "family_name": "Ort"}
        operators.create(old, **person, keep_key=True)
        key = credentials.need(running.folder)
        taken = missionare(old, "backup", "--into", str(kept), "--json")
        while_it_runs = missionare(old, "restore", "members", "--from", str(kept), "--replace")
        still_there = streams(running, key)

    assert [report["service"] for report in json.loads(taken.stdout)] == list(SERVICES), taken.stderr
    assert while_it_runs.returncode == 1
    assert "members still runs" in while_it_runs.stderr
    assert still_there.status_code == 200

    restored = missionare(new, "restore", "--from", str(kept), "--json")
    again = missionare(new, "restore", "members", "--from", str(kept))

    assert [report["service"] for report in json.loads(restored.stdout)] == list(SERVICES), restored.stderr
    assert "is not empty" in again.stderr
    assert not [process for process in psutil.process_iter(["cmdline"]) if str(new) in " ".join(process.cmdline())]
    with Running.start(new, temporary=False) as running:
        assert streams(running, key).status_code == 200
