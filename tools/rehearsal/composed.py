"""The compose file as a project of its own: build, start, ask, take down."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml
from tools.rehearsal.engine import Engine
from tools.rehearsal.programs import Skipped, cache, run, works

ROOT: Final = Path(__file__).resolve().parents[2]
FILE: Final = ROOT / "docker-compose.yml"
PROJECT: Final = "missionare-rehearsal"
VERSION: Final = "v2.39.4"
"""Of Docker Compose, where there is none and Go can build it; Debian's 1.29 does not know what the file uses."""
MODULE: Final = "github.com/docker/compose/v2/cmd"
OURS: Final = "missionare/"
NOT_REHEARSED: Final = {"grafana"}
"""Debian has none to make a stand-in of."""
BUILD_SECONDS: Final = 1_800
READY_SECONDS: Final = 300


@dataclass
class Project:
    """The project on an engine. Every word after `docker compose` passes through here."""

    engine: Engine
    files: Sequence[Path]
    environment: Mapping[str, str]

    def __call__(self, *words: object, within: float = READY_SECONDS) -> str:
        """Run `docker compose` on it."""
        files = [word for file in self.files for word in ("-f", file)]
        # Somebody's own `.env` is not what is rehearsed.
        options = ["--project-name", PROJECT, "--profile", "mailbox", "--env-file", os.devnull]
        options += ["--profile", "observability"] if "prometheus" in words or "down" in words else []
        return run("docker", "compose", *options, *files, *words, within=within, environment=self.environment, cwd=ROOT)

    def containers(self) -> list[dict[str, Any]]:
        """Give every container: its service, state, health and image."""
        lines = self("ps", "--all", "--format", "json").splitlines()
        return sorted((json.loads(line) for line in lines), key=lambda container: str(container["Service"]))

    def left(self) -> list[str]:
        """Name what is still there of it."""
        label = f"label=com.docker.compose.project={PROJECT}"
        kinds = {"container": ["--all"], "network": [], "volume": []}
        return [
            f"{kind} {name}"
            for kind, options in kinds.items()
            for name in self.engine.docker(kind, "ls", *options, "--quiet", "--filter", label).split()
        ]


def plugin(place: Path) -> Mapping[str, str]:
    """Find Docker Compose of the second generation, or build it once; gives what makes `docker compose` work.

    Raises:
        Skipped: there is none, and nothing to build it with.
    """
    if works("docker", "compose", "version"):
        return {}
    built = cache() / f"docker-compose-{VERSION.removeprefix('v')}"
    if not built.exists():
        if shutil.which("go") is None:
            raise Skipped("there is no Docker Compose 2 (apt install docker-compose-plugin, or Go to build it)")
        _build(built)
    plugins = place / "docker" / "cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(built)
    return {"DOCKER_CONFIG": str(plugins.parent)}


def stock_images() -> list[str]:
    """Name the images of others that are rehearsed, the base of ours first."""
    described = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]
    used = {service["image"] for name, service in described.items() if name not in NOT_REHEARSED}
    (base,) = {
        line.split()[1] for line in (ROOT / "deploy/Dockerfile").read_text("utf-8").splitlines()
        if line.startswith("FROM ") and ":" in line
    }  # fmt: skip
    return [base, *sorted(image for image in used if not image.startswith(OURS))]


def _build(target: Path) -> None:
    source = cache() / "compose-src"
    source.mkdir(exist_ok=True)
    if not (source / "go.mod").exists():
        run("go", "mod", "init", "missionare.example/compose", cwd=source)
    run("go", "get", "-tool", f"{MODULE}@{VERSION}", within=BUILD_SECONDS, cwd=source)
    unfinished = target.with_suffix(".part")
    run("go", "build", "-trimpath", "-o", unfinished, MODULE, within=BUILD_SECONDS, cwd=source)
    unfinished.rename(target)
