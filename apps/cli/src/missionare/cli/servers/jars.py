"""Apache Kafka's jars: brought once from Maven Central, checked against their hashes, kept for every later start."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from rich.console import Console

from missionare.cli.children import leashed
from missionare.cli.failures import Failure
from missionare.cli.folder import MEGABYTE
from missionare.cli.language import language
from missionare.kit.refusals import Text

VERSION: Final = "4.3.1"
HERE: Final = Path(__file__).with_name("kafka")
HASHES: Final = HERE / "jars.sha256"
GOAL: Final = ("-B", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=jars")
PATIENCE: Final = ("-Daether.connector.connectTimeout=10000", "-Dmaven.wagon.http.retryHandler.count=2")
"""For a network that swallows everything: Maven's own patience is half a minute per file and try."""
BRING_SECONDS: Final = 300.0
BRING_MEGABYTES: Final = 200
"""The jars (44 MB), what Maven keeps of them, and what it needs to run."""
OLDEST_JAVA: Final = 17
JAVA_SECONDS: Final = 20.0

BRINGING: Final = {
    "de": "Apache Kafka {version} wird einmal von Maven Central geholt (44 MB, bis zu einer Minute) ...",
    "en": "Bringing Apache Kafka {version} from Maven Central, once (44 MB, up to a minute) ...",
}


class JavaMissing(Failure):
    """There is no Java, or an old one."""

    text: ClassVar[Text] = {
        "de": "Apache Kafka braucht Java {oldest} oder neuer, gefunden wurde: {found}. Installieren Sie es (Debian: "
        "apt install openjdk-17-jre-headless) oder setzen Sie JAVA_HOME; oder lassen Sie --broker apache weg.",
        "en": "Apache Kafka needs Java {oldest} or newer, found was: {found}. Install it (Debian: apt install "
        "openjdk-17-jre-headless) or set JAVA_HOME; or leave --broker apache out.",
    }


class MavenMissing(Failure):
    """The jars are not here, and the program that would bring them is not either."""

    text: ClassVar[Text] = {
        "de": "Apache Kafka {version} liegt noch nicht in {folder}, und „mvn“, das es einmal von Maven Central holt, "
        "ist nicht im Suchpfad. Installieren Sie Maven (Debian: apt install maven) oder kopieren Sie den Ordner von "
        "einem Rechner, der ihn hat.",
        "en": "Apache Kafka {version} is not in {folder} yet, and 'mvn', which brings it once from Maven Central, is "
        "not in PATH. Install Maven (Debian: apt install maven) or copy the folder from a machine that has it.",
    }


class JarsNotBrought(Failure):
    """Maven could not bring the jars."""

    text: ClassVar[Text] = {
        "de": "Apache Kafka {version} ließ sich nicht von Maven Central holen; ohne --broker apache läuft der "
        "mitgelieferte Broker. Maven sagt:\n{lines}",
        "en": "Apache Kafka {version} could not be brought from Maven Central; without --broker apache the bundled "
        "broker runs. Maven says:\n{lines}",
    }


class JarsWrong(Failure):
    """What was brought is not what this version was tried with."""

    text: ClassVar[Text] = {
        "de": "Was von Maven Central kam, ist nicht, was erwartet wird: {names}. Es wird nicht benutzt. Steht ein "
        "eigener Spiegel dazwischen, dann prüfen Sie ihn.",
        "en": "What came from Maven Central is not what is expected: {names}. It is not used. Where a mirror of your "
        "own stands between, check it.",
    }


class CacheFull(Failure):
    """There is no room for the jars."""

    text: ClassVar[Text] = {
        "de": "Für Apache Kafka werden in {folder} {needed} MB gebraucht, frei sind {free} MB. Schaffen Sie Platz oder "
        "nennen Sie mit XDG_CACHE_HOME einen anderen Ordner.",
        "en": "Apache Kafka needs {needed} MB in {folder}, {free} MB are free. Make room or name another folder with "
        "XDG_CACHE_HOME.",
    }


