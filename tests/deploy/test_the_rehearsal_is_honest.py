"""`make rehearse-compose` types the operators' page and changes nothing but names and the clock, or says why not."""

import shutil

import pytest
import yaml
from deploy.composed import PROCESSES, containers, environment
from docs.pages import commands
from every_service.tree import ROOT
from tools.rehearsal import __main__ as rehearsal
from tools.rehearsal import page
from tools.rehearsal.composed import stock_images
from tools.rehearsal.stand_ins import HERE

STORY = yaml.safe_load((ROOT / "tools/rehearsal/story.yml").read_text(encoding="utf-8"))["services"]
RENAMED = {"MISSIONARE_PEERS", "MISSIONARE_KAFKA_BOOTSTRAP_SERVERS", "MISSIONARE_SMTP_HOST", "MISSIONARE_HTTP_HOST"}
THROW_AWAY = {"MISSIONARE_TEMPORARY_DATA", "MISSIONARE_CLOCK_FILE"}


def test_it_types_every_command_of_the_page():
    typed = list(page.commands())

    assert typed == list(commands(str(page.PAGE)))
    assert any(" up " in command for command in typed)


def test_the_story_changes_names_and_the_clock_and_nothing_else():
    for name, changed in STORY.items():
        assert set(changed) <= {"environment", "networks", "volumes", *(["command"] if name == "provision" else [])}
        if name in PROCESSES:
            assert set(changed["environment"]) == RENAMED | THROW_AWAY
        else:
            assert set(changed.get("environment", {})) <= set(environment(name))
        assert set(changed.get("networks", {})) <= set(containers()[name].get("networks", []))
    assert set(PROCESSES) <= set(STORY)


def test_every_name_in_the_story_is_one_of_this_machine():
    aliases = [alias for changed in STORY.values() for network in changed.get("networks", {}).values()
               for alias in network.get("aliases", [])]  # fmt: skip

    assert aliases
    assert all(alias.endswith(".localhost") for alias in aliases)


def test_every_image_of_others_has_something_that_can_stand_in_for_it():
    for image in stock_images():
        name = image.partition(":")[0].rpartition("/")[2]
        assert (HERE / name / "Dockerfile").exists(), image


def test_without_docker_it_is_skipped_and_says_why(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["rehearsal"])
    monkeypatch.setattr(shutil, "which", lambda _: None)

    assert rehearsal.main() == 0
    assert capsys.readouterr().out == "skipped: there is no docker (apt install docker.io)\n"


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_process_keeps_its_role_and_its_secrets_in_the_story(name):
    assert "MISSIONARE_ROLE" not in STORY[name]["environment"]
    assert "MISSIONARE_SECRETS_DIR" not in STORY[name]["environment"]
