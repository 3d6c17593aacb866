"""`missionare demo --url`: the story on a platform that others have started, given all it needs."""

from datetime import timedelta

import pytest

from missionare.cli.credentials import KeyMissing
from missionare.cli.demo.elsewhere import Elsewhere, ElsewhereIncomplete
from missionare.cli.demo.narrator import Narrator

URL = "http://127.0.0.1:8080/"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "key").write_text("mk_example\n")
    (tmp_path / "clock").write_text("0")
    (tmp_path / "clock").chmod(0o644)
    return Elsewhere.of(URL, "http://127.0.0.1:8025", tmp_path / "key", tmp_path / "clock")


@pytest.mark.parametrize("missing", range(3))
def test_it_names_what_is_missing(tmp_path, missing):
    given = ["http://127.0.0.1:8025", tmp_path / "key", tmp_path / "clock"]
    given[missing] = None

    with pytest.raises(ElsewhereIncomplete, match="--mailbox-url, --key-file and --clock-file"):
        Elsewhere.of(URL, *given)


def test_it_knows_the_address_and_the_key(place):
    world = place.world(Narrator())
    world.close()

    assert (world.gateway, world.key) == ("http://127.0.0.1:8080", "mk_example")


def test_it_moves_the_clock_that_the_processes_go_on_reading(place):
    world = place.world(Narrator())
    for days in (22, 1):
        world.move_clock(timedelta(days=days))
    world.close()

    assert float(place.clock_file.read_text()) == timedelta(days=23).total_seconds()
    assert place.clock_file.stat().st_mode & 0o777 == 0o644


def test_without_a_key_it_does_not_begin(place):
    place.key_file.write_text("")

    with pytest.raises(KeyMissing):
        place.world(Narrator())
