"""What kustomize makes of a folder, for the few of its fields that are used here; any other is refused.

Compared once with kustomize 5 itself, document by document; it is a Go program that a test run cannot ask for.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import yaml

Document = dict[str, Any]
LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
CLUSTER_WIDE: Final = frozenset({"Namespace", "GatewayClass", "ClusterRole", "ClusterRoleBinding"})
TEMPLATED: Final = frozenset({"Deployment", "Job"})
MERGED_BY_NAME: Final = frozenset({"containers", "volumes", "env", "ports"})
"""Lists of pods in which a patch finds its entries by name; mounts are found by their path."""


def load(path: Path) -> list[Document]:
    """Give the documents of a file."""
    return [document for document in yaml.load_all(path.read_text(encoding="utf-8"), LOADER) if document]


def build(folder: Path) -> list[Document]:
    """Give the documents that `kustomize build` would print for a folder."""
    (wanted,) = load(folder / "kustomization.yaml")
    documents: list[Document] = []
    for field, value in wanted.items():
        if field == "resources":
            for entry in value:
                path = folder / entry
                documents += build(path) if path.is_dir() else load(path)
        elif field not in {"apiVersion", "kind"} | set(STEPS):
            msg = f"{folder}: {field} is not understood by this test"
            raise ValueError(msg)
    for field, step in STEPS.items():
        if field in wanted:
            step(documents, wanted[field], folder)
    return documents


def _generated(documents: list[Document], entries: Iterable[Document], folder: Path) -> None:
    for entry in entries:
        data = {Path(file).name: (folder / file).read_text(encoding="utf-8") for file in entry["files"]}
        name = f"{entry['name']}-{hashlib.sha256(repr(data).encode()).hexdigest()[:10]}"
        documents.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
        for document in documents:
            for volume in _volumes(document):
                if volume.get("configMap", {}).get("name") == entry["name"]:
                    volume["configMap"]["name"] = name


def _volumes(document: Document) -> list[Document]:
    if document["kind"] not in TEMPLATED:
        return []
    volumes: list[Document] = document["spec"].get("template", {}).get("spec", {}).get("volumes", [])
    return volumes


def _patched(documents: list[Document], entries: Iterable[Document], folder: Path) -> None:
    for entry in entries:
        for patch in load(folder / entry["path"]):
            chosen = [document for document in documents if _is_meant(document, patch, entry.get("target"))]
            assert chosen, f"{folder}/{entry['path']}: nothing has this kind and name"
            for document in chosen:
                change = copy.deepcopy(patch)
                change["metadata"] = {}
                _merge(document, change)


def _is_meant(document: Document, patch: Document, target: Document | None) -> bool:
    if target is None:
        same = {key: patch["metadata"].get(key) for key in ("name", "namespace")}
        found = {key: document["metadata"].get(key) for key in ("name", "namespace")}
        return bool(document["kind"] == patch["kind"] and same == found)
    if document["kind"] != target["kind"]:
        return False
    if (selector := target.get("labelSelector")) is None:
        return True
    key, _, values = selector.partition(" in ")
    return document["metadata"].get("labels", {}).get(key) in values.strip("()").split(", ")


def _merge(into: Document, change: Document) -> None:
    for key, value in change.items():
        there = into.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            _merge(there, value)
        elif isinstance(value, list) and isinstance(there, list) and key in MERGED_BY_NAME:
            into[key] = _merged_lists(there, value, "name")
        elif isinstance(value, list) and isinstance(there, list) and key == "volumeMounts":
            into[key] = _merged_lists(there, value, "mountPath")
        else:
            into[key] = value


def _merged_lists(there: list[Document], change: list[Document], by: str) -> list[Document]:
    known = {entry[by]: entry for entry in there}
    for entry in change:
        if entry[by] in known:
            _merge(known[entry[by]], entry)
    return [*(entry for entry in change if entry[by] not in known), *there]  # in kustomize's order


def _placed(documents: list[Document], namespace: str, _folder: Path) -> None:
    for document in documents:
        if document["kind"] not in CLUSTER_WIDE:
            document["metadata"]["namespace"] = namespace


def _labelled(documents: list[Document], entries: Iterable[Document], _folder: Path) -> None:
    for entry in entries:
        for document in documents:
            document["metadata"].setdefault("labels", {}).update(entry["pairs"])
            if document["kind"] in TEMPLATED and entry.get("includeTemplates"):
                document["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {}).update(entry["pairs"])


def _with_images(documents: list[Document], entries: Iterable[Document], _folder: Path) -> None:
    wanted = {entry["name"]: entry for entry in entries}
    for document in documents:
        if document["kind"] in TEMPLATED:
            for container in document["spec"]["template"]["spec"]["containers"]:
                name, _, tag = container["image"].rpartition(":")
                if name in wanted:
                    new = wanted[name]
                    container["image"] = f"{new.get('newName', name)}:{new.get('newTag', tag)}"


def _counted(documents: list[Document], entries: Iterable[Document], _folder: Path) -> None:
    wanted = {entry["name"]: entry["count"] for entry in entries}
    for document in documents:
        if document["kind"] == "Deployment" and document["metadata"]["name"] in wanted:
            document["spec"]["replicas"] = wanted[document["metadata"]["name"]]


STEPS: Final[dict[str, Callable[[list[Document], Any, Path], None]]] = {
    "configMapGenerator": _generated,
    "patches": _patched,
    "namespace": _placed,
    "labels": _labelled,
    "images": _with_images,
    "replicas": _counted,
}
"""In the order in which kustomize takes them."""
