"""The manifests for Kubernetes keep to the rules and agree with what the code declares. Each rule has a spoilt twin."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from deploy import rules
from deploy.kustomization import Document, build
from deploy.running import Manifests, Workload, may_leave, may_speak
from every_service.tree import ROOT
from kubernetes_validate import utils as schemas
from tools.wiring import wired

from missionare.catalog.settings import CatalogSettings
from missionare.cli.options import TOPIC_OWNERS
from missionare.journeys.settings import JourneysSettings
from missionare.kit import topics
from missionare.kit.service import Service
from missionare.kit.settings import BrokenSettings, ProcessSettings, read
from missionare.kit.worker import Worker
from missionare.members.settings import MembersSettings
from missionare.notifications.settings import NotificationsSettings
from missionare.web.settings import WebSettings

FOLDERS = ("base", "overlays/example")
KINDS = {
    "members": MembersSettings,
    "journeys": JourneysSettings,
    "catalog": CatalogSettings,
    "notifications": NotificationsSettings,
    "web": WebSettings,
}
KUBERNETES = "1.35"
CORE = {"v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1"}


@functools.cache
def built(folder: str) -> list[Document]:
    return build(ROOT / "deploy" / "kubernetes" / folder)


@pytest.fixture(params=FOLDERS)
def manifests(request) -> Manifests:
    return Manifests(built(request.param))


@pytest.fixture(scope="module")
def services() -> Iterator[list[Service]]:
    with wired() as services:
        yield services


def spoilt(change: Callable[[Manifests], None]) -> Manifests:
    manifests = Manifests(copy.deepcopy(built("base")))
    change(manifests)
    return manifests


def workload(manifests: Manifests, name: str) -> Document:
    return manifests.named("Deployment")[name]["spec"]


def container(manifests: Manifests, name: str) -> Document:
    return workload(manifests, name)["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_manifests_keep_to_the_rule(manifests: Manifests, rule: rules.Rule) -> None:
    assert list(rule(manifests)) == []


SPOILT: list[tuple[rules.Rule, Callable[[Manifests], Any]]] = [
    (rules.images_are_the_tested_ones, lambda m: container(m, "web").update(image="missionare/web:latest")),
    (rules.images_are_the_tested_ones, lambda m: container(m, "gateway").update(image="traefik:v3.0.0")),
    (rules.pods_can_do_no_harm, lambda m: container(m, "web")["securityContext"].pop("readOnlyRootFilesystem")),
    (
        rules.pods_can_do_no_harm,
        lambda m: workload(m, "web")["template"]["spec"]["securityContext"].update(runAsUser=0),
    ),
    (rules.processes_are_asked_how_they_are, lambda m: container(m, "members-worker").pop("livenessProbe")),
    (
        rules.stopping_has_time,
        lambda m: workload(m, "web")["template"]["spec"].update(terminationGracePeriodSeconds=35),
    ),
    (rules.memory_is_bounded, lambda m: container(m, "catalog-api")["resources"].pop("limits")),
    (rules.several_never_go_at_once, lambda m: m.documents.remove(m.named("PodDisruptionBudget")["web"])),
    (rules.nobody_speaks_unasked, lambda m: m.documents.remove(m.named("NetworkPolicy")["nobody"])),
    (rules.names_lead_somewhere, lambda m: m.documents.remove(m.named("Service")["members-api"])),
    (rules.names_lead_somewhere, lambda m: m.documents.remove(m.named("Middleware")["again"])),
]


@pytest.mark.parametrize(("rule", "change"), SPOILT, ids=lambda value: getattr(value, "__name__", ""))
def test_a_spoilt_manifest_breaks_the_rule(rule: rules.Rule, change: Callable[[Manifests], Any]) -> None:
    assert list(rule(spoilt(change)))


def test_the_core_kinds_are_as_kubernetes_wants_them(monkeypatch) -> None:
    # It reads a megabyte of definitions anew for every document.
    monkeypatch.setattr(schemas, "schema_contents", functools.cache(schemas.schema_contents))
    core = [document for document in built("base") if document["apiVersion"] in CORE]

    for document in core:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)

    wrong = copy.deepcopy(next(document for document in core if document["kind"] == "Deployment"))
    wrong["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)


# --- settings --------------------------------------------------------------------------------------------------------


def problems_of_settings(process: Workload, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Start nothing, but read the settings as the process would: its environment, its secret files."""
    kind = KINDS[process.package]
    told = dict(process.environment)
    known = {f"MISSIONARE_{name.upper()}" for name in kind.model_fields} | {"MISSIONARE_SECRETS_DIR"}
    unknown = [f"{name}: there is no such setting" for name in told if name not in known]
    for path, files in process.secrets.items():
        (folder / path.strip("/")).mkdir(parents=True)
        for file in files:
            content = f"mongodb://u:p@mongo/{process.package}" if file == "missionare_mongo_url" else "geheim"
            (folder / path.strip("/") / file).write_text(content if file != "ca.crt" else "")
        told = {name: value.replace(path, str(folder / path.strip("/"))) for name, value in told.items()}
    told.pop("MISSIONARE_KAFKA_CA_FILE", None)  # its content is the cluster's; that it is there is asked below
    with monkeypatch.context() as environment:
        for name, value in told.items():
            environment.setenv(name, value)
        try:
            read(kind)
        except BrokenSettings as broken:
            return unknown + broken.problems
    return unknown


