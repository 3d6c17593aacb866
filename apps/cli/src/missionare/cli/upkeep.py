"""`missionare reconcile` and `rebuild`: done by a process of the service itself, on its own database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from rich.console import Console

from missionare.cli import files
from missionare.cli.children import leashed
from missionare.cli.dead_letters.desk import check_service
from missionare.cli.environment import Environment
from missionare.cli.failures import Failure, NotRunning
from missionare.cli.folder import DataFolder
from missionare.cli.language import language
from missionare.cli.options import Options
from missionare.cli.platform import PORTS
from missionare.kit.refusals import Text

SWEPT: Final = {
    "de": "{consumer}: {read} gelesen, {applied} nachgeholt, {repaired} als repariert gezählt{away}",
    "en": "{consumer}: {read} read, {applied} made good, {repaired} counted as repaired{away}",
}
AWAY: Final = {"de": "; ein Dienst hat nicht geantwortet", "en": "; a service did not answer"}
BUILDING: Final = {
    "de": "{facts} Ereignisse angewendet{where}",
    "en": "{facts} events applied{where}",
}
SERVED: Final = {
    "de": "{read_model}: Fassung {serving} dient, {facts} Ereignisse, Dokumente: {counts} ({seconds} s); "
    "zurück mit --back.",
    "en": "{read_model}: generation {serving} serves, {facts} events, documents: {counts} ({seconds} s); "
    "back with --back.",
}


class NotDone(Failure):
    """The service's process said no, and why."""

    text: ClassVar[Text] = {"de": "{reason}", "en": "{reason}"}


def reconcile(data: Path, service: str) -> list[dict[str, Any]]:
    """Run a sweep of every consumer now, and give the counts.

    Raises:
        NoSuchService, NotRunning, NotDone: with what to do.
    """
    return list(_lines(data, service, ["reconcile"]))


def rebuild(data: Path, service: str, read_model: str, flags: Sequence[str]) -> dict[str, Any]:
    """Build a read model anew, telling of progress on standard error, and give the report.

    Raises:
        NoSuchService, NotRunning, NotDone: with what to do.
    """
    console = Console(stderr=True, highlight=False)
    line: dict[str, Any] = {}
    with console.status("") as status:
        for line in _lines(data, service, ["rebuild", read_model, *flags]):
            if "phase" in line:
                where = "".join(f", {owner} {at}/{head}" for owner, (at, head) in sorted(line["positions"].items()))
                said = BUILDING[language.get()].format(facts=line["facts"], where=where)
                status.update(said)
                if not console.is_terminal:
                    console.print(said)
    return line


def show_swept(outcomes: Sequence[dict[str, Any]]) -> None:
    """Say what a sweep came to."""
    for outcome in outcomes:
        away = "" if outcome["complete"] else AWAY[language.get()]
        print(SWEPT[language.get()].format(**outcome, away=away))


def show_served(report: dict[str, Any]) -> None:
    """Say what a build came to."""
    counts = ", ".join(f"{name} {count}" for name, count in sorted(report["documents"].items()))
    print(SERVED[language.get()].format(**report, counts=counts))


def _lines(data: Path, service: str, arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run a command of a service's process, whose database has to run already."""
    check_service(service)
    folder = DataFolder(data)
    options = Options(data=folder.root, temporary=folder.is_temporary, language=language.get())
    if not folder.is_locked() and not options.own_mongo(service):
        raise NotRunning(folder=folder.root)
    ports = files.read_json(folder.ports) or dict.fromkeys((*PORTS, "gateway"), 0)
    return lines_of(folder, options, ports, service, arguments)


def lines_of(
    folder: DataFolder, options: Options, ports: Mapping[str, int], service: str, arguments: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Run the service's process with a command, and give each line it says.

    Raises:
        NotDone: it said no, and why.
    """
    folder.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.secrets.mkdir(mode=0o700, exist_ok=True)
    environment = {**Environment(options, folder, ports).service(service), "MISSIONARE_ROLE": "api"}
    command = [sys.executable, "-m", f"missionare.{service}", *arguments, "--language", language.get()]
    with (
        folder.log_of(f"{service}-{arguments[0]}").open("w+", encoding="utf-8") as said,
        subprocess.Popen(leashed(command), env=environment, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - a pipe, as asked for
        for line in process.stdout:
            yield json.loads(line)
        if process.wait() != 0:
            said.seek(0)
            # The process logs there as well, one JSON object a line.
            words = [line.strip() for line in said if line.strip() and not line.startswith("{")]
            raise NotDone(reason=(words or [f"status {process.returncode}"])[-1])
