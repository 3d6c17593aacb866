"""The commands: list, show, retry, edit, discard; one by its id, or all that agree with a filter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from missionare.cli import credentials
from missionare.cli.dead_letters.desk import Desk, check_service
from missionare.cli.failures import Failure
from missionare.cli.folder import DataFolder
from missionare.cli.language import language
from missionare.cli.running import Running
from missionare.kit.refusals import Text

app = typer.Typer(no_args_is_help=True, help="Klärfälle: Ereignisse, die sich nicht anwenden ließen.")

HEADINGS: Final = {
    "de": ("Klärfall", "Zustand", "Ereignis", "Folge", "Fehler", "Versuche"),
    "en": ("dead letter", "state", "event", "sequence", "error", "tries"),
}
NONE: Final = {"de": "Keine Klärfälle.", "en": "No dead letters."}
DECIDED: Final = {"de": "{id}: {state}", "en": "{id}: {state}"}
COUNTED: Final = {
    "de": "{matched} betroffen, {done} entschieden, {remaining} übrig.",
    "en": "{matched} concerned, {done} decided, {remaining} left.",
}
ACTS: Final = {"retry": "retry", "edit": "edit", "discard": "discarding"}


class WhichMissing(Failure):
    """Neither an id nor a filter was given, or both."""

    text: ClassVar[Text] = {
        "de": "Nennen Sie entweder einen Klärfall oder mindestens einen Filter (--state, --type, --error ...).",
        "en": "Name either one dead letter or at least one filter (--state, --type, --error ...).",
    }


class ValueWrong(Failure):
    """The new value is missing or no JSON object."""

    text: ClassVar[Text] = {
        "de": "--value erwartet ein JSON-Objekt: den ganzen Wert für einen Klärfall, bei einem Filter die Felder, die "
        "sich ändern (null nimmt eines weg).",
        "en": "--value wants a JSON object: the whole value for one dead letter, with a filter the fields that change "
        "(null takes one away).",
    }


Service = Annotated[str, typer.Argument(help="members, journeys, catalog oder notifications.")]
Id = Annotated[str, typer.Argument(help="Der Klärfall, wie list ihn nennt.")]
MaybeId = Annotated[str | None, typer.Argument(help="Ein Klärfall, wie list ihn nennt; sonst ein Filter.")]
Data = Annotated[Path, typer.Option(help="Ordner der Plattform.", envvar="MISSIONARE_DATA")]
Url = Annotated[str | None, typer.Option(help="Adresse der Plattform; sonst die, die auf --data läuft.")]
KeyFile = Annotated[Path | None, typer.Option(help="Datei mit dem API-Schlüssel; sonst MISSIONARE_API_KEY.")]
AsJson = Annotated[bool, typer.Option("--json", help="Ausgabe als JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Mit Filter: nur zählen.")]
Reason = Annotated[str, typer.Option(help="Warum; steht danach im Protokoll.")]
Filtered = Annotated[
    list[str] | None,
    typer.Option(
        "--where", help="Filter feld=wert; mehrfach. Felder: consumer, state, source, type, aggregate, subject, error."
    ),
]
DEFAULT_DATA: Final = Path(".data")


@app.command(name="list")
def show_all(
    service: Service, where: Filtered = None, data: Data = DEFAULT_DATA, url: Url = None, key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Alle Klärfälle eines Dienstes."""
    with _desk(service, data, url, key_file) as desk:
        letters = desk.every(_filter(where))
    if as_json:
        print(json.dumps(letters, ensure_ascii=False))
        return
    console = Console()
    if not letters:
        console.print(NONE[language.get()])
        return
    table = Table(*HEADINGS[language.get()], box=SIMPLE_HEAD, pad_edge=False)
    for letter in letters:
        what = letter["type"] or letter["position"] or "-"
        row = (letter["id"], letter["state"], what, letter["sequence"] or "-", letter["error"] or "-")
        table.add_row(*row, str(letter["attempts"]))
    console.print(table)


@app.command(name="show")
def show_one(
    service: Service, dead_letter: Id, data: Data = DEFAULT_DATA, url: Url = None, key_file: KeyFile = None
) -> None:
    """Ein Klärfall mit seinem Wert und dem, was hinter ihm wartet, als JSON."""
    with _desk(service, data, url, key_file) as desk:
        print(json.dumps(desk.one(dead_letter), ensure_ascii=False, indent=2))


@app.command()
def retry(
    service: Service, dead_letter: MaybeId = None, where: Filtered = None, dry_run: DryRun = False,
    data: Data = DEFAULT_DATA, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Sofort noch einmal versuchen; was dahinter wartet, folgt."""
    with _desk(service, data, url, key_file) as desk:
        _decide(desk, "retry", dead_letter, where, {}, dry_run=dry_run, as_json=as_json)


@app.command()
def edit(
    service: Service, reason: Reason, value: Annotated[str, typer.Option(help="Der neue Wert, ein JSON-Objekt.")],
    dead_letter: MaybeId = None, where: Filtered = None, dry_run: DryRun = False,
    data: Data = DEFAULT_DATA, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Den Wert ändern und noch einmal versuchen."""
    body = {"value" if dead_letter else "patch": _object(value), "reason": reason}
    with _desk(service, data, url, key_file) as desk:
        _decide(desk, "edit", dead_letter, where, body, dry_run=dry_run, as_json=as_json)


@app.command()
def discard(
    service: Service, reason: Reason, dead_letter: MaybeId = None, where: Filtered = None, dry_run: DryRun = False,
    data: Data = DEFAULT_DATA, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Als erledigt zählen, ohne anzuwenden; was dahinter wartet, folgt."""
    with _desk(service, data, url, key_file) as desk:
        _decide(desk, "discard", dead_letter, where, {"reason": reason}, dry_run=dry_run, as_json=as_json)


def _decide(
    desk: Desk,
    act: str,
    dead_letter: str | None,
    where: list[str] | None,
    body: Mapping[str, Any],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    which = _filter(where)
    if bool(dead_letter) == bool(which) or (dead_letter and dry_run):
        raise WhichMissing
    if dead_letter:
        outcome = desk.decide(dead_letter, ACTS[act], body or None)
        said = DECIDED
    else:
        outcome = desk.decide_many(ACTS[act], {**body, "filter": which, "dry_run": dry_run})
        said = COUNTED
    if as_json:
        print(json.dumps(outcome, ensure_ascii=False))
    else:
        print(said[language.get()].format(**outcome))


def _desk(service: str, data: Path, url: str | None, key_file: Path | None) -> Desk:
    check_service(service)
    key = credentials.need(DataFolder(data), key_file)
    return Desk(url or Running.load(data).url, key, service, language=language.get())


def _filter(where: list[str] | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in where or []]
    if not all(name and value for name, _, value in pairs):
        raise WhichMissing
    return {name: value for name, _, value in pairs}


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ValueWrong
    return value
