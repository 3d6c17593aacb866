"""The command `missionare`: its commands, each in a module of its own, and the one place where failures are said."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from missionare.cli import backups, credentials, doctor, operators, provisioning, status, topics, upkeep
from missionare.cli import up as up_command
from missionare.cli.cataloguing import command as cataloguing
from missionare.cli.dead_letters import command as dead_letters
from missionare.cli.demo import command as demo_command
from missionare.cli.demo.elsewhere import Elsewhere
from missionare.cli.demo.outside import PATIENCE_SECONDS
from missionare.cli.failures import Failure
from missionare.cli.folder import DataFolder
from missionare.cli.importing import command as importing
from missionare.cli.importing.sending import Importer, Sender
from missionare.cli.language import language
from missionare.cli.options import BrokerChoice, Options, broker_from, port_from, roles_from
from missionare.cli.running import Running
from missionare.cli.wording import LANGUAGES

app = typer.Typer(name="missionare", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
topics_app = typer.Typer(no_args_is_help=True, help="Die Topics auf dem Broker.")
import_app = typer.Typer(no_args_is_help=True, help="Tabellen und Kataloge einlesen.")
provision_app = typer.Typer(no_args_is_help=True, help="Server vorbereiten, die jemand anders gestartet hat.")
app.add_typer(topics_app, name="topics")
app.add_typer(provision_app, name="provision")
app.add_typer(import_app, name="import")
app.add_typer(dead_letters.app, name="dead-letters")

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""
DEFAULT_DATA = Path(".data")
Data = Annotated[Path, typer.Option(help="Ordner mit allem, was die Plattform behält.", envvar="MISSIONARE_DATA")]
AsJson = Annotated[bool, typer.Option("--json", help="Ausgabe als JSON.")]
Port = Annotated[
    int | None, typer.Option(help="Port des Gateways (MISSIONARE_PORT, 8080); 0: ein freier.", min=0, max=65535)
]
Broker = Annotated[
    str,
    typer.Option(
        help="Welcher Broker mitläuft: bundled (im Speicher) oder apache (Apache Kafka, dauerhaft; braucht Java).",
        envvar="MISSIONARE_BROKER",
    ),
]


@app.callback()
def settings(
    lang: Annotated[str, typer.Option(help="Sprache der Meldungen: de oder en.", envvar="MISSIONARE_LANG")] = "de",
) -> None:
    """Missionare: Betriebe lernen voneinander. Dieser Befehl startet, zeigt und versorgt die Plattform."""
    if lang not in LANGUAGES:
        raise typer.BadParameter(", ".join(LANGUAGES), param_hint="--lang")
    language.set(lang)


@app.command()
def up(
    data: Annotated[Path | None, typer.Option(help="Datenordner; Vorgabe .data.", envvar="MISSIONARE_DATA")] = None,
    port: Port = None,
    temporary: Annotated[
        bool, typer.Option(help="Die Daten dürfen verloren gehen, die Uhr lässt sich stellen.")
    ] = False,
    role: Annotated[list[str] | None, typer.Option(help="Dienst=Rolle, z. B. journeys=api; mehrfach möglich.")] = None,
    broker: Broker = BrokerChoice.BUNDLED,
    json_state: Annotated[
        bool, typer.Option(help="Statt der Ausgaben eine Zeile JSON, sobald alles bereit ist.")
    ] = False,
) -> None:
    """Die ganze Plattform auf diesem Rechner, bis Strg-C."""
    options = Options(
        data=data or DEFAULT_DATA,
        port=_port(port),
        temporary=temporary,
        roles=roles_from(role or []),
        broker=broker_from(broker),
        language=language.get(),
    )
    if temporary and data is None:
        options, made = up_command.in_temporary_folder(options)
        with made:
            up_command.run(options, json_state=json_state)
    else:
        up_command.run(options, json_state=json_state)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port des Gateways; 0: ein freier.", min=0, max=65535)] = 0,
    role: Annotated[list[str] | None, typer.Option(help="Dienst=Rolle, z. B. journeys=api; mehrfach möglich.")] = None,
    broker: Broker = BrokerChoice.BUNDLED,
    patience: Annotated[
        float, typer.Option(help="Sekunden, die die Geschichte auf jede Folge wartet.", min=0.1)
    ] = PATIENCE_SECONDS,
    leave: Annotated[bool, typer.Option("--exit", help="Nach der Geschichte beenden, statt weiterzulaufen.")] = False,
    url: Annotated[
        str | None, typer.Option(help="Nichts starten, sondern auf der Plattform unter dieser Adresse spielen.")
    ] = None,
    mailbox_url: Annotated[str | None, typer.Option(help="Dort: die Adresse des Postfachs.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="Dort: Datei mit dem API-Schlüssel der Agentur.")] = None,
    clock_file: Annotated[Path | None, typer.Option(help="Dort: die Datei der Uhr (MISSIONARE_CLOCK_FILE).")] = None,
    as_json: AsJson = False,
) -> None:
    """Alles auf vorläufigen Daten starten und die Geschichte einer Region spielen, bis Strg-C."""
    if url is not None:
        place = Elsewhere.of(url, mailbox_url, key_file, clock_file)
        if not demo_command.play_elsewhere(place, patience=patience, as_json=as_json):
            raise typer.Exit(1)
        return
    told = demo_command.Start(port=port, roles=roles_from(role or []), broker=broker_from(broker))
    if not demo_command.run(told, patience=patience, leave=leave, as_json=as_json):
        raise typer.Exit(1)


@app.command(name="status")
def show_status(data: Data = DEFAULT_DATA, as_json: AsJson = False) -> None:
    """Was läuft, und wo die Fakten jedes Dienstes stehen."""
    collected = status.collect(data)
    if as_json:
        print(json.dumps(collected, ensure_ascii=False))
    else:
        status.show(collected)


@app.command(name="doctor")
def examine(
    data: Data = DEFAULT_DATA, port: Port = None, broker: Broker = BrokerChoice.BUNDLED, as_json: AsJson = False
) -> None:
    """Was auf diesem Rechner fehlt, und was zu tun ist."""
    options = Options(data=data, port=_port(port), broker=broker_from(broker), language=language.get())
    findings = doctor.examine(options)
    if as_json:
        print(json.dumps(doctor.as_json(findings), ensure_ascii=False))
    else:
        console = Console(highlight=False)
        for finding in findings:
            mark = "[green]ok[/]  " if finding.ok else "[red]!![/]  "
            console.print(mark + f"{finding.what}: ", end="")
            console.print(finding.says, markup=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command(name="create-operator")
def create_operator(
    email: Annotated[str, typer.Option(help="E-Mail-Adresse der Person.")],
    given_name: Annotated[str, typer.Option(help="Vorname.")],
    family_name: Annotated[str, typer.Option(help="Nachname.")],
    data: Data = DEFAULT_DATA,
    keep_key: Annotated[
        bool, typer.Option(help="Den API-Schlüssel im Datenordner aufbewahren, für status und import.")
    ] = False,
) -> None:
    """Der erste Zugang der Agentur; zeigt einmal seinen API-Schlüssel."""
    said = operators.create(data, email=email, given_name=given_name, family_name=family_name, keep_key=keep_key)
    print(said, end="")


@app.command(name="reconcile")
def reconcile_now(
    service: Annotated[str, typer.Argument(help="members, journeys, catalog oder notifications.")],
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Jetzt abgleichen: was ein Dienst von anderen nicht gehört hat, wird nachgeholt und gezählt."""
    outcomes = upkeep.reconcile(data, service)
    if as_json:
        print(json.dumps(outcomes, ensure_ascii=False))
    else:
        upkeep.show_swept(outcomes)
    if not all(outcome["complete"] for outcome in outcomes):
        raise typer.Exit(1)


