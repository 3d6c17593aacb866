"""The import contracts of the root pyproject.toml hold, and each of them would notice what it forbids."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from every_service.tree import ROOT, SERVICES, package

pytestmark = pytest.mark.thorough  # each breaks a copy of the tree; `make imports` looks at the tree itself

PYPROJECT = ROOT / "pyproject.toml"

SABOTAGES = [
    pytest.param("entry/domain.py", "missionare.kit.store", id="a decision that knows the database"),
    pytest.param("entry/domain.py", "missionare.catalog.entry.store", id="a decision that loads"),
    pytest.param("entry/domain.py", "random", id="a decision by dice"),
    pytest.param("events.py", "missionare.kit.refusals", id="a fact that knows more than facts"),
    pytest.param("entry/store.py", "missionare.catalog.entry.api", id="a store that knows requests"),
    pytest.param("entry/views.py", "missionare.catalog.jobs", id="a view that knows jobs"),
    pytest.param("entry/api.py", "missionare.catalog.handlers", id="a route that knows handlers"),
    pytest.param("entry/api.py", "pymongo", id="a route that knows the database"),
    pytest.param("handlers.py", "missionare.catalog.entry.api", id="a handler that knows routes"),
    pytest.param("jobs.py", "missionare.catalog.review.api", id="a job that knows routes"),
    pytest.param("app.py", "missionare.catalog.__main__", id="a wiring that starts a process"),
    pytest.param("app.py", "missionare.members.events", id="a service that knows another"),
]


def lint(config: Path, *, sources: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run import-linter, with a folder of packages that goes before the installed ones."""
    before = {"PYTHONPATH": str(sources)} if sources else {}
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", str(config)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **before, "NO_COLOR": "1", "COLUMNS": "200"},
        timeout=120,
    )


def test_every_service_and_app_is_under_the_contracts() -> None:
    roots = set(tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["root_packages"])

    apps = {path.name for path in (ROOT / "apps").iterdir() if (path / "pyproject.toml").exists()}
    assert roots == {f"missionare.{name}" for name in {"kit", *SERVICES, *apps}}


def test_every_import_keeps_the_contracts() -> None:
    result = lint(PYPROJECT)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(("file", "imported"), SABOTAGES)
def test_a_forbidden_import_is_noticed(tmp_path: Path, file: str, imported: str) -> None:
    copy = tmp_path / "missionare/catalog"
    shutil.copytree(package("catalog"), copy, ignore=shutil.ignore_patterns("__pycache__"))
    sabotaged = copy / file
    sabotaged.write_text(f"{sabotaged.read_text(encoding='utf-8')}\nimport {imported}\n", encoding="utf-8")

    result = lint(PYPROJECT, sources=tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    module = f"missionare.catalog.{file.removesuffix('.py').replace('/', '.')}"
    assert module in result.stdout.partition("Broken contracts")[2]
