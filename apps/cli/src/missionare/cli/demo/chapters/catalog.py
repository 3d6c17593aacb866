"""The catalog's beginning: what the region knows already is brought from a file, and two people review it."""

from __future__ import annotations

import contextvars
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final

from missionare.cli.demo.outside import Outsider, StoryBroken, eventually
from missionare.cli.demo.region import EDITOR, REVIEWER
from missionare.cli.demo.world import CATALOG, World

MISTYPED: Final = "Betriebsratt"


def play(world: World) -> None:
    """Import, review with two people who wrote nothing of it, and read it as anybody."""
    world.tell.chapter("Der Katalog beginnt mit dem, was die Region schon weiß")
    report = _import(world)
    if report["refused"] or report["created"] != report["entries"]:
        raise StoryBroken(f"the catalog's file was not taken in whole: {report}")
    world.tell.step("catalog", f"{report['created']} Einträge einer Datei sind Entwürfe; öffentlich ist noch keiner.")
    reviewers = [world.sign_in(person) for person in (EDITOR, REVIEWER)]
    waiting = reviewers[0].everything(f"{CATALOG}/reviews", state="requested", limit=200)
    _approve(waiting, reviewers)
    with closing(Outsider(world.gateway)) as public:
        eventually(lambda: _total(public) == report["created"] or None, "all entries being public")
        if not _total(public, q=MISTYPED):
            raise StoryBroken(f"{MISTYPED} finds nothing")
        questions = _total(public, kind="question")
    world.tell.step(
        "catalog", f"{EDITOR.name} und {REVIEWER.name} haben sie geprüft: {questions} Fragen mit ihrem Rahmen."
    )


def public_entries(world: World) -> int:
    """Count what everybody finds in the catalog."""
    with closing(Outsider(world.gateway)) as public:
        return _total(public)


def _import(world: World) -> dict[str, Any]:
    """Run the command an agency would run; without a file it takes the one that comes with the service."""
    command = [sys.executable, "-m", "missionare.cli", "import", "catalog", "--url", world.gateway, "--json"]
    environment = {"MISSIONARE_API_KEY": world.key, "PATH": os.defpath}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StoryBroken(f"the import failed: {done.stderr[-500:]}{done.stdout[-500:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _approve(reviews: Sequence[dict[str, Any]], reviewers: Sequence[Outsider]) -> None:
    """Share the reviews out, so that all read at once; each decides on the version that was listed."""

    def work(reviewer: Outsider, share: Sequence[dict[str, Any]]) -> None:
        for review in share:
            reviewer.post(f"{CATALOG}/reviews/{review['id']}/approval", etag=f'"{review["version"]}"')

    with ThreadPoolExecutor(len(reviewers)) as together:
        shares = [
            together.submit(contextvars.copy_context().run, work, reviewer, reviews[number :: len(reviewers)])
            for number, reviewer in enumerate(reviewers)
        ]
        for share in shares:
            share.result()


def _total(public: Outsider, **chosen: str) -> int:
    return int(public.get(f"{CATALOG}/entries", limit=1, **chosen)["total"])
