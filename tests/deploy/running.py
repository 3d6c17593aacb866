"""What runs by a set of manifests: the pods, what they are told, and who may speak with whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deploy.kustomization import Document

NAME, ROLE = "app.kubernetes.io/name", "app.kubernetes.io/component"
OURS = frozenset({"api", "worker", "web", "provision"})
"""The components that are programs of ours; the gateway is Traefik."""


@dataclass(frozen=True)
class Manifests:
    """All documents of one deployment."""

    documents: list[Document]

    def of(self, *kinds: str) -> list[Document]:
        """Give those of some kinds."""
        return [document for document in self.documents if document["kind"] in kinds]

    def named(self, kind: str) -> dict[str, Document]:
        """Give those of a kind by their names."""
        return {document["metadata"]["name"]: document for document in self.of(kind)}

    @cached_property
    def workloads(self) -> list[Workload]:
        """Everything that makes pods."""
        return [Workload(document, self) for document in self.of("Deployment", "Job")]


@dataclass(frozen=True)
class Workload:
    """A Deployment or a Job: pods that are all alike."""

    document: Document
    manifests: Manifests

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.document["metadata"]["name"])

    @property
    def pod(self) -> Document:
        """What each pod is."""
        spec: Document = self.document["spec"]["template"]["spec"]
        return spec

    @property
    def labels(self) -> Mapping[str, str]:
        """By what selectors find its pods."""
        labels: Mapping[str, str] = self.document["spec"]["template"]["metadata"]["labels"]
        return labels

    @property
    def role(self) -> str:
        """api, worker, web, provision or gateway."""
        return self.labels[ROLE]

    @property
    def package(self) -> str:
        """The service it belongs to, or `web`."""
        return self.labels[NAME]

    @property
    def container(self) -> Document:
        """Its one container."""
        (container,) = self.pod["containers"]
        return dict(container)

    @property
    def environment(self) -> dict[str, str]:
        """What the process is told."""
        told: dict[str, str] = {}
        for source in self.container.get("envFrom", []):
            told |= self.manifests.named("ConfigMap")[source["configMapRef"]["name"]]["data"]
        return told | {entry["name"]: entry["value"] for entry in self.container.get("env", [])}

    @property
    def secrets(self) -> dict[str, set[str]]:
        """The files with secrets that it sees, by the folder they are in."""
        folders = {mount["name"]: mount["mountPath"] for mount in self.container.get("volumeMounts", [])}
        found: dict[str, set[str]] = {}
        for volume in self.pod.get("volumes", []):
            sources = [source["secret"] for source in volume.get("projected", {}).get("sources", [])]
            sources += [volume["secret"]] if "secret" in volume else []
            files = {item["path"] for source in sources for item in source["items"]}
            if files:
                found[folders[volume["name"]]] = files
        return found

    @property
    def at_least(self) -> int:
        """How many pods there are when nothing is to do."""
        for scaled in self.manifests.of("ScaledObject"):
            if scaled["spec"]["scaleTargetRef"]["name"] == self.name:
                return int(scaled["spec"]["minReplicaCount"])
        return int(self.document["spec"].get("replicas", 1))


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a selector finds a pod with these labels."""
    equal = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        equal = equal and labels.get(expression["key"]) in expression["values"]
    return equal


def policies_of(workload: Workload, direction: str) -> Iterator[Document]:
    """Give the network policies that rule a workload's pods in one direction, `Ingress` or `Egress`."""
    for policy in workload.manifests.of("NetworkPolicy"):
        spec = policy["spec"]
        if direction in spec["policyTypes"] and selects(spec["podSelector"], workload.labels):
            yield policy


def may_speak(source: Workload, target: Workload, port: int) -> bool:
    """Whether both sides let the one open a connection to the other, in the one namespace."""
    return _open(source, target, port, "Egress", "to") and _open(target, source, port, "Ingress", "from")


def may_leave(source: Workload, port: int) -> bool:
    """Whether a workload may reach anything outside our pods by this port."""
    for policy in policies_of(source, "Egress"):
        for rule in policy["spec"].get("egress", []):
            if _has(rule, port) and ("to" not in rule or not any(_inside(peer) for peer in rule["to"])):
                return True
    return False


def _open(ruled: Workload, other: Workload, port: int, direction: str, peers: str) -> bool:
    policies = list(policies_of(ruled, direction))
    rules = [rule for policy in policies for rule in policy["spec"].get(direction.lower(), [])]
    return not policies or any(
        _has(rule, port) and (peers not in rule or any(_names(peer, other) for peer in rule[peers])) for rule in rules
    )


def _has(rule: Document, port: int) -> bool:
    return "ports" not in rule or any(entry["port"] == port for entry in rule["ports"])


def _names(peer: Document, workload: Workload) -> bool:
    return "namespaceSelector" not in peer and "podSelector" in peer and selects(peer["podSelector"], workload.labels)


def _inside(peer: Document) -> bool:
    return "podSelector" in peer or "namespaceSelector" in peer
