"""`python -m missionare.members [serve | create-operator]`: start the service, or make the first account."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from missionare.kit.main import run
from missionare.kit.refusals import Refusal
from missionare.kit.service import Service
from missionare.members.app import build
from missionare.members.role.jobs import create_operator
from missionare.members.settings import MembersSettings

_MADE: Final = {
    "de": "Der Zugang ist angelegt. Sein API-Schlüssel wird nur dieses eine Mal gezeigt; bewahren Sie ihn gut auf:",
    "en": "The account is made. Its API key is shown this once; keep it well:",
}


async def make_operator(service: Service, arguments: Sequence[str]) -> int:
    """Make somebody an operator and print an API key of theirs, this once."""
    parser = argparse.ArgumentParser(prog="create-operator", description=make_operator.__doc__)
    parser.add_argument("--email", required=True)
    parser.add_argument("--given-name", required=True)
    parser.add_argument("--family-name", required=True)
    parser.add_argument("--language", choices=("de", "en"), default="de")
    try:
        wanted = parser.parse_args(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    try:
        key = await create_operator(
            service.context,
            email=wanted.email,
            given_name=wanted.given_name,
            family_name=wanted.family_name,
            language=wanted.language,
        )
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.say(wanted.language)}\n")
        return 1
    sys.stdout.write(f"{_MADE[wanted.language]}\n{key}\n")
    return 0


if __name__ == "__main__":
    run(build, MembersSettings, commands={"create-operator": make_operator})
