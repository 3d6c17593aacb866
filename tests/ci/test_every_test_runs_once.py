"""CI shares the tests among its runs: each of them runs in one, and one that runs in none fails CI."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

from tools import check_complete, check_skips

ROOT = Path(__file__).resolve().parents[2]
MARKERS = ("platform", "broker", "thorough", "browser", "apache")
TESTS = """
import pytest
class TestNames:
    @pytest.mark.parametrize("name", ["a/b::c", "ä [x].py"])
    def test_named(self, name): ...
def test_skipped(): pytest.skip("a reason")
@pytest.mark.apache
def test_elsewhere(): ...
"""
SETTINGS = """
[pytest]
markers = apache
addopts = -m "not apache"
"""


def test_a_test_that_ran_in_no_run_and_a_skip_without_a_listed_reason_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # what this tree needs starts in a third of the time
    monkeypatch.setattr(check_complete, "ROOT", tmp_path)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "test_them.py").write_text(TESTS)
    most, elsewhere = str(tmp_path / "most.xml"), str(tmp_path / "elsewhere.xml")
    run(tmp_path, f"--junitxml={most}")
    run(tmp_path, f"--junitxml={elsewhere}", "-m", "apache")

    assert check_complete.main(most, elsewhere) == 0
    assert check_complete.main(most) == 1
    assert "test_them::test_elsewhere" in capsys.readouterr().err
    assert check_skips.main(elsewhere) == 0
    assert check_skips.main(elsewhere, most) == 1
    assert "test_them::test_skipped: a reason" in capsys.readouterr().err


def run(folder, *arguments):
    subprocess.run([sys.executable, "-m", "pytest", "-q", *arguments], cwd=folder, check=True)


def test_no_test_is_in_two_runs_of_ci_on_the_bundled_broker():
    fast = expression((ROOT / "Makefile").read_text(encoding="utf-8"), r'-m "(not platform [^"]+)"')
    rest = expression((ROOT / ".ci" / "run").read_text(encoding="utf-8"), r"-m '([^']+)'")
    for marked in itertools.product((True, False), repeat=len(MARKERS)):
        marks = dict(zip(MARKERS, marked, strict=True))
        assert eval(fast, marks) + eval(rest, marks) + marks["apache"] == 1, marks


def expression(text, pattern):
    (found,) = re.findall(pattern, text)
    return found
