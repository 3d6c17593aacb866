"""What the gateway does where a service has two servers: one of them dies, hangs up, or stands still."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from support.servers import Child, free_port
from support.waiting import wait_until

from missionare.cli.folder import DataFolder
from missionare.cli.servers import gateway

pytestmark = pytest.mark.platform

SERVICES = ("members", "journeys", "catalog", "notifications", "web")
PATH = "/api/members/v1/things"
LEFT_OUT_SECONDS = 5.0


class Server(ThreadingHTTPServer):
    """One of the two, which does what it is told."""

    def __init__(self) -> None:
        self.mode = "answers"
        self.heard: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def die(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/health/live":
            if self.server.mode == "silent":
                time.sleep(LEFT_OUT_SECONDS)
        else:
            self.server.heard[self.command] += 1
            if self.server.mode == "hangs up":
                return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names are the library's

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def two() -> Iterator[tuple[Server, Server]]:
    first, second = Server(), Server()
    yield first, second
    for server in (first, second):
        server.die()


@pytest.fixture
def ask(two: tuple[Server, Server], tmp_path: Path) -> Iterator[httpx2.Client]:
    folder = DataFolder(tmp_path / "data")
    folder.open(temporary=True)
    public, inside = free_port(), free_port()
    addresses = {name: ",".join(server.url for server in two) for name in SERVICES}
    told = gateway.environment(inside_port=inside, addresses=addresses, secure=False)
    command = gateway.command(folder, public_port=public, inside_port=inside)
    child = Child(command=command, environment=told, log=tmp_path / "gateway.log")
    child.start()
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{public}", timeout=20.0) as client:
            wait_until(lambda: serves(client, two), f"the gateway: {child.said()}")
            for server in two:
                server.heard.clear()
            yield client
    finally:
        child.kill()
        folder.close()


def serves(client: httpx2.Client, two: tuple[Server, Server]) -> bool:
    try:
        client.get(PATH)
    except httpx2.TransportError:
        return False
    return all(server.heard for server in two)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_nobody_notices_that_one_of_two_is_dead(ask: httpx2.Client, two: tuple[Server, Server], method: str) -> None:
    two[0].die()

    assert [ask.request(method, PATH).status_code for _ in range(6)] == [200] * 6
    assert two[1].heard[method] == 6


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_may_have_arrived_is_never_sent_again_by_the_gateway(
    ask: httpx2.Client, two: tuple[Server, Server], method: str
) -> None:
    two[0].mode = "hangs up"
    keyed = {"Idempotency-Key": "once"}

    statuses = [ask.request(method, PATH, headers=keyed, json={"a": 1}).status_code for _ in range(6)]

    heard = two[0].heard[method] + two[1].heard[method]
    assert heard == 6
    assert Counter(statuses) == Counter({200: two[1].heard[method], 503: two[0].heard[method]})


def test_one_that_stands_still_is_left_out(ask: httpx2.Client, two: tuple[Server, Server]) -> None:
    two[0].mode = "silent"

    def is_left_out() -> bool:
        two[0].heard.clear()
        return all(ask.get(PATH).status_code == 200 for _ in range(4)) and not two[0].heard

    wait_until(is_left_out, "left out", within=2 * LEFT_OUT_SECONDS)
