"""No test has a cluster: what docs/how-to/kubernetes.md says to type is held against the manifests instead."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from deploy.kustomization import build
from docs.pages import commands
from every_service.tree import ROOT

PAGE = "docs/how-to/kubernetes.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
MADE_ON_THE_PAGE = re.findall(r"^kind: Pod\n.*?^  name: (\S+)$", TEXT, re.MULTILINE | re.DOTALL)
KINDS = {"deploy": "Deployment", "deployment": "Deployment", "job": "Job", "scaledobject": "ScaledObject"}
OPERATORS_FILES = {"restore.yaml", "members.tar"}
"""What the reader has written or been given by a command above."""


@pytest.fixture(scope="module")
def manifests() -> dict[tuple[str, str], Any]:
    return {(one["kind"], one["metadata"]["name"]): one for one in build(ROOT / "deploy/kubernetes/overlays/example")}


def typed() -> Iterator[list[str]]:
    for command in commands(PAGE):
        if command.startswith("kubectl"):
            yield shlex.split(command)


def named(words: list[str]) -> Iterator[tuple[str, str]]:
    """Give kind and name of everything a command is about."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        kind, _, name = word.partition("/")
        if name and "/" not in name and kind in {*KINDS, "pod"}:
            yield kind, name
        elif word in {*KINDS, "pod"} and not following.startswith("-"):
            yield word, following


def test_every_object_that_a_command_names_is_in_the_manifests_or_made_on_the_page(manifests: dict[Any, Any]) -> None:
    found = [pair for words in typed() for pair in named(words)]

    assert len(found) >= 9
    for kind, name in found:
        assert name in MADE_ON_THE_PAGE if kind == "pod" else (KINDS[kind], name) in manifests, f"{kind} {name}"


def test_commands_stay_in_our_namespace_and_apply_what_is_there(manifests: dict[Any, Any]) -> None:
    assert ("Namespace", "missionare") in manifests
    for words in typed():
        if words[1] == "apply":
            place = words[-1].replace("REGION", "example")
            assert place in OPERATORS_FILES or (ROOT / place / "kustomization.yaml").exists(), words
        else:
            assert words[1:3] == ["-n", "missionare"], words


def test_the_secrets_that_are_made_have_the_keys_that_pods_read(manifests: dict[Any, Any]) -> None:
    made = {
        words[words.index("generic") + 1]: {re.split(r"[=]", word)[1] for word in words if word.startswith("--from-")}
        for words in typed()
        if "generic" in words
    }
    for name, keys in made.items():
        pods = [one["spec"]["template"]["spec"] for one in manifests.values() if one["kind"] == "Deployment"]
        sources = [
            source
            for pod in pods
            for volume in pod["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
        ]
        read = {
            item["key"] for source in sources if source["secret"]["name"] == name for item in source["secret"]["items"]
        }
        assert read == keys, name


def test_the_pod_that_restores_is_what_a_worker_is_without_the_broker(manifests: dict[Any, Any]) -> None:
    pod = next(one for one in map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)) if "kind" in one)
    worker = manifests["Deployment", "members-worker"]["spec"]["template"]
    ours, theirs = pod["spec"]["containers"][0], worker["spec"]["containers"][0]

    for field in ("automountServiceAccountToken", "enableServiceLinks", "securityContext"):
        assert pod["spec"][field] == worker["spec"][field], field
    for field in ("envFrom", "resources", "securityContext"):
        assert ours[field] == theirs[field], field
    assert ours["image"].partition(":")[0].endswith("missionare/members")
    assert [mount for mount in theirs["volumeMounts"] if mount["name"] != "broker-ca"] == sorted(
        ours["volumeMounts"], key=theirs["volumeMounts"].index
    )
    assert pod["metadata"]["namespace"] == "missionare"
    # The rule that lets a worker speak with the database asks for this label.
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "worker"


def test_each_service_can_be_asked_for_a_backup_by_its_command() -> None:
    for words in typed():
        for script in (word for word in words if "python -m" in word):
            assert re.search(r"python -m missionare\.members (backup --into|restore --from) /tmp", script), script
