"""Apache Kafka beside the bundled broker: how it is chosen, brought, set up, and what is said when it cannot run."""

import hashlib
import os

import pytest
from typer.testing import CliRunner

from missionare.cli import app, doctor
from missionare.cli.environment import Environment
from missionare.cli.failures import SettingWrong
from missionare.cli.folder import DataFolder
from missionare.cli.options import BrokerChoice, Options, broker_from
from missionare.cli.platform import PORTS, Platform
from missionare.cli.servers import apache, jars
from missionare.cli.servers.apache import Node

JAVA = "echo 'openjdk version \"{version}\" 2025-04-15' >&2"

VERSION_ASKED = f'if [ "$1" = -version ]; then {JAVA.format(version="17")}; exit; fi'


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose programs are the scripts that a test names; nothing has been brought to it yet."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in [name for name in os.environ if name.startswith("MISSIONARE_")]:
        monkeypatch.delenv(name)

    def has(**scripts):
        for name, script in scripts.items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)

    has(java=JAVA.format(version="17.0.15"))
    return has


@pytest.fixture
def jar(tmp_path, monkeypatch):
    """The one jar that is wanted, in place of 46 of together 44 MB."""
    hashes = tmp_path / "jars.sha256"
    hashes.write_text(f"{hashlib.sha256(b'right').hexdigest()}  kafka.jar\n")
    monkeypatch.setattr(jars, "HASHES", hashes)
    return "kafka.jar"


class TestTheChoice:
    def test_is_one_of_two(self):
        assert broker_from("apache") is BrokerChoice.APACHE
        with pytest.raises(SettingWrong, match="bundled, apache"):
            broker_from("rabbit")

    @pytest.mark.parametrize("command", ["up", "demo", "doctor"])
    def test_that_does_not_exist_is_refused_by_every_command(self, command):
        result = CliRunner().invoke(app.app, [command, "--broker", "rabbit"])
        assert isinstance(result.exception, SettingWrong)
        assert "--broker rabbit" in result.exception.say("en")

    def test_changes_what_workers_are_told(self, tmp_path):
        folder, ports = DataFolder(tmp_path), dict.fromkeys((*PORTS, "gateway"), 1)
        told = Environment(Options(data=tmp_path, broker=BrokerChoice.APACHE), folder, ports).settings("members")
        assert told["MISSIONARE_KAFKA_IDEMPOTENCE"] == "true"
        assert told["MISSIONARE_KAFKA_BOOTSTRAP_SERVERS"] == "127.0.0.1:1"
        assert "MISSIONARE_KAFKA_INCARNATION" not in told

    def test_makes_no_worker_die_with_the_broker(self, machine, tmp_path):
        folder = DataFolder(tmp_path / "data")
        folder.open(temporary=False)
        platform = Platform(
            Options(data=folder.root, broker=BrokerChoice.APACHE), folder, dict.fromkeys(PORTS, 1) | {"gateway": 2}
        )
        processes = {process.name: process for process in platform.processes()}
        folder.close()
        assert "kafka.Kafka" in processes["broker"].command
        assert [process.name for process in processes.values() if process.dies_with] == []


class TestBringing:
    def test_happens_once(self, machine, jar):
        machine(mvn=f"mkdir jars && printf right > jars/{jar} && echo run >> $XDG_CACHE_HOME/runs")
        machine(mkdir="exec /bin/mkdir $@")
        assert (jars.provide() / jar).read_text() == "right"
        assert jars.provide() == jars.folder()
        assert (jars.folder().parents[1] / "runs").read_text() == "run\n"

    def test_what_is_not_as_expected_is_not_kept(self, machine, jar):
        machine(mvn=f"/bin/mkdir jars && printf wrong > jars/{jar} && printf more > jars/another.jar")
        with pytest.raises(jars.JarsWrong, match=r"kafka\.jar, another\.jar"):
            jars.provide()
        assert not jars.are_here()
        assert [path.name for path in jars.folder().parent.iterdir()] == ["kafka.lock"]

    def test_that_fails_says_what_maven_says(self, machine, jar):
        machine(mvn="echo '[INFO] Scanning'; echo '[ERROR] Unknown host'; exit 1")
        with pytest.raises(jars.JarsNotBrought, match=r"Unknown host") as failed:
            jars.provide()
        assert "Scanning" not in failed.value.say("en")

    def test_ends_when_it_takes_too_long(self, machine, jar, monkeypatch):
        monkeypatch.setattr(jars, "BRING_SECONDS", 0.2)
        machine(mvn="exec /bin/sleep 60")
        with pytest.raises(jars.JarsNotBrought):
            jars.provide()

    def test_needs_room(self, machine, jar, monkeypatch):
        machine(mvn="exit 1")
        monkeypatch.setattr(jars, "BRING_MEGABYTES", 10**9)
        with pytest.raises(jars.CacheFull, match="XDG_CACHE_HOME"):
            jars.provide()

    def test_a_jar_that_was_taken_away_is_brought_again(self, machine, jar):
        machine(mvn=f"/bin/mkdir jars && printf right > jars/{jar}")
        (jars.provide() / jar).unlink()
        assert (jars.provide() / jar).read_text() == "right"