def forget_the_database(manifests: Manifests) -> None:
    volumes = workload(manifests, "members-worker")["template"]["spec"]["volumes"]
    (secrets,) = (volume["projected"]["sources"] for volume in volumes if volume["name"] == "secrets")
    del secrets[0]["secret"]["items"][0]


def test_every_process_understands_its_settings(manifests: Manifests, tmp_path: Path, monkeypatch) -> None:
    for process in rules.processes(manifests):
        assert problems_of_settings(process, tmp_path / process.name, monkeypatch) == [], process.name
        files = {f"{folder}/{name}" for folder, names in process.secrets.items() for name in names}
        named = {value for name, value in process.environment.items() if name.endswith("_FILE")}
        assert named <= files, f"{process.name}: names a file that is not there"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda m: m.named("ConfigMap")["settings"]["data"].update(MISSIONARE_PUBLIC_ADDRESS="x"), "no such setting"),
        (lambda m: m.named("ConfigMap")["settings"]["data"].update(MISSIONARE_PUBLIC_URL="http://x.example"), "plain"),
        (lambda m: m.named("ConfigMap")["broker"]["data"].pop("MISSIONARE_KAFKA_BOOTSTRAP_SERVERS"), "missing"),
        (forget_the_database, "MISSIONARE_MONGO_URL: missing"),
    ],
    ids=["unknown", "refused", "broker", "database"],
)
def test_a_setting_that_is_unknown_or_missing_is_found(change, problem: str, tmp_path: Path, monkeypatch) -> None:
    manifests = spoilt(change)
    (process,) = (one for one in manifests.workloads if one.name == "members-worker")

    assert any(problem in one for one in problems_of_settings(process, tmp_path, monkeypatch))


def test_peers_are_found_where_they_are_said_to_be(manifests: Manifests) -> None:
    for process in rules.processes(manifests):
        for name, url in WebSettings(peers=process.environment["MISSIONARE_PEERS"]).peers.items():
            assert url == f"http://{name}-api:{rules.PORT}"
            assert manifests.named("Service")[f"{name}-api"]["spec"]["ports"][0]["port"] == rules.PORT


# --- the broker ------------------------------------------------------------------------------------------------------


def declared_topics(manifests: Manifests) -> dict[str, Document]:
    return {name: topic["spec"] for name, topic in manifests.named("KafkaTopic").items()}


def wanted_topics() -> dict[str, Document]:
    return {
        spec.name: {
            "partitions": spec.partitions,
            "replicas": spec.replicas,
            "config": {name: int(value) for name, value in spec.settings.items()},
        }
        for spec in topics.of(TOPIC_OWNERS, replicas=3)
    }


def test_topics_are_as_the_code_declares_them(manifests: Manifests) -> None:
    assert declared_topics(manifests) == wanted_topics()
    told = manifests.named("ConfigMap")["broker"]["data"]["MISSIONARE_TOPIC_REPLICAS"]
    assert {int(told)} == {topic["replicas"] for topic in declared_topics(manifests).values()}


def test_a_topic_with_other_partitions_is_found() -> None:
    other = spoilt(lambda m: m.named("KafkaTopic")["members.events"]["spec"].update(partitions=6))

    assert declared_topics(other) != wanted_topics()


def rights(manifests: Manifests) -> dict[str, set[tuple[str, str, str]]]:
    return {
        name: {
            (acl["resource"]["type"], acl["resource"]["name"], operation)
            for acl in user["spec"]["authorization"]["acls"]
            for operation in acl["operations"]
        }
        for name, user in manifests.named("KafkaUser").items()
    }


def wanted_rights(services: list[Service]) -> dict[str, set[tuple[str, str, str]]]:
    """Own topics are written, those of sources read in the group; all that a worker touches it verifies at start."""
    wanted: dict[str, set[tuple[str, str, str]]] = {}
    for service in services:
        writes = {topics.topic_of(owner) for owner in (service.name, *(outlet.owner for outlet in service.outlets))}
        reads = {topics.topic_of(source) for source in sources_of(service)}
        wanted[service.name] = {
            *(("topic", name, "Write") for name in writes),
            *(("topic", name, "Read") for name in reads),
            *(("topic", name, right) for name in writes | reads for right in ("Describe", "DescribeConfigs")),
            *(("group", group_of(service), right) for right in ("Read", "Describe")),
        }
    every = [topics.topic_of(owner) for owner in TOPIC_OWNERS]
    wanted["provision"] = {
        ("topic", name, right) for name in every for right in ("Create", "Describe", "DescribeConfigs")
    }
    return wanted


