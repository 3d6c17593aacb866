"""Traefik: the gateway, with the configuration of `deploy/gateway/`, in which only addresses differ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final

import yaml

from missionare.cli import files
from missionare.cli.failures import Failure
from missionare.cli.folder import DataFolder
from missionare.cli.ports import HOST
from missionare.cli.servers.executables import GATEWAY
from missionare.kit.refusals import Text

SESSION_COOKIE: Final = "missionare_session"


class ConfigurationMissing(Failure):
    """The gateway's configuration is neither in the source tree nor in the installed package."""

    text: ClassVar[Text] = {
        "de": "Die Konfiguration des Gateways (deploy/gateway) fehlt in dieser Installation. Installieren Sie "
        "missionare-cli neu.",
        "en": "The gateway's configuration (deploy/gateway) is missing in this installation. Install missionare-cli "
        "again.",
    }


def command(folder: DataFolder, *, public_port: int, inside_port: int) -> list[str]:
    """Write the start-up settings and give the command line."""
    source = configuration()
    settings = yaml.safe_load((source / "traefik.yml").read_text(encoding="utf-8"))
    settings["entryPoints"]["public"]["address"] = f"{HOST}:{public_port}"
    settings["entryPoints"]["inside"]["address"] = f"{HOST}:{inside_port}"
    settings["providers"]["file"]["filename"] = str(source / "routes.yml")
    rendered = folder.root / "gateway.yml"
    files.write(rendered, yaml.safe_dump(settings))
    return [str(GATEWAY.find()), f"--configFile={rendered}"]


def environment(*, inside_port: int, addresses: Mapping[str, str], secure: bool) -> Mapping[str, str]:
    """Give what the routes ask for: where everybody listens, and which cookie is the session's.

    Args:
        inside_port: of the gateway's own inner entry point.
        addresses: of each service and of web.
        secure: whether people come by https; browsers accept a `__Host-` cookie only there.
    """
    where = {f"MISSIONARE_{name.upper()}_URL": address for name, address in addresses.items()}
    cookie = f"__Host-{SESSION_COOKIE}" if secure else SESSION_COOKIE
    return {
        **where,
        "MISSIONARE_GATEWAY_INSIDE_URL": f"http://{HOST}:{inside_port}",
        "MISSIONARE_SESSION_COOKIE": cookie,
    }


def configuration() -> Path:
    """The folder of the gateway's configuration: in the source tree, else inside the installed package.

    Raises:
        ConfigurationMissing: it is in neither.
    """
    package = Path(__file__).parents[1]
    candidates = [*(parent / "deploy" / "gateway" for parent in package.parents), package / "deploy" / "gateway"]
    for candidate in candidates:
        if (candidate / "routes.yml").is_file():
            return candidate
    raise ConfigurationMissing
