"""Traefik itself, given the manifests as a cluster gives them, sends every request where it goes everywhere."""

from __future__ import annotations

import base64
import copy
import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from deploy.cluster_api import cluster_api, serving
from deploy.gateway import COOKIE, Request, way_by_file
from deploy.kustomization import LOADER, Document, build
from every_service.tree import ROOT
from support.servers import free_port, run_server, stop_server
from support.waiting import wait_until

from missionare.cli.servers.executables import GATEWAY

pytestmark = pytest.mark.platform

BASE = ROOT / "deploy" / "kubernetes" / "base"
HOST = "missionare.example"
CALLERS: dict[str, dict[str, str]] = {
    "nobody": {"Authorization": "Bearer ey.forged", "Cookie": "theme=dark"},
    "somebody": {"Cookie": f"theme=dark; {COOKIE}=known"},
    "a program": {"Authorization": "Bearer mk_known"},
}
PATHS = (
    *("/", "/console/today", "/internal/facts", "/Health/live", "/metrics", "/.well-known/jwks.json"),
    *("/api/members/v1/goals", "/api/journeys/v1/journeys", "/api/catalog/v1/entries", "/api/notifications/v1/events"),
    *("/api/members/v1/sign-in", "/api/members/v1/sessions/current", "/api/members/v1/imports"),
)


@dataclass(frozen=True)
class Doors:
    """Where the gateway listens."""

    public: int
    plain: int
    inside: int


def echo(name: str) -> type[BaseHTTPRequestHandler]:
    """Stand in for a service that says what arrived; members also gives a token for the audience it is asked for."""

    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.dumps({"who": name, "path": self.path, "headers": dict(self.headers.items())}).encode()
            self.send_response(200)
            if self.path.startswith("/internal/authenticate"):
                audience = parse_qs(urlsplit(self.path).query)["audience"][0]
                self.send_header("Authorization", f"Bearer for-{audience}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if self.command != "HEAD" else b"")

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815 - the names are the library's

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Echo


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("gateway")
    doors = Doors(free_port(), free_port(), free_port())
    names = ("members-api", "journeys-api", "catalog-api", "notifications-api", "web")
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(echo(name.removesuffix("-api")))) for name in names]
        documents = _moved(build(BASE), doors)
        for name, address in zip(names, addresses, strict=True):
            documents.append(_endpoints(name, urlsplit(address).port or 0))
        documents.append(_certificate())
        with cluster_api(documents) as api:
            settings = folder / "traefik.yml"
            settings.write_text(yaml.safe_dump(_settings(doors, api)), encoding="utf-8")
            process = run_server([str(GATEWAY.find()), f"--configFile={settings}"], log=folder / "log")
            try:
                wait_until(lambda: _routes(doors), "routes", within=60)
                yield doors
            finally:
                stop_server(process)


def _moved(documents: list[Document], doors: Doors) -> list[Document]:
    """Put the listeners and the inner door onto ports of this machine, and change nothing else."""
    moved = copy.deepcopy(documents)
    for document in moved:
        if document["kind"] == "Gateway":
            for listener in document["spec"]["listeners"]:
                listener["port"] = getattr(doors, listener["name"])
        if document["kind"] == "Middleware" and "forwardAuth" in document["spec"]:
            asked = document["spec"]["forwardAuth"]
            asked["address"] = asked["address"].replace("gateway-inside:8081", f"127.0.0.1:{doors.inside}")
        if document["kind"] == "Service":
            for port in document["spec"]["ports"]:
                port["protocol"] = "TCP"
    return moved


def _endpoints(service: str, port: int) -> Document:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": service, "namespace": "missionare", "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True, "serving": True}}],
        "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
    }


def _certificate() -> Document:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1)
        .not_valid_before(datetime.now(UTC))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    signed = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    data = {
        name: base64.b64encode(content).decode() for name, content in {"tls.crt": signed, "tls.key": private}.items()
    }
    metadata = {"name": "missionare-tls", "namespace": "missionare"}
    return {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "data": data}


def _settings(doors: Doors, api: str) -> dict[str, Any]:
    path = BASE / "platform/gateway/traefik.yml"
    settings: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), LOADER)
    for name, entry in settings["entryPoints"].items():
        entry["address"] = f"127.0.0.1:{getattr(doors, name)}"
    for provider in settings["providers"].values():
        provider |= {"endpoint": api, "token": "x"}
    return settings


def _routes(doors: Doors) -> bool:
    try:
        return ask(doors, Request("GET", "/", {})).status_code == 200
    except httpx2.HTTPError:
        return False


def ask(doors: Doors, request: Request, body: bytes = b"") -> httpx2.Response:
    """Ask as a browser does that knows the host's name."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with httpx2.Client(verify=context, timeout=10) as client:
        return client.request(
            request.method,
            f"https://127.0.0.1:{doors.public}{request.path}",
            headers={"Host": HOST, **request.headers},
            content=body or None,
            extensions={"sni_hostname": HOST},
        )


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_request_goes_where_it_goes_everywhere(gateway: Doors, caller: str, method: str) -> None:
    for path in PATHS:
        request = Request(method, path, CALLERS[caller])
        way, answer = way_by_file(request), ask(gateway, request)
        arrived = answer.json()
        headers = {name.lower(): value for name, value in arrived["headers"].items()}
        token = next((part.removeprefix("token-for-") for part in way.middlewares if "token-for" in part), None)

        assert arrived["who"] == way.service, path
        assert arrived["path"] == ("/problems/404" if "nowhere" in way.middlewares else path)
        if "nowhere" not in way.middlewares:
            assert headers.get("authorization") == (f"Bearer for-{token}" if token else None), path
            assert ("cookie" in headers) == ("cookieless" not in way.middlewares and "Cookie" in request.headers), path


def test_a_body_that_is_too_large_is_refused_in_words_of_the_pages(gateway: Doors) -> None:
    answer = ask(gateway, Request("POST", "/api/catalog/v1/entries", {}), body=b"x" * 1_100_000)

    assert answer.status_code == 413
    assert (answer.json()["who"], answer.json()["path"]) == ("web", "/problems/413")


def test_plain_http_leads_to_https(gateway: Doors) -> None:
    answer = httpx2.get(f"http://127.0.0.1:{gateway.plain}/journeys?x=1", headers={"Host": HOST})

    assert (answer.status_code, answer.headers["location"]) == (301, f"https://{HOST}/journeys?x=1")
