"""`python -m missionare.cli.mailbox --folder F --smtp-port P --http-port Q`: run the mailbox until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from missionare.cli.mailbox.servers import Showing, smtp
from missionare.cli.mailbox.store import Letters

LOOPBACK = "127.0.0.1"


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="missionare.cli.mailbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    parser.add_argument("--host", default=LOOPBACK, help="the address to listen on; in a container 0.0.0.0")
    given = parser.parse_args()
    asyncio.run(run(given.folder, given.smtp_port, given.http_port, given.host))


async def run(folder: Path, smtp_port: int, http_port: int, host: str = LOOPBACK) -> None:
    """Listen on both ports until SIGTERM or SIGINT."""
    letters = Letters(folder)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    taking = await loop.create_server(lambda: smtp(letters), host, smtp_port)
    showing = await asyncio.start_server(Showing(letters), host, http_port)
    async with taking, showing:
        await stop.wait()


if __name__ == "__main__":
    main()