def java() -> Path:
    """Give Java's executable: that of `JAVA_HOME`, else the one in PATH.

    Raises:
        JavaMissing: there is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    found = _java_version(program) if program else "-"
    number = re.match(r"\d+", found)
    if program is None or number is None or int(number.group()) < OLDEST_JAVA:
        raise JavaMissing(oldest=OLDEST_JAVA, found=found)
    return Path(program)


def java_version() -> str:
    """Give the version of the Java that would be used.

    Raises:
        JavaMissing: there is none, or it is too old.
    """
    return _java_version(str(java()))


def folder() -> Path:
    """Where the jars are kept. Another set of jars is another folder, so an update never mixes two."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "missionare" / f"kafka-{VERSION}-{hashlib.sha256(HASHES.read_bytes()).hexdigest()[:8]}"


def are_here() -> bool:
    """Whether nothing has to be brought any more."""
    return all((folder() / name).is_file() for name in _wanted())


def maven() -> Path:
    """Give Maven's executable.

    Raises:
        MavenMissing: there is none, and the jars are not here.
    """
    program = shutil.which("mvn")
    if program is None:
        raise MavenMissing(version=VERSION, folder=folder())
    return Path(program)


def provide() -> Path:
    """Give the folder with all jars; the first call on a machine brings them. Call it from the main thread.

    Raises:
        MavenMissing, JarsNotBrought, JarsWrong, CacheFull: with what to do.
    """
    with _one_at_a_time():
        if not are_here():
            check_space()
            _bring(maven())
    return folder()


def check_space() -> None:
    """Refuse to bring the jars where there is no room for them.

    Raises:
        CacheFull: with how much is needed.
    """
    existing = next(parent for parent in folder().parents if parent.exists())
    free = shutil.disk_usage(existing).free // MEGABYTE
    if free < BRING_MEGABYTES:
        raise CacheFull(folder=existing, needed=BRING_MEGABYTES, free=free)


def _bring(program: Path) -> None:
    """Let Maven copy the jars into a folder beside, and give it its name once everything in it is right."""
    console = Console(stderr=True, highlight=False)
    console.print(BRINGING[language.get()].format(version=VERSION), soft_wrap=True)
    with tempfile.TemporaryDirectory(dir=folder().parent, prefix="bringing-") as made:
        shutil.copy(HERE / "pom.xml", made)
        with console.status("Maven ..."):
            _run([str(program), *GOAL, *PATIENCE], Path(made))
        brought = Path(made) / "jars"
        wrong = [name for name, digest in _wanted().items() if _digest(brought / name) != digest]
        wrong += sorted({path.name for path in brought.iterdir()} - set(_wanted()))
        if wrong:
            raise JarsWrong(names=", ".join(wrong))
        shutil.rmtree(folder(), ignore_errors=True)  # a folder from which something was taken away
        brought.rename(folder())


def _run(command: list[str], where: Path) -> None:
    process = subprocess.Popen(
        leashed(command), cwd=where, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    )  # fmt: skip
    late = threading.Timer(BRING_SECONDS, process.kill)
    late.start()
    try:
        said, _ = process.communicate()
    finally:
        late.cancel()
        process.kill()
        process.wait()
    if process.returncode != 0:
        complaints = [line for line in said.splitlines() if "ERROR" in line] or said.splitlines()[-3:]
        raise JarsNotBrought(version=VERSION, lines="\n".join(f"  {line}" for line in complaints[:3]) or "  -")


def _wanted() -> Mapping[str, str]:
    lines = HASHES.read_text(encoding="ascii").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _java_version(program: str) -> str:
    try:
        done = subprocess.run(
            [program, "-version"], capture_output=True, text=True, check=False, timeout=JAVA_SECONDS
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    said = re.search(r'version "(?:1\.)?([^"]+)"', done.stderr)  # Java 8 and older called themselves 1.8
    return said.group(1) if said else "?"


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two starts at the same moment bring the jars once."""
    cache = folder().parent
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "kafka.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
