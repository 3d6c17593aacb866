"""`missionare provision`: servers that nobody supervises are ready afterwards, and a second time changes nothing."""

import asyncio

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure
from support.servers import Child, free_port
from support.waiting import wait_until

from missionare.cli import provisioning
from missionare.cli.failures import SettingWrong
from missionare.cli.folder import DataFolder
from missionare.cli.options import SERVICES, TOPIC_OWNERS
from missionare.cli.provisioning import NotPrepared, NotThere, Wanted
from missionare.cli.servers import libcurl, mongod
from missionare.kit import topics

pytestmark = pytest.mark.broker


@pytest.fixture
def wanted(tmp_path):
    return Wanted(data=tmp_path / "prepared", mongo=f"localhost:{free_port()}", patience=60)


@pytest.fixture
def bare_mongod(tmp_path, wanted):
    """A mongod that has a key file and nothing else: no replica set, no user."""
    folder = DataFolder(tmp_path / "database")
    folder.open(temporary=True)
    lent = libcurl.environment(folder.root / "lib")
    server = Child(command=mongod.command(folder, wanted.port), log=tmp_path / "mongod.log", environment=lent)
    server.start()
    wait_until(lambda: asyncio.run(mongod.Probe(wanted.port).alive()), f"mongod: {server.said()}")
    yield server
    server.kill()
    folder.close()


@pytest.fixture(autouse=True)
def _settings(request, monkeypatch):
    monkeypatch.setenv("MISSIONARE_TOPIC_REPLICAS", "1")
    if "kafka" in request.fixturenames:
        monkeypatch.setenv("MISSIONARE_KAFKA_BOOTSTRAP_SERVERS", request.getfixturevalue("kafka"))
    else:
        monkeypatch.setenv("MISSIONARE_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")


def kept(wanted):
    return {path: path.read_bytes() for path in wanted.data.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("bare_mongod")
def test_bare_servers_are_ready_and_a_second_time_changes_nothing(kafka, wanted):
    for _ in range(2):
        assert list(provisioning.servers(wanted)) == ["mongo", "secrets", "topics"]
        first = kept(wanted)
    assert kept(wanted) == first

    for service in SERVICES:
        own = wanted.data / "secrets" / service
        with MongoClient((own / "missionare_mongo_url").read_text()) as client:
            client[service]["things"].insert_one({"who": service})
            with pytest.raises(OperationFailure, match="not authorized"):
                client["admin"]["system.users"].find_one()
        assert (own / "signing_key.pem").read_text().startswith("-----BEGIN PRIVATE KEY-----")
    assert {path.stat().st_mode & 0o077 for path in first} == {0}
    asyncio.run(topics.verify(kafka, topics.of(TOPIC_OWNERS, replicas=1)))


@pytest.mark.usefixtures("bare_mongod", "kafka")
def test_the_mail_server_s_password_goes_to_those_who_send_and_follows_its_file(tmp_path, wanted):
    given = tmp_path / "password"
    for password in ("Haselnuss", "Walnuss", ""):
        given.write_text(f"{password}\n")
        told = Wanted(data=wanted.data, mongo=wanted.mongo, patience=60, smtp_password_file=given)
        assert list(provisioning.servers(told))
        found = {path.parent.name: path.read_text() for path in wanted.data.rglob("missionare_smtp_password")}
        assert found == dict.fromkeys(("members", "notifications"), password)


def test_a_database_that_does_not_come_is_named(wanted):
    impatient = Wanted(data=wanted.data, mongo=wanted.mongo, patience=0.1)

    with pytest.raises(NotThere, match=wanted.mongo):
        list(provisioning.servers(impatient))


@pytest.mark.usefixtures("bare_mongod")
def test_a_database_that_is_not_the_one_named_says_so(wanted):
    elsewhere = Wanted(data=wanted.data, mongo=f"127.0.0.2:{wanted.port}", patience=2)

    with pytest.raises(NotPrepared, match="maps to this node"):
        list(provisioning.servers(elsewhere))


def test_an_address_without_a_port_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(SettingWrong, match="--mongo"):
        list(provisioning.servers(Wanted(data=tmp_path / "prepared", mongo="mongo", patience=1)))


def test_the_key_file_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "key"
    provisioning.key_file(path)
    first = path.read_text()
    provisioning.key_file(path)

    assert path.read_text() == first
    assert len(first) > 500
    assert path.stat().st_mode & 0o077 == 0
