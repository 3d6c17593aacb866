"""The question of a container's health check: silent and 0 when all is well, otherwise 1 with the answer."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from missionare.kit import healthy


class Process(BaseHTTPRequestHandler):
    """Is ready, unless it is asked for something else."""

    def do_GET(self):
        well = self.path == healthy.PATH
        self.send_response(200 if well else 503)
        self.end_headers()
        self.wfile.write(b"{}" if well else b'{"mongo": false}')

    def log_message(self, *_):
        pass


@pytest.fixture
def process(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Process)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    monkeypatch.setenv("MISSIONARE_HTTP_HOST", "0.0.0.0")
    monkeypatch.setenv("MISSIONARE_HTTP_PORT", str(server.server_port))
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("process")
def test_a_ready_process_is_healthy_where_its_settings_say(capsys):
    assert healthy.main([]) == 0
    assert capsys.readouterr().err == ""


def test_a_process_that_is_not_ready_says_what_does_not_work(process, capsys):
    assert healthy.main([f"{process}/not-yet"]) == 1
    assert capsys.readouterr().err == '503 {"mongo": false}\n'


def test_where_nobody_answers_nobody_is_healthy(capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert healthy.main([f"http://127.0.0.1:{closed.getsockname()[1]}/"]) == 1
    assert capsys.readouterr().err.startswith("no answer: ")
