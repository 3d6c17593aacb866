"""The environment of every child, from one place: what a process is told, and what it must not know."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Final

from missionare.cli import files
from missionare.cli.folder import DataFolder
from missionare.cli.options import SERVICES, Options
from missionare.cli.ports import HOST
from missionare.cli.servers import apache, broker, mongod

PREFIX: Final = "MISSIONARE_"
PASSED: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
)  # fmt: skip
"""What a server may see of the person's own environment."""
NOT_FOR_CHILDREN: Final = frozenset(
    {
        "MISSIONARE_API_KEY",
        "MISSIONARE_BROKER",
        "MISSIONARE_DATA",
        "MISSIONARE_LANG",
        "MISSIONARE_PORT",
        "MISSIONARE_MONGO_URL",
    }
)
"""Settings of this command; the last one is a template, of which a service gets its own line."""
ONCE: Final = "MISSIONARE_CRASH_AT"
"""A crash point kills a process once; the one that is started after it lives."""
MAIL_FROM: Final = "Missionare <agentur@missionare.example>"


class Environment:
    """Tells every process what it needs, given options, ports and folder."""

    def __init__(self, options: Options, folder: DataFolder, ports: Mapping[str, int]) -> None:
        """Take what the answers are made of."""
        self._options = options
        self._folder = folder
        self._ports = ports
        self._crashed: set[str] = set()

    def plain(self) -> dict[str, str]:
        """For servers that are not ours."""
        return {name: os.environ[name] for name in PASSED if name in os.environ}

    def python(self, name: str) -> dict[str, str]:
        """For a process of ours that owns no data."""
        return {**self.common(name), **self._key(name)}

    def service(self, name: str) -> dict[str, str]:
        """For a service: a process with a database, a topic and mails to send."""
        return {**self.settings(name), **self._key(name), "MISSIONARE_SECRETS_DIR": self._secrets(name)}

    def common(self, name: str) -> dict[str, str]:
        """What every process of ours is told, without secrets."""
        return {
            **self.plain(),
            "PYTHONUNBUFFERED": "1",
            **self._chosen_by_the_user(name),
            "MISSIONARE_HTTP_HOST": HOST,
            "MISSIONARE_HTTP_PORT": str(self._ports[name]),
            "MISSIONARE_PUBLIC_URL": self._options.public_url(self._ports["gateway"]),
            "MISSIONARE_PEERS": json.dumps({service: self.address(service) for service in SERVICES}),
            "MISSIONARE_TEMPORARY_DATA": str(self._options.temporary).lower(),
            **self._clock(),
        }

    def settings(self, name: str) -> dict[str, str]:
        """What a service is told, without secrets."""
        return {
            **self._any_hour(),
            **self.common(name),
            "MISSIONARE_ROLE": self._options.role(name),
            "MISSIONARE_ALONE": "true",  # the supervisor starts one process per service, after the end of the last
            "MISSIONARE_SMTP_HOST": os.environ.get("MISSIONARE_SMTP_HOST", HOST),
            "MISSIONARE_SMTP_PORT": os.environ.get("MISSIONARE_SMTP_PORT", str(self._ports.get("smtp", ""))),
            "MISSIONARE_MAIL_FROM": os.environ.get("MISSIONARE_MAIL_FROM", MAIL_FROM),
            **self._kafka(),
        }

    def address(self, name: str) -> str:
        """Where a process of ours listens, on this machine."""
        return f"http://{HOST}:{self._ports[name]}"

    def _chosen_by_the_user(self, name: str) -> dict[str, str]:
        """Pass the person's own settings on: `MISSIONARE_X` to all, `MISSIONARE_<SERVICE>_X` to one alone."""
        special = tuple(f"{PREFIX}{service.upper()}_" for service in (*SERVICES, "web"))
        chosen = {
            key: value
            for key, value in os.environ.items()
            if key.startswith(PREFIX) and not key.startswith(special) and key not in NOT_FOR_CHILDREN
        }
        mine = f"{PREFIX}{name.upper()}_"
        chosen |= {PREFIX + key[len(mine) :]: value for key, value in os.environ.items() if key.startswith(mine)}
        chosen.pop("MISSIONARE_MONGO_URL", None)  # a secret: it goes into a file
        if ONCE in chosen and name in self._crashed:
            del chosen[ONCE]
        self._crashed.add(name)
        return chosen

    def _kafka(self) -> dict[str, str]:
        if self._options.own_kafka:
            return {}  # all of the user's settings have been passed on already
        address = {"MISSIONARE_KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{self._ports['broker']}"}
        if self._options.runs_apache:
            return {**apache.SETTINGS, **address}
        return {**broker.SETTINGS, **address, "MISSIONARE_KAFKA_INCARNATION": str(self._folder.incarnation)}

    def _key(self, name: str) -> dict[str, str]:
        return {"MISSIONARE_SIGNING_KEY_FILE": str(self._folder.signing_key(name))}

    def _clock(self) -> dict[str, str]:
        return {"MISSIONARE_CLOCK_FILE": str(self._folder.clock)} if self._options.temporary else {}

    @staticmethod
    def _any_hour() -> dict[str, str]:
        """Let mails come at night too where they go no further than our own mailbox; the person may say otherwise."""
        return {} if "MISSIONARE_SMTP_HOST" in os.environ else {"MISSIONARE_MAIL_HOURS": "0-24"}

    def _secrets(self, name: str) -> str:
        """Put what must not be seen in a list of processes into files."""
        url = self._options.own_mongo(name) or mongod.url(self._folder, self._ports["mongod"], name)
        path = self._folder.secret(name, "missionare_mongo_url", lambda: url)
        if path.read_text(encoding="utf-8") != url:  # the port has changed, or the database
            files.write(path, url)
        return str(path.parent)
