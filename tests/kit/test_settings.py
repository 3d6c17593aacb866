"""Settings: what is wrong is said at start, by name and with what was wanted, never with the value."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from missionare.kit.kafka_access import options_of
from missionare.kit.settings import BrokenSettings, ProcessSettings, Role, Settings, is_loopback, read

GOOD = {
    "MONGO_URL": "mongodb://things:geheim@127.0.0.1:27017/things",
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(**changes: str | None) -> None:
        for name, value in {**GOOD, **changes}.items():
            if value is not None:
                monkeypatch.setenv(f"MISSIONARE_{name}", value)

    return use


def problems(kind: type[ProcessSettings] = Settings) -> list[str]:
    with pytest.raises(BrokenSettings) as caught:
        read(kind)
    return caught.value.problems


def test_settings_come_from_the_environment(environment: Any) -> None:
    environment(ROLE="api", HTTP_PORT="8001", PEERS='{"friend": "http://127.0.0.1:8002/"}', TOPIC_REPLICAS="1")

    settings = read(Settings)

    assert (settings.role, settings.http_port, settings.topic_replicas) == (Role.API, 8001, 1)
    assert settings.peers == {"friend": "http://127.0.0.1:8002"}


def test_every_problem_is_one_line_with_the_settings_name_and_what_was_wanted(environment: Any) -> None:
    environment(MONGO_URL=None, HTTP_PORT="many", MONGO_DRIVER="odbc", KAFKA_INCARNATION="ä ö")
    wanted = {name: field.description for name, field in Settings.model_fields.items()}
    unparsable, word = "unable to parse string as an integer", "^[A-Za-z0-9._-]{0,64}$"

    assert problems() == [
        f"MISSIONARE_HTTP_PORT: input should be a valid integer, {unparsable}; wanted: {wanted['http_port']}",
        f"MISSIONARE_MONGO_URL: missing; wanted: {wanted['mongo_url']}",
        "MISSIONARE_MONGO_DRIVER: input should be 'motor' or 'pymongo'; wanted: motor or pymongo",
        f"MISSIONARE_KAFKA_INCARNATION: string should match pattern '{word}'; wanted: {wanted['kafka_incarnation']}",
    ]


@pytest.mark.parametrize("url", ["postgres://x/things", "mongodb://geheim@127.0.0.1", "mongodb://127.0.0.1/"])
def test_a_database_address_names_its_database_and_is_never_repeated(environment: Any, url: str) -> None:
    environment(MONGO_URL=url)

    (problem,) = problems()

    assert problem.startswith("MISSIONARE_MONGO_URL: is not the address of a database; wanted: mongodb://")
    assert "geheim" not in problem


@pytest.mark.parametrize(
    ("url", "starts"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:8080", True),
        ("http://demo.localhost:8080", True),
        ("https://missionare.example", True),
        ("http://missionare.example", False),
        ("http://192.168.1.7:8080", False),
        ("http://localhost.evil.example", False),
        ("ftp://127.0.0.1", False),
        ("127.0.0.1:8080", False),
    ],
)
def test_a_public_address_without_https_only_starts_on_loopback(environment: Any, url: str, starts: bool) -> None:
    environment(PUBLIC_URL=url)

    if starts:
        assert read(Settings).public_url == url
    else:
        assert problems()[0].startswith("MISSIONARE_PUBLIC_URL: ")


@pytest.mark.parametrize(
    "changes",
    [
        {"TEMPORARY_DATA": "false"},
        {"TEMPORARY_DATA": "true", "PUBLIC_URL": "https://missionare.example"},
        {"TEMPORARY_DATA": "true", "HTTP_HOST": "0.0.0.0"},
        {"TEMPORARY_DATA": "true", "MONGO_URL": "mongodb://u:p@127.0.0.1:1,db.example:2/things"},
        {"TEMPORARY_DATA": "true", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1,kafka.example:2"},
        {"TEMPORARY_DATA": "true", "PEERS": '{"friend": "http://friend.example"}'},
    ],
)
def test_the_clock_can_be_moved_on_throw_away_data_on_loopback_only(environment: Any, changes: dict[str, str]) -> None:
    environment(CLOCK_FILE="/tmp/clock", **changes)

    assert [problem.partition(":")[0] for problem in problems()] == ["MISSIONARE_CLOCK_FILE"]


def test_the_clock_can_be_moved_in_a_demonstration(environment: Any) -> None:
    environment(CLOCK_FILE="/tmp/clock", TEMPORARY_DATA="true", PEERS='{"friend": "http://127.0.0.1:1"}')

    assert read(Settings).clock_file == Path("/tmp/clock")


@pytest.mark.parametrize("peers", ["friend", "[]", '{"friend": 7}', '{"friend": "friend:8000"}'])
def test_peers_that_cannot_be_read_are_told_so(environment: Any, peers: str) -> None:
    environment(PEERS=peers)

    assert {problem.partition(":")[0] for problem in problems()} <= {"MISSIONARE_PEERS"}


def test_a_worker_needs_the_broker_and_an_api_does_not(environment: Any) -> None:
    environment(KAFKA_BOOTSTRAP_SERVERS=None)
    assert problems()[0].startswith("MISSIONARE_KAFKA_BOOTSTRAP_SERVERS: missing")

    environment(KAFKA_BOOTSTRAP_SERVERS=None, ROLE="api")
    assert read(Settings).role is Role.API


def test_a_secret_may_stand_in_a_file(environment: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment(MONGO_URL=None)
    (tmp_path / "missionare_mongo_url").write_text("mongodb://things:aus-datei@127.0.0.1/things\n")
    monkeypatch.setenv("MISSIONARE_SECRETS_DIR", str(tmp_path))

    settings = read(Settings)

    assert "aus-datei" in settings.mongo_url
    assert "aus-datei" not in repr(settings)


def test_a_secrets_folder_that_is_missing_is_told_so(environment: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    environment()
    monkeypatch.setenv("MISSIONARE_SECRETS_DIR", "/nowhere")

    assert problems() == ["MISSIONARE_SECRETS_DIR: is not a folder; wanted: a folder with one file per secret"]


def test_every_setting_says_what_it_wants() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("host", ["127.0.0.2", "::1", "localhost"])
def test_loopback_is_known_without_looking_anything_up(host: str) -> None:
    assert is_loopback(host)


def test_an_account_at_the_broker_has_a_name_and_a_password(environment: Any) -> None:
    environment(KAFKA_USERNAME="things", KAFKA_CA_FILE=__file__)

    assert [problem.split(";")[0] for problem in problems()] == ["MISSIONARE_KAFKA_CA_FILE: is not a readable PEM file"]

    environment(KAFKA_USERNAME="things")
    os.environ.pop("MISSIONARE_KAFKA_CA_FILE")

    assert [problem.split(";")[0] for problem in problems()] == [
        "MISSIONARE_KAFKA_PASSWORD: missing, and an account needs both its name and its password"
    ]


def test_whoever_has_an_account_shows_it_and_asks_the_broker_for_its_own_proof(
    environment: Any, tmp_path: Path
) -> None:
    environment()
    assert options_of(read(Settings)) == {"security_protocol": "PLAINTEXT", "ssl_context": None}

    environment(KAFKA_USERNAME="things", KAFKA_PASSWORD="geheim", KAFKA_CA_FILE=str(_certificate(tmp_path)))
    settings = read(Settings)
    options = options_of(settings)

    context = options.pop("ssl_context")
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert options == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "things",
        "sasl_plain_password": "geheim",
    }
    assert "geheim" not in repr(settings)


def _certificate(folder: Path) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    path = folder / "ca.crt"
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path
