"""The services as their processes wire them, for tools that read what is declared; nothing is opened."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_type_hints

from missionare.kit.service import Service
from missionare.kit.testing import settings_for

ROOT = Path(__file__).resolve().parent.parent
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/pyproject.toml"))


@contextmanager
def wired() -> Iterator[list[Service]]:
    """Give every service, in the order of their names."""
    with TemporaryDirectory() as folder:
        yield [_declared(name, Path(folder)) for name in SERVICES]


def _declared(name: str, folder: Path) -> Service:
    build = importlib.import_module(f"missionare.{name}.app").build
    kind = get_type_hints(build)["settings"]
    service: Service = build(settings_for(name, f"mongodb://127.0.0.1/{name}", folder, kind=kind))
    return service
