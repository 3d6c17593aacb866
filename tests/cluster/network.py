"""The cluster's own network: one address per service, behind which are all of its API processes.

Kubernetes gives every service such an address, compose a name. Here it is a Traefik of its own, so that services reach
each other through it: one that is silent is left out within three seconds, a connection that is refused is tried at
another one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from missionare.cli import files
from missionare.cli.ports import HOST
from missionare.cli.servers.executables import GATEWAY

ASK = "ask"
HEALTH = {"path": "/health/live", "interval": "1s", "unhealthyInterval": "1s", "timeout": "2s"}
TIMEOUTS = {"dialTimeout": "2s", "responseHeaderTimeout": "30s"}


def command(folder: Path, ports: Mapping[str, int], servers: Mapping[str, Sequence[str]], ask: int) -> list[str]:
    """Write the settings and give the command line.

    Args:
        folder: for the settings.
        ports: where each service's one address is.
        servers: the addresses of its processes.
        ask: the port at which it says whether it works, at `/ping`.
    """
    routes = folder / "network-routes.yml"
    settings = folder / "network.yml"
    entries = {name: {"address": f"{HOST}:{port}"} for name, port in {**ports, ASK: ask}.items()}
    _write(
        settings,
        {
            "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
            "entryPoints": entries,
            "ping": {"entryPoint": ASK},
            "log": {"level": "WARN", "format": "json"},
            "providers": {"file": {"filename": str(routes), "watch": False}},
        },
    )
    _write(routes, {"http": _routes(servers)})
    return [str(GATEWAY.find()), f"--configFile={settings}"]


def _routes(servers: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "routers": {
            name: {"entryPoints": [name], "rule": "PathPrefix(`/`)", "service": name, "middlewares": ["again"]}
            for name in servers
        },
        "middlewares": {"again": {"retry": {"attempts": 2}}},
        "services": {
            name: {
                "loadBalancer": {
                    "serversTransport": "patient",
                    "servers": [{"url": url} for url in urls],
                    "healthCheck": HEALTH,
                }
            }
            for name, urls in servers.items()
        },
        "serversTransports": {"patient": {"forwardingTimeouts": TIMEOUTS}},
    }


def _write(file: Path, content: Mapping[str, Any]) -> None:
    files.write(file, json.dumps(content, indent=1) + "\n")  # every JSON is YAML
