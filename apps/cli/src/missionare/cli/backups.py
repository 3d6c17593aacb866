"""`missionare backup` and `restore`: each service's process does it on its own database, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from missionare.cli.dead_letters.desk import check_service
from missionare.cli.folder import DataFolder
from missionare.cli.language import language
from missionare.cli.options import SERVICES, Options
from missionare.cli.standby import database_for
from missionare.cli.upkeep import lines_of

AT_WORK: Final = {
    "reading": {
        "de": "{service}: liest {collection} ({done}/{of})",
        "en": "{service}: reads {collection} ({done}/{of})",
    },
    "checking": {
        "de": "{service}: prüft {collection} ({done}/{of})",
        "en": "{service}: checks {collection} ({done}/{of})",
    },
    "preparing": {
        "de": "{service}: stellt {collection} bereit ({done}/{of})",
        "en": "{service}: prepares {collection} ({done}/{of})",
    },
}
TAKEN: Final = {
    "de": "{service}: {documents} Dokumente vom Stand {taken_at} in {folder} ({megabytes:.1f} MB, {seconds} s)",
    "en": "{service}: {documents} documents as of {taken_at} in {folder} ({megabytes:.1f} MB, {seconds} s)",
}
RESTORED: Final = {
    "de": "{service}: {documents} Dokumente, wieder auf dem Stand {taken_at}, Ära {era}; {pending} Ereignisse werden "
    "gesendet ({seconds} s)",
    "en": "{service}: {documents} documents, back at {taken_at}, era {era}; {pending} events are to be sent "
    "({seconds} s)",
}
FORGOTTEN: Final = {
    "de": "{service}: seit der Sicherung getan und nun vergessen: {acts}. Was beendet wurde, gilt wieder: Beenden Sie "
    "es noch einmal (Protokoll).",
    "en": "{service}: done since the backup and forgotten now: {acts}. What was ended is valid again: end it once "
    "more (audit trail).",
}


def backup(data: Path, services: Sequence[str], into: Path) -> list[dict[str, Any]]:
    """Take a backup of each service, telling of progress on standard error, and give the reports.

    Raises:
        Failure: with what to do; backups of services before the one that failed are there.
    """
    return _each(data, services, "backup", ["--into", str(into.absolute())])


def restore(data: Path, services: Sequence[str], source: Path, *, replace: bool) -> list[dict[str, Any]]:
    """Restore each service, telling of progress on standard error, and give the reports.

    Raises:
        Failure: with what to do; services before the one that failed are restored.
    """
    return _each(data, services, "restore", ["--from", str(source.absolute()), *(["--replace"] if replace else [])])


def show_taken(reports: Sequence[dict[str, Any]]) -> None:
    """Say what was kept."""
    for report in reports:
        print(TAKEN[language.get()].format(**report, megabytes=report["bytes"] / 1_000_000))


def show_restored(reports: Sequence[dict[str, Any]]) -> None:
    """Say what is there again, and what is not."""
    for report in reports:
        print(RESTORED[language.get()].format(**report))
        if report["forgotten"]:
            acts = ", ".join(f"{what} {count}" for what, count in report["forgotten"].items())
            print(FORGOTTEN[language.get()].format(service=report["service"], acts=acts))


def _each(data: Path, services: Sequence[str], command: str, flags: Sequence[str]) -> list[dict[str, Any]]:
    chosen = list(dict.fromkeys(services)) or list(SERVICES)
    for service in chosen:
        check_service(service)
    folder = DataFolder(data)
    options = Options(data=folder.root, temporary=folder.is_temporary, language=language.get())
    reports: list[dict[str, Any]] = []
    with database_for(folder, options) as ports:
        for service in chosen:
            with _progress(service) as tell:
                for line in lines_of(folder, options, ports, service, [command, *flags]):
                    tell(line)
            reports.append(line)
    return reports


@contextmanager
def _progress(service: str) -> Iterator[Any]:
    """Give what says one line of a service's process on standard error."""
    console = Console(stderr=True, highlight=False)
    with console.status("") as status:

        def tell(line: dict[str, Any]) -> None:
            if "phase" not in line:
                return
            said = AT_WORK[line["phase"]][language.get()].format(service=service, **line)
            status.update(said)
            if not console.is_terminal:
                console.print(said, soft_wrap=True, markup=False)

        yield tell
