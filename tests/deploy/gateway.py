"""Both ways in which the gateway's routes are written, asked the same question: which way does a request take?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any, Final

import yaml
from deploy.kustomization import LOADER, Document
from deploy.running import Manifests
from every_service.tree import ROOT

COOKIE: Final = "__Host-missionare_session"
RATE: Final = 100
SERVICES: Final = ("members", "journeys", "catalog", "notifications")


@dataclass(frozen=True)
class Request:
    """What routes look at."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Way:
    """What a request passes, in this order, and who answers it."""

    middlewares: tuple[str, ...]
    service: str


# --- deploy/gateway/routes.yml: a template of Go's, of which it uses little -------------------------------------------


@cache
def routes_file() -> Document:
    """Give the file as Traefik reads it where people come by https."""
    text = (ROOT / "deploy/gateway/routes.yml").read_text(encoding="utf-8")
    texts = {name: _unquoted(value) for name, value in re.findall(r'\{\{- \$(\w+) := ("(?:[^"\\]|\\.)*") \}\}', text)}
    known = re.search(r'\{\{- \$known := printf ("(?:[^"\\]|\\.)*") \$cookie \}\}', text)[1]
    texts |= {"known": _unquoted(known).replace("%s", COOKIE), "rate": str(RATE)}
    text = re.sub(r"\n *\{\{- \$\w+ := .*", "", text)
    text = re.sub(r"\{\{ mul \$rate 4 \}\}", str(4 * RATE), text)
    text = re.sub(r"\{\{ \$(\w+) \}\}", lambda found: texts[found[1]], text)
    # Servers and how they are watched are each installation's own.
    text = re.sub(r"\n  services:\n.*?(?=\n  serversTransports:)", "", text, flags=re.DOTALL)
    text = re.sub(r"\n *\{\{- range ([^}]+) \}\}\n(.*?)\n *\{\{- end \}\}", _repeated, text, flags=re.DOTALL)
    rendered: Document = yaml.load(re.sub(r"\{\{ env .*? \}\}", "", text), LOADER)["http"]
    return rendered


def _unquoted(text: str) -> str:
    return text[1:-1].replace("\\\\", "\\")


def _repeated(found: re.Match[str]) -> str:
    names = (*SERVICES, "web") if found[1].startswith("append") else SERVICES
    return "".join("\n" + found[2].replace("{{ . }}", name) for name in names)


def way_by_file(request: Request) -> Way:
    """Say which router of the file takes a request that comes from outside."""
    routers = [router for router in routes_file()["routers"].values() if "entryPoints" not in router]
    chosen = max((router for router in routers if _matches(router["rule"], request)), key=lambda one: one["priority"])
    return Way(tuple(chosen["middlewares"]), chosen["service"])


def _matches(rule: str, request: Request) -> bool:
    words: dict[str, Any] = {
        "Path": lambda path: request.path == path,
        "PathPrefix": request.path.startswith,
        "PathRegexp": lambda pattern: re.search(pattern, request.path) is not None,
        "Method": lambda method: request.method == method,
        "HeaderRegexp": lambda name, pattern: re.search(pattern, request.headers.get(name, "")) is not None,
    }
    return bool(eval(_compiled(rule), {"__builtins__": {}}, words))


@cache
def _compiled(rule: str) -> CodeType:
    text = re.sub(r"`([^`]*)`", lambda found: repr(found[1]), rule)
    return compile(text.replace("&&", " and ").replace("||", " or ").replace("!(", " not ("), "rule", "eval")


# --- HTTPRoutes ------------------------------------------------------------------------------------------------------


class Routes:
    """The rules of one listener."""

    def __init__(self, manifests: Manifests, listener: str = "public") -> None:
        """Collect them, each match with the chain its rule names and the service it leads to."""
        chains = {name: one["spec"].get("chain", {}) for name, one in manifests.named("Middleware").items()}
        self._matches: list[tuple[Document, int, Way]] = []
        for route in manifests.of("HTTPRoute"):
            if listener in {parent["sectionName"] for parent in route["spec"]["parentRefs"]}:
                for place, rule in enumerate(route["spec"]["rules"]):
                    parts = chains[rule["filters"][0]["extensionRef"]["name"]]["middlewares"]
                    service = rule["backendRefs"][0]["name"].removesuffix("-api")
                    way = Way(tuple(part["name"] for part in parts), service)
                    self._matches += [(match, -place, way) for match in rule["matches"]]

    def way(self, request: Request) -> Way | None:
        """Say which rule takes a request: path first, then method, then the number of headers, then who is first."""
        found = [
            (weight, place, way)
            for match, place, way in self._matches
            if (weight := _weight(match, request)) is not None
        ]
        return max(found, key=lambda one: one[:2])[2] if found else None


def _weight(match: Document, request: Request) -> tuple[int, int, int, int] | None:
    """Say how special a match is, or None where it does not fit."""
    path, value = match["path"], match["path"]["value"]
    fits = {
        "Exact": request.path == value,
        "PathPrefix": value in {"/", request.path} or request.path.startswith(f"{value}/"),
        "RegularExpression": re.search(value, request.path) is not None,
    }
    headers = match.get("headers", [])
    wanted = all(re.search(one["value"], request.headers.get(one["name"], "")) for one in headers)
    if not fits[path["type"]] or match.get("method", request.method) != request.method or not wanted:
        return None
    return path["type"] == "Exact", len(value), "method" in match, len(headers)
