"""`missionare doctor`: what this machine lacks for running the platform, and what to do about it."""

from __future__ import annotations

import os
import platform as machine
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final

from missionare.cli import environment as environments
from missionare.cli import files, ports
from missionare.cli.failures import Failure, FolderUnusable, LibraryMissing, PortTaken
from missionare.cli.folder import START_MEGABYTES, DataFolder
from missionare.cli.language import language
from missionare.cli.options import SERVICES, Options, check_environment
from missionare.cli.platform import PORTS
from missionare.cli.servers import apache, executables, gateway, jars, libcurl
from missionare.kit.refusals import Text
from missionare.kit.settings import BrokenSettings, Settings, read

PYTHONS: Final = ((3, 11), (3, 13))
VERSION_SECONDS: Final = 20.0
TO_BE_BROUGHT: Final = {
    "de": "{version} holt der erste Start einmal von Maven Central ({maven}, 44 MB)",
    "en": "{version} is brought from Maven Central once, by the first start ({maven}, 44 MB)",
}
OUR_PACKAGES: Final = (*SERVICES, "web", "kit")


class WrongPython(Failure):
    """Python is too old or too new."""

    text: ClassVar[Text] = {
        "de": "Python {found} ist installiert, gebraucht wird 3.11 bis 3.13. Legen Sie die Umgebung mit einem "
        "passenden Python neu an: python3.11 -m venv .venv",
        "en": "Python {found} is installed, 3.11 to 3.13 is needed. Make the environment anew with a fitting Python: "
        "python3.11 -m venv .venv",
    }


class PackageMissing(Failure):
    """A part of the platform is not installed in this environment."""

    text: ClassVar[Text] = {
        "de": "{package} ist in dieser Umgebung nicht installiert. Installieren Sie es (im Quellbaum: make up richtet "
        "alles ein).",
        "en": "{package} is not installed in this environment. Install it (in the source tree make up sets "
        "everything up).",
    }


class DoesNotStart(Failure):
    """A bundled server is there and cannot run on this machine."""

    text: ClassVar[Text] = {
        "de": "{program} lässt sich auf dieser Maschine nicht starten: {reason}. Passt das Paket nicht zur Plattform, "
        "dann richten Sie einen eigenen Server ein und nennen seine Adresse.",
        "en": "{program} cannot be started on this machine: {reason}. Where the package does not fit the platform, "
        "set up a server of your own and name its address.",
    }


class BrokenSetting(Failure):
    """A setting of a service is wrong."""

    text: ClassVar[Text] = {"de": "{problem} (Einstellung für {service})", "en": "{problem} (setting for {service})"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    says: str


def examine(options: Options) -> list[Finding]:
    """Look at everything. Nothing is started or changed, except that the data folder may come into being."""
    return [finding for check in CHECKS for finding in check(options)]


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """The findings as plain data."""
    return {"ok": all(finding.ok for finding in findings), "findings": [asdict(finding) for finding in findings]}


def _python(_options: Options) -> Iterator[Finding]:
    def fits() -> str:
        found = machine.python_version()
        if not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
            raise WrongPython(found=found)
        return found

    yield _finding("Python", fits)


def _packages(_options: Options) -> Iterator[Finding]:
    for package in OUR_PACKAGES:
        yield _finding(f"missionare-{package}", partial(_installed, f"missionare.{package}"))
    yield _finding("aiosmtpd", lambda: _installed("aiosmtpd"))


def _servers(options: Options) -> Iterator[Finding]:
    if options.needs_mongod:
        yield _finding("libcurl", _libcurl)
        yield _finding("MongoDB", lambda: _version(executables.MONGOD, "--version"))
    if options.runs_apache:
        yield _finding("Java", jars.java_version)
        yield _finding("Apache Kafka", _jars)
    elif not options.own_kafka:
        yield _finding("Tansu", lambda: _version(executables.BROKER, "--version"))
    yield _finding("Traefik", lambda: _version(executables.GATEWAY, "version"))
    yield _finding("deploy/gateway", lambda: str(gateway.configuration()))


def _data(options: Options) -> Iterator[Finding]:
    needed = START_MEGABYTES + (apache.MEGABYTES if options.runs_apache else 0)
    yield _finding("data", lambda: _folder(DataFolder(options.data), needed))
    yield _finding("port", lambda: _port(options))


def _settings(options: Options) -> Iterator[Finding]:
    yield _finding("environment", _environment)
    told = environments.Environment(options, DataFolder(options.data), dict.fromkeys((*PORTS, "gateway"), 0))
    for service in SERVICES:
        yield _finding(f"settings {service}", partial(_readable, service, told))


CHECKS: Final[tuple[Callable[[Options], Iterator[Finding]], ...]] = (_python, _packages, _servers, _data, _settings)


def _finding(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, ok=True, says=check())
    except Failure as failure:
        return Finding(what, ok=False, says=failure.say(language.get()))


def _installed(module: str) -> str:
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        raise PackageMissing(package=module.replace(".", "-"))
    return "installed" if language.get() == "en" else "installiert"


def _libcurl() -> str:
    if libcurl.system_has_it():
        return "system"
    library = libcurl.bundled()
    if library is None:
        raise LibraryMissing
    return f"pycurl ({library.name})"


def _version(server: executables.Bundled, argument: str) -> str:
    """Run a server just to say its version: what it lacks on this machine shows already then."""
    program = server.find()
    try:
        with tempfile.TemporaryDirectory() as links:
            extra = libcurl.environment(Path(links)) if server is executables.MONGOD else {}
            done = subprocess.run(
                [str(program), argument], env={**os.environ, **extra}, capture_output=True, text=True, check=False,
                timeout=VERSION_SECONDS,
            )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DoesNotStart(program=program, reason=error) from error
    if done.returncode != 0:
        raise DoesNotStart(program=program, reason=done.stderr.strip() or f"status {done.returncode}")
    return " ".join(done.stdout.split("\n", 1)[0].split())


def _jars() -> str:
    """Say where the jars are, or that a start would bring them."""
    if jars.are_here():
        return f"{jars.VERSION} ({jars.folder()})"
    program = jars.maven()
    jars.check_space()
    return TO_BE_BROUGHT[language.get()].format(version=jars.VERSION, maven=program)


def _folder(folder: DataFolder, needed: int) -> str:
    try:
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        files.write(folder.root / "doctor", "")
        (folder.root / "doctor").unlink()
    except OSError as error:
        raise FolderUnusable(folder=folder.root, reason=error.strerror) from error
    if not folder.is_locked():
        folder.check_space(needed)
    return str(folder.root)


def _port(options: Options) -> str:
    running = DataFolder(options.data).is_locked()
    if options.port and not running and not ports.is_free(options.port):
        raise PortTaken(port=options.port, holder=ports.holder(options.port))
    return str(options.port)


def _environment() -> str:
    check_environment(os.environ)
    return "-"


def _readable(service: str, told: environments.Environment) -> str:
    before = dict(os.environ)
    # The address of the database is a secret that the first start makes; any will do for looking at the rest.
    settings = {**told.settings(service), "MISSIONARE_MONGO_URL": f"mongodb://127.0.0.1/{service}"}
    os.environ.clear()
    os.environ.update(settings)
    try:
        read(Settings)
    except BrokenSettings as broken:
        raise BrokenSetting(problem="; ".join(broken.problems), service=service) from broken
    finally:
        os.environ.clear()
        os.environ.update(before)
    return "-"
