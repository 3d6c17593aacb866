"""`missionare create-operator`: the first account, made by members itself on its own database."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from missionare.cli import credentials, files
from missionare.cli.environment import Environment
from missionare.cli.failures import Failure, NotRunning
from missionare.cli.folder import DataFolder
from missionare.cli.language import language
from missionare.cli.options import Options
from missionare.cli.platform import PORTS
from missionare.kit.refusals import Text

MEMBERS: Final = "members"
KEY: Final = re.compile(r"mk_[\w-]+")


class NoOperator(Failure):
    """Members did not make the account."""

    text: ClassVar[Text] = {
        "de": "Der Zugang wurde nicht angelegt: {reason}",
        "en": "The account was not made: {reason}",
    }


def create(data: Path, *, email: str, given_name: str, family_name: str, keep_key: bool) -> str:
    """Make an operator and give what members says, which holds the API key once.

    Raises:
        NotRunning: the database does not run.
        NoOperator: with members' reason.
    """
    folder = DataFolder(data)
    person = ["--email", email, "--given-name", given_name, "--family-name", family_name]
    said = _run(folder, ["create-operator", *person])
    if keep_key and (key := KEY.search(said)):
        credentials.keep(folder, key[0])
    return said


def _run(folder: DataFolder, arguments: Sequence[str]) -> str:
    options = Options(data=folder.root, temporary=folder.is_temporary, language=language.get())
    if not folder.is_locked() and not options.own_mongo(MEMBERS):
        raise NotRunning(folder=folder.root)
    ports = files.read_json(folder.ports) or dict.fromkeys((*PORTS, "gateway"), 0)
    environment = {**Environment(options, folder, ports).service(MEMBERS), "MISSIONARE_ROLE": "api"}
    command = [sys.executable, "-m", f"missionare.{MEMBERS}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoOperator(reason=_last_line(done))
    return done.stdout


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"status {done.returncode}"
