"""Output: every line of every process is in its file, and a console that nobody reads holds nobody up."""

import io
import os
import threading
import time

import pytest

from missionare.cli import output
from missionare.cli.output import LogFile, Output


@pytest.fixture
def said(tmp_path):
    """Feed chunks to a voice and give its file's lines and the console's."""
    stream = io.StringIO()

    def fed(*chunks, **options):
        out = Output(tmp_path, stream=stream)
        voice = out.voice("members", **options)
        for chunk in chunks:
            voice.feed(chunk)
        out.close()
        return (tmp_path / "members.log").read_text("utf-8", "replace").splitlines(), stream.getvalue().splitlines()

    return fed


def test_lines_are_put_together_from_pieces_also_the_last_one_without_an_end(said):
    lines, console = said(b"fir", b"st\nsec", b"ond\n", b"la", b"st")
    assert lines == ["first", "second", "last"]
    assert console == ["members       | first", "members       | second", "members       | last"]


def test_bytes_that_are_no_text_are_shown_as_such(said):
    assert "\ufffd" in said(b"\xff\n")[1][0]


def test_a_line_without_end_does_not_grow_for_ever(said, monkeypatch):
    monkeypatch.setattr(output, "LONGEST_LINE", 10)
    lines, _ = said(b"x" * 8, b"y" * 8, b"z\n")
    assert "".join(lines) == "x" * 8 + "y" * 8 + "z"


def test_what_is_not_worth_the_console_is_in_the_file(said):
    lines, console = said(b"boring\nbad\n", show=lambda line: line == "bad")
    assert (lines, len(console)) == (["boring", "bad"], 1)


def drain(descriptor):
    with os.fdopen(descriptor, "rb") as reading:
        reading.read()


def test_a_console_that_nobody_reads_holds_nobody_up(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "CONSOLE_LINES", 50)
    reading, writing = os.pipe()
    stream = os.fdopen(writing, "w")
    out = Output(tmp_path, stream=stream)
    voice = out.voice("members")
    began = time.monotonic()
    voice.feed(b"a line that fills the pipe\n" * 20_000)
    assert time.monotonic() - began < 5
    reader = threading.Thread(target=drain, args=(reading,))
    reader.start()
    voice.feed(b"later\n")
    out.close()
    stream.close()
    reader.join()
    assert len((tmp_path / "members.log").read_text().splitlines()) == 20_001


def test_a_log_file_is_put_aside_at_its_size_and_few_old_ones_are_kept(tmp_path):
    log = LogFile(tmp_path / "x.log", max_bytes=100, kept=2)
    for number in range(100):
        log.write(f"line {number}".encode())
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log", "x.log.1", "x.log.2"]
    assert (tmp_path / "x.log").read_text().splitlines()[-1] == "line 99"
    assert all(path.stat().st_size <= 100 for path in tmp_path.iterdir())
