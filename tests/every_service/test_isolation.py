"""A service is a package of its own: installed alone it is whole, and of the others it knows nothing.

What is installed comes from the lock file. The packages are taken from uv's cache, or else from the registry.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from every_service.services import routes_of
from every_service.tree import ROOT, SERVICES, package

pytestmark = pytest.mark.platform

UV = Path(sys.executable).with_name("uv")
UNREACHABLE = ("network was disabled", "Failed to fetch", "error sending request", "dns error", "timed out")
"""What uv says when it is the registry that is missing, and not we who are wrong."""

IMPORT_EVERYTHING = """
import importlib, json, pkgutil, sys, tempfile
from pathlib import Path
from typing import get_type_hints

name = sys.argv[1]
package = importlib.import_module(f"missionare.{name}")
for module in pkgutil.walk_packages(package.__path__, f"missionare.{name}."):
    importlib.import_module(module.name)
importlib.import_module("missionare.kit.worker")

build = importlib.import_module(f"missionare.{name}.app").build
settings = get_type_hints(build)["settings"]
service = build(settings(role="api", mongo_url=f"mongodb://127.0.0.1/{name}", peers='{"members": "http://127.0.0.1:1"}'))
routes = sorted(f"{route.method} {route.path}" for route in service.declared_routes())
assert len(service.app.router.routes) == len(routes)
print(json.dumps({"file": package.__file__, "routes": routes}))
"""


def run(*command: object) -> subprocess.CompletedProcess[str]:
    """Run a tool outside our folder and without our paths."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MISSIONARE_"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=ROOT / "docs",
        env={**environment, "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def installed_alone(service: str, folder: Path) -> Path:
    """Install kit and one service into a fresh environment, and give its Python."""
    made = run(UV, "venv", "--quiet", "--offline", "--python", sys.executable, folder)
    assert made.returncode == 0, made.stderr
    python = folder / "bin" / "python"
    # Not as the workspace has them, where kit would be linked from here, but each as what it builds to.
    what = ["--no-sources", "-c", ROOT / "requirements.lock", "-b", ROOT / "bootstrap.lock"]
    what += [ROOT / "libs/kit", ROOT / "services" / service]
    install = [UV, "pip", "install", "--quiet", "--python", python, *what]
    result = run(*install, "--offline")
    if result.returncode:
        result = run(*install)
    if result.returncode and any(words in result.stderr for words in UNREACHABLE):
        pytest.skip("the registry does not answer, and uv's cache lacks a package")
    assert result.returncode == 0, result.stderr
    return python


def files_in(folder: Path) -> set[str]:
    """Name every file of a package but what Python compiles."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if "__pycache__" not in path.parts}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_installed_alone_is_whole_and_knows_no_other(service: str, tmp_path: Path) -> None:
    python = installed_alone(service, tmp_path / "alone")

    built = run(python, "-I", "-c", IMPORT_EVERYTHING, service)
    assert built.returncode == 0, built.stderr
    told = json.loads(built.stdout)
    assert told["file"].startswith(str(tmp_path)), "it is the installed package that was imported"
    assert told["routes"] == sorted(f"{route.method} {route.path}" for route in routes_of(service))
    assert files_in(Path(told["file"]).parent) == files_in(package(service)), "templates and the like came with it"

    for other in {*SERVICES, "cli", "web"} - {service}:
        refused = run(python, "-I", "-c", f"import missionare.{other}")
        assert refused.returncode != 0
        assert f"ModuleNotFoundError: No module named 'missionare.{other}'" in refused.stderr


def test_no_service_declares_another_as_what_it_needs() -> None:
    for service in SERVICES:
        declared = (ROOT / "services" / service / "pyproject.toml").read_text(encoding="utf-8")
        assert [other for other in SERVICES if f"missionare-{other}" in declared] == [service]
