"""`missionare up`: run the whole platform on this machine until Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from missionare.cli import files, ports, topics
from missionare.cli.board import Board
from missionare.cli.folder import START_MEGABYTES, DataFolder
from missionare.cli.leftovers import end_leftovers
from missionare.cli.options import Options, check_environment
from missionare.cli.output import Output
from missionare.cli.platform import PORTS, Platform
from missionare.cli.servers import apache
from missionare.cli.supervisor import Supervisor


def run(options: Options, *, json_state: bool = False, make: type[Platform] = Platform) -> None:
    """Run until told to stop.

    Args:
        options: what was asked for.
        json_state: print the state as one line of JSON when everything is ready, and nothing else.
        make: gives the list of processes; a test may run another one.

    Raises:
        Failure: it could not start or go on; nothing is left running.
    """
    check_environment(os.environ)
    folder = DataFolder(options.data)
    folder.open(temporary=options.temporary)
    with ExitStack() as closing:
        closing.callback(folder.close)
        if options.own_kafka:  # the bundled broker's topics are made at each of its starts
            topics.provision(options.data, recreate=False)
        platform, board = _set_up(options, folder, make)
        output = Output(folder.logs, silent=json_state)
        closing.callback(output.close)
        if json_state:
            board.on_ready = _print_state
        supervisor = Supervisor(
            platform.processes(), folder=folder, board=board, output=output, language=options.language
        )
        asyncio.run(supervisor.run())


def in_temporary_folder(options: Options) -> tuple[Options, tempfile.TemporaryDirectory[str]]:
    """Give options with a fresh folder, and the folder, which its holder removes."""
    made = tempfile.TemporaryDirectory(prefix="missionare-", ignore_cleanup_errors=True)
    return replace(options, data=Path(made.name)), made


def _set_up(options: Options, folder: DataFolder, make: type[Platform]) -> tuple[Platform, Board]:
    """Bring the folder into the state from which everything can start."""
    end_leftovers(files.read_json(folder.state))
    if options.temporary and not folder.clock.exists():
        files.write(folder.clock, "0")
    chosen = ports.choose(folder.ports, PORTS, gateway=options.port)
    if options.runs_apache:
        folder.check_space(START_MEGABYTES + apache.MEGABYTES)
        apache.set_up(apache.the_node(folder, chosen))
    platform = make(options, folder, chosen)
    return platform, Board(folder.state, about=platform.about())


def _print_state(board: Board) -> None:
    sys.stdout.write(json.dumps(board.everything()) + "\n")
    sys.stdout.flush()
