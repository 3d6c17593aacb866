"""The compose file and the Dockerfile, as the tests look at them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml
from every_service.tree import ROOT, SERVICES
from tools.reference import settings_kind

from missionare.web.settings import WebSettings

OURS = "missionare/"
FILE = ROOT / "docker-compose.yml"
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
PROCESSES = {f"{service}-{role}": service for service in SERVICES for role in ("api", "worker")} | {"web": "web"}
"""Every container that runs a process of ours, and whose."""


@cache
def composed() -> dict[str, Any]:
    """The whole file, its anchors resolved."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def containers() -> dict[str, dict[str, Any]]:
    """Every container by its name."""
    return composed()["services"]


def environment(name: str) -> dict[str, Any]:
    """What a container is told."""
    return containers()[name].get("environment", {})


def settings_of(process: str) -> set[str]:
    """The names of the environment variables that a process reads."""
    kind = WebSettings if process == "web" else settings_kind(process)
    return {f"MISSIONARE_{field.upper()}" for field in kind.model_fields} | {"MISSIONARE_SECRETS_DIR"}


def variables() -> set[str]:
    """The names that the file takes from `.env`."""
    text = FILE.read_text(encoding="utf-8")
    passed = {name for container in containers() for name, value in environment(container).items() if value is None}
    return set(re.findall(r"\$\{([A-Z_]+)", text)) | passed
