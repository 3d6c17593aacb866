"""Build step: take htmx from django-htmx's wheel, so that no copy of it stands in the repository."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SCRIPTS = ("htmx-2.min.js",)


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]  # hatchling ships no types for its plugins
    """Copies the scripts beside the style sheets, for a wheel and for an editable installation alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Copy them; the wheel takes them as artifacts."""
        del version, build_data
        target = Path(self.root) / "src/missionare/web/static"
        for script in SCRIPTS:
            with as_file(files("django_htmx") / "static/django_htmx" / script) as source:
                shutil.copyfile(source, target / script)
