"""Every command of the tutorial and the how-to pages is typed as it stands, in their order, in one terminal."""

import os
import shutil
import subprocess
import sys

import pytest
from docs.pages import GUIDES, blocks
from every_service.tree import ROOT
from support.servers import free_port
from support.waiting import wait_until

from missionare.cli.children import leashed
from missionare.cli.failures import NotRunning
from missionare.cli.running import Running

pytestmark = pytest.mark.platform

READY_WITHIN = 90.0
STOPPED_WITHIN = 60.0
DONE_WITHIN = 240.0
SEPARATE = {"make up\n": "started below", 'make demo ARGS="--exit"\n': "tests/platform/test_demo.py plays it"}
"""Blocks that are not typed between the others."""
NEEDED = (".venv", "Makefile", "docs", "tools")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder like a clone in which everything is installed, and nothing has ever run."""
    folder = tmp_path_factory.mktemp("clone")
    for name in NEEDED:
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").unlink()
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


@pytest.fixture(scope="module")
def typed(folder):
    """What the terminal shows when everything has been typed on a platform that `make up` started."""
    if not shutil.which("curl"):
        pytest.skip("the documentation's commands need curl")
    port = str(free_port())
    # What the tests were started with by `make` is not for the `make` that is typed here.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "ARGS"))}
    environment = {**own, "MISSIONARE_PORT": port, "PYTHON": sys.executable}
    with (folder / "shown").open("wb") as shown:
        up = subprocess.Popen(
            leashed(["make", "up"]), cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=shown, stderr=shown
        )
    try:
        wait_until(lambda: ready(folder) or up.poll() is not None, "ready", within=READY_WITHIN)
        assert up.poll() is None, (folder / "shown").read_text()
        yield {page: terminal(folder, environment, port, page) for page in GUIDES}
        os.kill(Running.load(folder / ".data").pid("supervisor"), 2)
        up.wait(STOPPED_WITHIN)
    finally:
        up.kill()
        up.wait()


def ready(folder):
    try:
        return Running.load(folder / ".data").state.get("phase") == "ready"
    except NotRunning:
        return False


def terminal(folder, environment, port, page):
    """Type the blocks of a page into one shell, which remembers what the pages before have set."""
    lines = [block for block in blocks(page) if block not in SEPARATE]
    script = "\n".join(["set -euo pipefail", "touch kept", ". ./kept", *lines, "export -p > kept"])
    done = subprocess.run(
        ["bash", "-c", script.replace("127.0.0.1:8080", f"127.0.0.1:{port}")],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=DONE_WITHIN,
    )  # fmt: skip
    assert done.returncode == 0, f"{page}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
    return done.stdout


def test_the_tutorial_ends_with_a_journey_that_everybody_can_read_about(typed):
    assert "Maschinendaten selbst auslesen" in typed["docs/tutorial.md"].rpartition("<html")[2]


def test_the_agency_sees_the_companies_of_its_table_once(typed):
    assert typed["docs/how-to/agency.md"].count("Beispiel Drahtwerke GmbH") >= 1
    assert '"created": 0' in typed["docs/how-to/agency.md"]
    assert '"key":"mk_' in typed["docs/how-to/agency.md"].replace(" ", "")


def test_the_operator_s_commands_say_that_everything_is_well(typed):
    assert '"phase": "ready"' in typed["docs/how-to/operate.md"]


def test_another_program_finds_the_journey_and_the_contracts(typed, folder):
    assert "Maschinendaten selbst auslesen" in typed["docs/how-to/programs.md"]
    assert (folder / "openapi.json").read_bytes() == (ROOT / "contracts/journeys/openapi.json").read_bytes()


def test_what_is_not_typed_is_run_elsewhere():
    assert {block for page in GUIDES for block in blocks(page)} >= SEPARATE.keys()
