"""Take the pictures of the documentation: start the platform, play the story, and look at the pages on the way."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright
from tools.pictures import happenings
from tools.pictures.camera import Camera, NotWhatWasMeant
from tools.pictures.scenes import FOLDER, SCENES, Moment, Scene

from missionare.cli.demo import story
from missionare.cli.demo.chapters import visit
from missionare.cli.demo.command import opened
from missionare.cli.demo.narrator import Narrator
from missionare.cli.running import Running

CHAPTERS: Final[tuple[Moment, ...]] = (
    *story.CHAPTERS[: story.CHAPTERS.index(visit.play) + 1],
    happenings.a_host_is_asked_for_release,
    *story.CHAPTERS[story.CHAPTERS.index(visit.play) + 1 :],
    happenings.a_week_begins,
    happenings.somebody_reviews,
)
"""The story, with what happens for the pictures alone."""


def main() -> int:
    """Take all pictures, or those that are named; 1 where one could not be taken."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", default="", help="names of pictures, with commas between them")
    wanted = set(filter(None, asked.parse_args().only.split(",")))
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("there is no chromium to take pictures with (apt install chromium)")
        return 1
    FOLDER.mkdir(exist_ok=True)
    missed = 0
    with (
        tempfile.TemporaryDirectory(prefix="missionare-pictures-", ignore_cleanup_errors=True) as folder,
        Running.start(Path(folder)) as running,
        closing(opened(running, Narrator())) as world,
        sync_playwright() as playwright,
    ):
        # As root, which is usual in containers, the browser's own sandbox cannot start.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        camera = Camera(browser, world)
        for chapter in CHAPTERS:
            chapter(world)
            for scene in SCENES:
                if scene.after is chapter and (not wanted or scene.name in wanted):
                    missed += not _took(camera, scene)
        browser.close()
    return 1 if missed else 0


def _took(camera: Camera, scene: Scene) -> bool:
    """Write one picture, or say why there is none; the others are taken all the same."""
    try:
        scene.path.write_bytes(camera.take(scene))
    except NotWhatWasMeant as why:
        print(f"not taken: {why}")
        return False
    print(f"written: {scene.path.relative_to(FOLDER.parents[1])}, {scene.path.stat().st_size:,} bytes")
    return True


if __name__ == "__main__":
    raise SystemExit(main())