def sources_of(service: Service) -> set[str]:
    return {source for table in service.handlers for source in table.sources}


def group_of(service: Service) -> str:
    settings = service.settings.model_copy(update={"kafka_incarnation": ""})
    worker = Worker(
        service.context, settings, handlers=service.handlers, timers=service.timers, fail=print, outlets=service.outlets
    )
    return worker._group


async def test_accounts_may_what_the_code_does_and_nothing_else(manifests: Manifests, services) -> None:
    assert rights(manifests) == wanted_rights(services)


async def test_an_account_that_may_more_is_found(services) -> None:
    def greedy(manifests: Manifests) -> None:
        manifests.named("KafkaUser")["web" if False else "catalog"]["spec"]["authorization"]["acls"][1][
            "operations"
        ] += ["Write"]

    assert rights(spoilt(greedy)) != wanted_rights(services)


def scaling(manifests: Manifests) -> dict[str, tuple[set[str], set[str], str]]:
    """Give, for each scaled worker, its groups, its topics, and what is wrong with its numbers."""
    found = {}
    for scaled in manifests.of("ScaledObject"):
        spec = scaled["spec"]
        asked = [trigger["metadata"] for trigger in spec["triggers"]]
        fits = 2 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] <= topics.PARTITIONS
        found[spec["scaleTargetRef"]["name"]] = (
            {one["consumerGroup"] for one in asked},
            {one["topic"] for one in asked},
            "" if fits else f"{spec['maxReplicaCount']} are more than partitions, or fewer than at least",
        )
    return found


def wanted_scaling(services: list[Service]) -> dict[str, tuple[set[str], set[str], str]]:
    return {
        f"{service.name}-worker": ({group_of(service)}, {topics.topic_of(one) for one in sources_of(service)}, "")
        for service in services
    }


async def test_workers_scale_by_the_lag_of_their_own_groups(manifests: Manifests, services) -> None:
    assert scaling(manifests) == wanted_scaling(services)


async def test_more_workers_than_partitions_are_found(services) -> None:
    many = spoilt(lambda m: m.named("ScaledObject")["catalog-worker"]["spec"].update(maxReplicaCount=13))

    assert scaling(many) != wanted_scaling(services)


# --- the network -----------------------------------------------------------------------------------------------------


def flows(manifests: Manifests) -> set[tuple[str, str]]:
    programs = list(manifests.workloads)
    return {
        (source.name, target.name)
        for source in programs
        for target in programs
        if source is not target and may_speak(source, target, rules.PORT)
    }


def wanted_flows(services: list[Service]) -> set[tuple[str, str]]:
    """What the architecture allows: people by the gateway, pages as people, feeds, and keys of those who ask."""
    wanted = {("gateway", "web")}
    names = {service.name for service in services}
    for service in services:
        wanted |= {("gateway", f"{service.name}-api"), ("web", f"{service.name}-api")}
        for source in sources_of(service) - {service.name}:
            wanted.add((f"{service.name}-worker", f"{source}-api"))
            wanted.add((f"{source}-api", f"{service.name}-api"))
    issuer = ProcessSettings.model_fields["issuer"].default
    return wanted | {(f"{name}-api", f"{issuer}-api") for name in names - {issuer}}


def test_exactly_those_speak_with_each_other_who_have_to(manifests: Manifests, services) -> None:
    assert flows(manifests) == wanted_flows(services)


@pytest.mark.parametrize("name", ["members-api", "web", "gateway", "journeys-worker"])
def test_a_way_that_is_missing_is_found(name: str, services) -> None:
    less = spoilt(lambda m: m.documents.remove(m.named("NetworkPolicy")[name]))

    assert flows(less) != wanted_flows(services)


def test_only_those_leave_who_have_to(manifests: Manifests) -> None:
    doors = {27017: {"api", "worker"}, 587: {"worker"}, 25: {"worker"}}
    for one in manifests.workloads:
        for port, roles in doors.items():
            mails = port in {25, 587}
            expected = one.role in roles and (not mails or one.package in {"members", "notifications"})
            assert may_leave(one, port) == expected, f"{one.name} by port {port}"
        assert may_leave(one, 443) == (one.name in {"gateway", "notifications-worker"}), one.name
        assert not may_leave(one, 80), one.name
