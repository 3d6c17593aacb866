"""A network in the background: its services have a thread and a loop of their own, a browser has the foreground."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from support.servers import free_port
from web.browser.places import LOOKED_AT_BY
from web.region import Gateway, Region, pages, region_of_its_own

Filling = Callable[[Region], Coroutine[Any, Any, dict[str, str]]]
"""Lets something happen in a network, and gives the ids by which pages are found."""


@dataclass(frozen=True)
class Site:
    """The pages behind a port, what is on them, and the network behind the pages."""

    url: str
    ids: dict[str, str]
    region: Region
    loop: asyncio.AbstractEventLoop

    def address(self, path: str) -> str:
        return self.url + path.format(**self.ids)

    def goes(self, page: Any, path: str, *, who: str | None = None, **options: Any) -> Any:
        """Let somebody go to a page; unless it is said who, whoever looks at such a page, signed in or not."""
        below = path.removeprefix("/en").partition("?")[0]
        usual = (usual for start, usual in LOOKED_AT_BY.items() if f"{below}/".startswith(f"{start}/"))
        self.sign_in(page.context, who or next(usual, None))
        return page.goto(self.address(path), **options)

    def sign_in(self, context: Any, who: str | None) -> None:
        """Let a browser be that of somebody, or of a visitor."""
        context.clear_cookies(name=Gateway.COOKIE)
        if who is not None:
            context.add_cookies([{"name": Gateway.COOKIE, "value": self.ids[who], "url": self.url}])

    def happens(self, something: Coroutine[Any, Any, Any]) -> Any:
        """Let something happen in the network, and wait until it has."""
        return asyncio.run_coroutine_threadsafe(something, self.loop).result()


@contextmanager
def served(mongod: str, folder: Path, fill: Filling) -> Iterator[Site]:
    """Serve a filled network from a thread of its own."""
    ready, over, found = threading.Event(), threading.Event(), list[Any]()

    def serve() -> None:
        try:
            asyncio.run(_serve(mongod, folder, fill, found, ready, over))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test that waits must hear of it
            found.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=serve)
    thread.start()
    ready.wait()
    try:
        if not isinstance(found[0], Site):
            raise found[0]
        yield found[0]
    finally:
        over.set()
        thread.join()


async def _serve(
    mongod: str, folder: Path, fill: Filling, found: list[Any], ready: threading.Event, over: threading.Event
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with region_of_its_own(mongod, folder) as region:
        ids = await fill(region)
        region.gateway.app = pages(region.streets, public_url=url)
        # A page that waits for news must not hold up the end.
        config = uvicorn.Config(region.gateway, port=port, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has a flag and no event
            await asyncio.sleep(0.05)
        found.append(Site(url, ids, region, asyncio.get_running_loop()))
        ready.set()
        await asyncio.to_thread(over.wait)
        server.should_exit = True
        await serving
