"""`missionare demo`: start everything on temporary data, play the story, and stay up until Ctrl-C."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from missionare.cli import credentials, operators
from missionare.cli.demo import outside, story
from missionare.cli.demo.elsewhere import Elsewhere
from missionare.cli.demo.narrator import Narrator
from missionare.cli.demo.outcome import Outcome
from missionare.cli.demo.outside import Mailbox, Outsider
from missionare.cli.demo.region import ANNA, BERND, COACH, EDITOR, NEWCOMER, REVIEWER, Person
from missionare.cli.demo.world import World
from missionare.cli.options import BrokerChoice
from missionare.cli.running import Running
from missionare.cli.servers import jars

OPERATOR = Person("Frida", "Leitstein", "frida.leitstein@regionalnetz.example", "Sonstige")
LOGINS = (
    (OPERATOR, "Reiseleitung"),
    (COACH, "Lernbegleitung"),
    (EDITOR, "Redaktion"),
    (REVIEWER, "Fachprüfung"),
    (ANNA, "Missionarin, Betriebsrat"),
    (BERND, "Missionar, Geschäftsführung"),
    (NEWCOMER, "neues Mitglied"),
)


@dataclass(frozen=True, kw_only=True)
class Start:
    """How the platform is started for the story."""

    port: int
    """The gateway's; 0 for any free one."""
    roles: Mapping[str, str]
    """Services that do not do everything in one process."""
    broker: BrokerChoice


def run(start: Start, *, patience: float, leave: bool, as_json: bool) -> bool:
    """Play the story; gives whether everything it promises came about.

    Args:
        start: how the platform is started.
        patience: how many seconds the story waits for something that must come.
        leave: end after the story instead of staying up.
        as_json: print the result as one line of JSON on standard output.

    Raises:
        Failure: the platform did not start; nothing is left running.
    """
    began = time.monotonic()
    outside.patience.set(patience)
    # Told to end, it takes down what it started and its data, as at Ctrl-C. SIGINT is named, too: a shell starts
    # what it runs in the background with that signal ignored.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    tell = Narrator()
    tell.remark("Die Plattform startet auf frischen, vorläufigen Daten ...")
    if start.broker is BrokerChoice.APACHE:
        jars.provide()  # here, where a person sees how it goes, and takes the time it takes
    with (
        tempfile.TemporaryDirectory(prefix="missionare-demo-", ignore_cleanup_errors=True) as folder,
        Running.start(
            Path(folder), port=start.port, temporary=True, roles=start.roles, broker=start.broker
        ) as platform,
    ):
        ready = time.monotonic() - began
        with closing(opened(platform, tell)) as world:
            outcome = story.play(world)
        outcome.ready_seconds = round(ready, 1)
        outcome.seconds = round(time.monotonic() - began, 1)
        _report(outcome, tell)
        if not leave:
            _stay(platform, tell)
    outcome.seconds = round(time.monotonic() - began, 1) if leave else outcome.seconds
    if as_json:
        _print(outcome)
    return outcome.ok


def play_elsewhere(place: Elsewhere, *, patience: float, as_json: bool) -> bool:
    """Play the story on a platform that others have started on throw-away data, and leave it as it is then.

    Args:
        place: where it is.
        patience: how many seconds the story waits for something that must come.
        as_json: print the result as one line of JSON on standard output.
    """
    began = time.monotonic()
    outside.patience.set(patience)
    tell = Narrator()
    with closing(place.world(tell)) as world:
        outcome = story.play(world)
    outcome.seconds = round(time.monotonic() - began, 1)
    _report(outcome, tell)
    if as_json:
        _print(outcome)
    return outcome.ok


def opened(platform: Running, tell: Narrator) -> World:
    """Make the agency's first account, as an operator would, and hand the two addresses to the story."""
    operators.create(
        platform.folder.root,
        email=OPERATOR.email,
        given_name=OPERATOR.given_name,
        family_name=OPERATOR.family_name,
        keep_key=True,
    )
    key = credentials.need(platform.folder, None)
    return World(
        gateway=platform.url,
        key=key,
        mailbox=Mailbox(platform.mailbox_url),
        agency=Outsider(platform.url, key=key),
        move_clock=platform.move_clock,
        tell=tell,
    )


def _print(outcome: Outcome) -> None:
    sys.stdout.write(json.dumps(outcome.document(), ensure_ascii=False) + "\n")


def _report(outcome: Outcome, tell: Narrator) -> None:
    tell.chapter("Was am Ende da ist")
    for name, wanted in outcome.expected.items():
        tell.remark(f"{name:<14} {outcome.counts.get(name, '-')} (erwartet {wanted})")
    for said in outcome.missing:
        tell.remark(f"[red]Es fehlt:[/red] {said}")
    tell.remark(f"bereit nach {outcome.ready_seconds} s, alles nach {outcome.seconds} s")


def _stay(platform: Running, tell: Narrator) -> None:
    """Keep everything running until Ctrl-C."""
    tell.chapter("Die Plattform läuft weiter, bis Sie Strg-C drücken")
    tell.remark(f"Adresse:   {platform.url}")
    tell.remark(f"Postfach:  {platform.mailbox_url}/messages")
    tell.remark("Anmelden:  mit einer dieser Adressen; der Link liegt dann im Postfach.")
    for person, role in LOGINS:
        tell.remark(f"           {person.email:<42} {role}")
    try:
        signal.pause()
    except KeyboardInterrupt:
        tell.remark("Die Plattform wird beendet ...")