@app.command(name="rebuild")
def rebuild_read_model(
    service: Annotated[str, typer.Argument(help="Der Dienst, der das Lesemodell führt.")],
    read_model: Annotated[str, typer.Argument(help="Sein Name, etwa threads.")],
    data: Data = DEFAULT_DATA,
    back: Annotated[bool, typer.Option("--back", help="Die Fassung davor dient wieder.")] = False,
    anew: Annotated[bool, typer.Option("--anew", help="Einen unterbrochenen Aufbau von vorn beginnen.")] = False,
    any_count: Annotated[
        bool, typer.Option("--any-count", help="Auch bei abweichender Zahl der Dokumente umschalten.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ein Lesemodell neben dem bisherigen neu aufbauen und dann umschalten; der Dienst läuft dabei weiter."""
    flags = [name for name, given in {"--back": back, "--anew": anew, "--any-count": any_count}.items() if given]
    report = upkeep.rebuild(data, service, read_model, flags)
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        upkeep.show_served(report)


@app.command(name="backup")
def take_backup(
    into: Annotated[Path, typer.Option(help="Neuer Ordner für die Sicherung; je Dienst entsteht darin einer.")],
    services: Annotated[list[str] | None, typer.Argument(help="Die Dienste; ohne Angabe alle.")] = None,
    data: Data = DEFAULT_DATA,
    as_json: AsJson = False,
) -> None:
    """Die Datenbank jedes Dienstes sichern, jede vom Stand eines Augenblicks; die Plattform läuft dabei weiter."""
    reports = backups.backup(data, services or [], into)
    if as_json:
        print(json.dumps(reports, ensure_ascii=False))
    else:
        backups.show_taken(reports)


@app.command(name="restore")
def restore_backup(
    source: Annotated[Path, typer.Option("--from", help="Ordner der Sicherung.")],
    services: Annotated[list[str] | None, typer.Argument(help="Die Dienste; ohne Angabe alle.")] = None,
    data: Data = DEFAULT_DATA,
    replace: Annotated[
        bool, typer.Option("--replace", help="Vorhandene Daten durch die der Sicherung ersetzen.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Dienste auf den Stand einer Sicherung zurücksetzen; ihre Prozesse sind dafür beendet."""
    reports = backups.restore(data, services or [], source, replace=replace)
    if as_json:
        print(json.dumps(reports, ensure_ascii=False))
    else:
        backups.show_restored(reports)


@provision_app.command(name="key-file")
def make_key_file(path: Annotated[Path, typer.Argument(help="Die Datei; eine vorhandene bleibt.")]) -> None:
    """Das Geheimnis anlegen, an dem sich die Mitglieder eines Replica Sets von MongoDB erkennen."""
    provisioning.key_file(path)


@provision_app.command()
def servers(
    data: Data = DEFAULT_DATA,
    mongo: Annotated[str, typer.Option(help="Rechner:Port, unter dem die Dienste MongoDB erreichen.")] = "mongo:27017",
    smtp_password_file: Annotated[
        Path | None, typer.Option(help="Datei mit dem Kennwort beim Mailserver; leer: keines.")
    ] = None,
    patience: Annotated[float, typer.Option(help="Sekunden, die ein Server zum Starten hat.", min=1)] = 120,
) -> None:
    """Geheimnisse, Replica Set, Benutzer und Topics anlegen, wo sie fehlen; beliebig oft."""
    wanted = provisioning.Wanted(data=data, mongo=mongo, patience=patience, smtp_password_file=smtp_password_file)
    for ready in provisioning.servers(wanted):
        print(ready, flush=True)


@topics_app.command()
def provision(
    data: Data = DEFAULT_DATA,
    recreate: Annotated[
        bool, typer.Option(help="Abweichende Topics löschen und neu anlegen; erst alle Worker anhalten.")
    ] = False,
) -> None:
    """Fehlende Topics anlegen und alle prüfen."""
    for name in topics.provision(data, recreate=recreate):
        print(name)


@topics_app.command()
def verify(data: Data = DEFAULT_DATA) -> None:
    """Prüfen, ob alle Topics sind, wie der Code sie verlangt."""
    topics.verify(data)


@import_app.command()
def members(
    file: Annotated[Path, typer.Argument(help="CSV- oder Excel-Datei mit Überschriften.")],
    data: Data = DEFAULT_DATA,
    url: Annotated[str | None, typer.Option(help="Adresse der Plattform; sonst die, die auf --data läuft.")] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="Datei mit dem API-Schlüssel; sonst MISSIONARE_API_KEY.")
    ] = None,
    skip_bad_rows: Annotated[
        bool, typer.Option(help="Fehlerhafte Zeilen auslassen, statt gar nichts zu übernehmen.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Betriebe und Personen aus einer Tabelle übernehmen; legt keine Einwilligung an und schreibt niemandem."""
    key = credentials.need(DataFolder(data), key_file)
    importer = Importer(url or Running.load(data).url, key, language=language.get())
    try:
        report = importing.run(
            file, importer, skip_bad_rows=skip_bad_rows, language=language.get(), quiet=not sys.stderr.isatty()
        )
    finally:
        importer.close()
    importing.show(report, language=language.get(), as_json=as_json)
    if not report.imported:
        raise typer.Exit(1)


@import_app.command(name="catalog")
def import_catalog(
    file: Annotated[
        Path | None, typer.Argument(help="YAML-Datei mit Einträgen; ohne sie der mitgelieferte Anfangskatalog.")
    ] = None,
    data: Data = DEFAULT_DATA,
    url: Annotated[str | None, typer.Option(help="Adresse der Plattform; sonst die, die auf --data läuft.")] = None,
    key_file: Annotated[
        Path | None, typer.Option(help="Datei mit dem API-Schlüssel; sonst MISSIONARE_API_KEY.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Einträge als Entwürfe in den Katalog übernehmen und zur Fachprüfung geben; veröffentlicht nichts."""
    key = credentials.need(DataFolder(data), key_file)
    sender = Sender(url or Running.load(data).url, key, language=language.get())
    try:
        report = cataloguing.run(file, sender, language=language.get(), quiet=not sys.stderr.isatty())
    finally:
        sender.close()
    cataloguing.show(report, language=language.get(), as_json=as_json)
    if not report.ok:
        raise typer.Exit(1)


def main() -> None:
    """Run the command; a failure is one message on standard error and exit status 1."""
    # Drivers log on their own why they could not connect; a failure says it once, in words.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        app()
    except Failure as failure:
        sys.stderr.write(f"missionare: {failure.say(language.get())}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _port(given: int | None) -> int:
    return port_from(os.environ.get("MISSIONARE_PORT")) if given is None else given
