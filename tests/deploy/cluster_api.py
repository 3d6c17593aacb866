"""As much of a cluster's API as Traefik asks for: lists of what manifests say, and watches in which nothing happens."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from deploy.kustomization import Document

PLURALS: Final = {
    "Gateway": "gateways",
    "GatewayClass": "gatewayclasses",
    "HTTPRoute": "httproutes",
    "Middleware": "middlewares",
    "Namespace": "namespaces",
    "Secret": "secrets",
    "Service": "services",
    "EndpointSlice": "endpointslices",
}

REFUSED: Final = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422}
"""What an API says that does not know lists as streams; its client then asks for plain ones."""


@contextmanager
def cluster_api(documents: Sequence[Document]) -> Iterator[str]:
    """Serve documents on loopback and give the address."""
    held: dict[str, list[Document]] = {}
    for number, document in enumerate(documents):
        if document["kind"] in PLURALS:
            held.setdefault(PLURALS[document["kind"]], []).append(_stored(document, number))

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked, query = urlsplit(self.path), parse_qs(urlsplit(self.path).query)
            if asked.path == "/version":
                self._say(200, {"major": "1", "minor": "34", "gitVersion": "v1.34.0"})
            elif "watch" in query and "sendInitialEvents" in query:
                self._say(422, REFUSED)
            elif "watch" in query:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.flush()
                self.rfile.read(1)  # until the other side goes away
            else:
                items = held.get(asked.path.rpartition("/")[2], [])
                self._say(200, {"metadata": {"resourceVersion": "1"}, "items": items})

        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._say(200, body)

        def _say(self, status: int, body: Any) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with serving(Answers) as address:
        yield address


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run an HTTP server on loopback and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _stored(document: Document, number: int) -> Document:
    """Add what the API adds: who it is, and what was left to its defaults."""
    stored = copy.deepcopy(document)
    stored["metadata"] |= {
        "uid": f"00000000-0000-0000-0000-{number:012}",
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    if stored["kind"] == "Gateway":
        for listener in stored["spec"]["listeners"]:
            listener["allowedRoutes"] = {"namespaces": {"from": "Same"}}
            for certificate in listener.get("tls", {}).get("certificateRefs", []):
                certificate |= {"group": "", "kind": "Secret"}
            if "tls" in listener:
                listener["tls"]["mode"] = "Terminate"
    if stored["kind"] == "HTTPRoute":
        for parent in stored["spec"]["parentRefs"]:
            parent |= {"group": "gateway.networking.k8s.io", "kind": "Gateway"}
        for rule in stored["spec"]["rules"]:
            rule.setdefault("matches", [{"path": {"type": "PathPrefix", "value": "/"}}])
            for backend in rule.get("backendRefs", []):
                backend |= {"group": "", "kind": "Service", "weight": 1}
    return stored
