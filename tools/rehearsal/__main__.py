"""Run the compose file as an operator does, and more.

First the commands of docs/how-to/docker.md are typed as they stand. Then the story of the demonstration is played
against the published port, containers are killed while somebody works, and what there was is compared with what there
is. Afterwards no container, network, volume, mount or engine of the rehearsal is left.

It uses the Docker engine and the images of the machine. Where no registry answers, it starts an engine of its own with
stand-ins under the same names.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.rehearsal import measures, outage, page, stand_ins
from tools.rehearsal.composed import FILE, PROJECT, ROOT, Project, plugin, stock_images
from tools.rehearsal.engine import Engine, engine
from tools.rehearsal.programs import Failed, Skipped

from missionare.cli import ports

HERE: Final = Path(__file__).parent
KEY: Final = re.compile(r"mk_[\w-]+")
READY_SECONDS: Final = 280
OPERATOR: Final = ("--email", "frida.leitstein@regionalnetz.example", "--given-name", "Frida", "--family-name",
                   "Leitstein")  # fmt: skip
ALTOGETHER: Final = ("--volumes", "--remove-orphans", "--timeout", "30")
BEGAN: Final = time.monotonic()


def main() -> int:
    """Rehearse; 0 when all went well or this machine cannot, with the reason."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patience", default="60", help="seconds that the story waits for each consequence")
    asked.add_argument("--only", choices=("page", "story"), help="one of the two parts")
    given = asked.parse_args()
    parts: dict[str, Callable[[Place], None]] = {"page": type_the_page, "story": lambda at: play(at, given.patience)}
    try:
        with engine() as docker, tempfile.TemporaryDirectory(prefix="missionare-rehearsal-") as folder:
            place = Place(docker, Path(folder))
            for name, part in parts.items():
                if given.only in {None, name}:
                    part(place)
    except Skipped as skipped:
        print(f"skipped: {skipped}")
        return 0
    except Failed as failed:
        print(f"failed: {failed}")
        return 1
    say("passed; nothing is left")
    return 0


class Place:
    """Where the rehearsal takes place: an engine with images, a folder, and ports that are free."""

    def __init__(self, docker: Engine, folder: Path) -> None:
        """Bring the images of others, or what stands in for them."""
        self.docker = docker
        self.folder = folder
        folder.chmod(0o711)  # the containers' user reads the clock in it
        say(f"Docker engine: {'our own, for this rehearsal' if docker.ours else 'the one that runs here'}")
        self._plugin = plugin(folder)
        images = stock_images()
        standing_in = stand_ins.provide(docker, images)
        for image in images:
            say(f"{image}: {'a stand-in, no registry answers' if image in standing_in else 'the real image'}")
        chosen = ports.choose(folder / "ports.json", ["mailbox"], gateway=0)
        self.gateway = f"http://127.0.0.1:{chosen['gateway']}"
        self.mailbox = f"http://127.0.0.1:{chosen['mailbox']}"
        self._ports = {
            "MISSIONARE_PORT": str(chosen["gateway"]),
            "MISSIONARE_COMPOSE_MAILBOX_PORT": str(chosen["mailbox"]),
        }

    def files(self, *more: str) -> list[Path]:
        """Name the compose file and what is added to it."""
        return [FILE, *(HERE / name for name in (*(["build.yml"] if self.docker.ours else []), *more))]

    def environment(self) -> Mapping[str, str]:
        """Give what every client is told: where the engine is, and which ports are taken."""
        return {**self.docker.environment(), **self._plugin, **self._ports}

    @contextmanager
    def project(self, environment: Mapping[str, str], *files: str) -> Iterator[Project]:
        """Give the project; take everything of it down in the end, whatever happened.

        Raises:
            Failed: something of it is left.
        """
        project = Project(self.docker, self.files(*files), {**self.environment(), **environment})
        project("down", *ALTOGETHER)  # what a rehearsal left that was itself killed
        try:
            yield project
        except BaseException:
            show_logs(project)
            raise
        finally:
            project("down", *ALTOGETHER)
        if left := project.left():
            raise Failed(f"left behind: {', '.join(left)}")
        say("everything is taken down")


def type_the_page(place: Place) -> None:
    """Do what docs/how-to/docker.md tells an operator to do."""
    told = {
        **place.environment(),
        "COMPOSE_PROJECT_NAME": PROJECT,
        "COMPOSE_FILE": os.pathsep.join(str(file.relative_to(ROOT)) for file in place.files()),
    }
    with place.project({}):
        page.follow(place.folder / "checkout", place.gateway, told, say)


def play(place: Place, patience: str) -> None:
    """Start, play the story from outside, and suffer an outage."""
    clock = place.folder / "clock"
    clock.mkdir(mode=0o755)
    (clock / "offset").write_text("0")
    told = {
        "REHEARSAL_CLOCK": str(clock),
        "MISSIONARE_SMTP_PLAIN": "true",
        "MISSIONARE_GATEWAY_RATE": "2000",
        "MISSIONARE_COMPOSE_MONGO_CACHE_GB": "0.25",
    }
    with place.project(told, "story.yml") as project:
        began = time.monotonic()
        project("up", "--build", "--detach", "--wait", "--wait-timeout", READY_SECONDS, within=3_600)
        say(f"all containers are healthy, {time.monotonic() - began:.1f} s after `up --build`:")
        for container in project.containers():
            state = container["Health"] or f"{container['State']} ({container['ExitCode']})"
            print(f"           {container['Service']:<22} {state:<12} {container['Image']}", flush=True)
        key = first_account(project)
        (place.folder / "key").write_text(key)
        tell([
            "--url", place.gateway,
            "--mailbox-url", place.mailbox,
            "--key-file", str(place.folder / "key"),
            "--clock-file", str(clock / "offset"),
            "--patience", patience,
        ])  # fmt: skip
        measures.look(project, say)
        outage.suffer(project, place.gateway, key, say)


def first_account(project: Project) -> str:
    """Make the agency's first account and give its key."""
    made = project("exec", "-T", "members-api", "python", "-m", "missionare.members", "create-operator", *OPERATOR)
    found = KEY.search(made)
    if found is None:
        raise Failed(f"create-operator printed no key: {made}")
    return found[0]


def tell(options: Sequence[str]) -> None:
    """Play the demonstration's story.

    Raises:
        Failed: what it promises did not come about.
    """
    command = [sys.executable, "-m", "missionare.cli", "demo", "--json", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    if not done.stdout:
        raise Failed("the story was not played")
    result = json.loads(done.stdout)
    say(f"the story, played from outside in {result['seconds']} s: {result['counts']}")
    if not result["ok"]:
        raise Failed(f"the story: {result['missing']}")


def show_logs(project: Project) -> None:
    """Print the last lines of every container, for whoever looks for the cause."""
    try:
        print(project("logs", "--no-color", "--tail", "15"), flush=True)
        print(project("ps", "--all"), flush=True)
    except Failed as failed:
        print(failed, flush=True)


def say(sentence: str) -> None:
    """Tell what has happened, with the seconds since the beginning."""
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