class TestDoctor:
    def examined(self, tmp_path):
        options = Options(data=tmp_path / "data", port=0, broker=BrokerChoice.APACHE, language="en")
        return {finding.what: finding for finding in doctor.examine(options)}

    def test_says_that_the_first_start_brings_it(self, machine, jar, tmp_path):
        machine(mvn="exit 1")
        findings = self.examined(tmp_path)
        assert (findings["Java"].ok, findings["Java"].says) == (True, "17.0.15")
        assert findings["Apache Kafka"].ok
        assert "Maven Central" in findings["Apache Kafka"].says
        assert "Tansu" not in findings

    def test_says_where_it_is(self, machine, jar, tmp_path):
        jars.folder().mkdir(parents=True)
        (jars.folder() / jar).touch()
        assert str(jars.folder()) in self.examined(tmp_path)["Apache Kafka"].says

    def test_says_that_maven_is_missing(self, machine, jar, tmp_path):
        finding = self.examined(tmp_path)["Apache Kafka"]
        assert not finding.ok
        assert "apt install maven" in finding.says

    @pytest.mark.parametrize(
        ("version", "fits"), [("1.8.0_402", False), ("11.0.2", False), ("17.0.15", True), ("25", True)]
    )
    def test_says_whether_java_is_new_enough(self, machine, jar, tmp_path, version, fits):
        machine(java=JAVA.format(version=version))
        finding = self.examined(tmp_path)["Java"]
        assert finding.ok is fits
        assert version.removeprefix("1.") in finding.says

    def test_says_that_java_is_missing(self, machine, jar, tmp_path, monkeypatch):
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))
        finding = self.examined(tmp_path)["Java"]
        assert not finding.ok
        assert "openjdk-17-jre-headless" in finding.says

    def test_asks_for_room_for_the_log(self, machine, jar, tmp_path, monkeypatch):
        monkeypatch.setattr(apache, "MEGABYTES", 10**9)
        assert "MB" in self.examined(tmp_path)["data"].says


class TestANode:
    def test_keeps_its_log_in_its_folder_whatever_its_name(self, machine, tmp_path):
        machine(java=f'{VERSION_ASKED}; /bin/cp "$8" "{tmp_path}/said"; /bin/mkdir "{tmp_path}/Größe/unfinished"')
        node = Node(1, 1001, 1002, tmp_path / "Größe")
        node.set_up([node], cluster=apache.new_cluster())
        assert node.log.is_dir()
        assert r"Gr\u00f6\u00dfe/log" in node.properties.read_text(encoding="ascii")
        assert r"Gr\u00f6\u00dfe/unfinished" in (tmp_path / "said").read_text(encoding="ascii")

    def test_makes_its_log_once(self, machine, tmp_path):
        node = Node(1, 1001, 1002, tmp_path / "node")
        node.log.mkdir(parents=True)
        machine(java="exit 1")
        node.set_up([node], cluster=apache.new_cluster())

    def test_says_why_its_log_could_not_be_made_and_leaves_none(self, machine, tmp_path):
        machine(java=f'[ "$1" = -version ] && {{ {JAVA.format(version="17")}; exit; }}; echo no space left >&2; exit 1')
        node = Node(1, 1001, 1002, tmp_path / "node")
        with pytest.raises(apache.StorageNotFormatted, match="no space left"):
            node.set_up([node], cluster=apache.new_cluster())
        assert not node.log.exists()

    def test_copies_of_its_own_topics_follow_the_number_of_nodes(self, tmp_path):
        nodes = [Node(number, number, number + 10, tmp_path / str(number)) for number in (1, 2, 3)]
        for node in nodes:
            node.log.mkdir(parents=True)
            node.set_up(nodes, cluster=apache.new_cluster(), differing={"broker.session.timeout.ms": "6000"})
        settings = dict(line.split("=", 1) for line in nodes[1].properties.read_text().splitlines())
        assert settings["node.id"] == "2"
        assert settings["controller.quorum.voters"] == "1@127.0.0.1:11,2@127.0.0.1:12,3@127.0.0.1:13"
        assert settings["offsets.topic.replication.factor"] == "3"
        assert settings["transaction.state.log.min.isr"] == "2"
        assert settings["broker.session.timeout.ms"] == "6000"

    @pytest.mark.parametrize(
        ("line", "shown"),
        [
            ("2026-11-28T01:59:15.809Z INFO  started (Server)", False),
            ("2026-11-28T01:59:15.809Z WARN  a hint (Server)", False),
            ("2026-11-28T01:59:15.809Z ERROR no space (Server)", True),
            ("Exception in thread main", True),
            ("", True),
        ],
    )
    def test_shows_errors_and_what_is_no_line_of_its_log(self, line, shown):
        assert apache.worth_showing(line) is shown
