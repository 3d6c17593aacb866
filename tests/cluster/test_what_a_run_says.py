"""What the run on a cluster concludes from what it saw. The run itself is `make test-cluster`."""

from __future__ import annotations

import json
import sys
import time

import pytest
from cluster import __main__ as command
from cluster.faults import AIM_SECONDS, Seen, _seen
from cluster.report import Report
from cluster.scaling import Speed
from promises.load import PATIENCE, Command, Reply


class Given:
    """A load whose commands are known."""

    def __init__(self, *commands: Command) -> None:
        self.commands = commands


def seen(longest: float = 1.0, unanswered: int = 0) -> Seen:
    return Seen("broker", "kill broker-1", 9, 2, unanswered, longest, 3.0)


def test_a_run_is_good_when_nothing_is_violated_and_nobody_waited_too_long() -> None:
    assert Report(1, [seen()]).good


@pytest.mark.parametrize(
    "report",
    [
        Report(1, [seen()], violations=["K1: x is lost"]),
        Report(1, [seen(longest=AIM_SECONDS)]),
        Report(1, [seen(unanswered=1)]),
        Report(1, [seen()], error="broker-1 does not work"),
    ],
    ids=["violated", "waited too long", "never answered", "not finished"],
)
def test_a_run_is_not_good_otherwise_and_its_last_line_says_why(report: Report) -> None:
    assert not report.good
    assert list(report.lines())[-1] != list(Report(1, [seen()]).lines())[-1]
    assert json.loads(json.dumps(report.json()))["good"] is False


def test_a_stall_counts_from_the_first_try_of_a_command_that_met_the_fault() -> None:
    now = time.monotonic()
    before = Command("before", (), Reply.OK, 1, now - 60, 30.0)
    through = Command("through", (), Reply.OK, 3, now - 12, 9.0)
    after = Command("after", (), Reply.OK, 1, now - 1, 0.1)

    said = _seen(Given(before, through, after), "broker", "kill broker-1", now - 10, 0.0)

    assert (said.commands, said.again, said.unanswered, said.longest_seconds) == (2, 1, 0, 9.0)


def test_a_command_that_nobody_has_answered_counts_for_as_long_as_it_has_waited() -> None:
    lost = Command("lost", (), Reply.INFO, 20, time.monotonic() - PATIENCE)

    said = _seen(Given(lost), "broker", "kill broker-1", time.monotonic() - 100, 0.0)

    assert said.unanswered == 1
    assert said.longest_seconds >= PATIENCE


def test_the_comparison_is_printed_as_multiples_of_one_worker() -> None:
    speeds = [Speed(1, 50.0, 400.0, 900), Speed(3, 55.0, 1_000.0, 900)]

    assert "| 3 | 55 (1.10 x) | 1,000 (2.50 x) | 900 |" in list(Report(1, speeds=speeds).lines())


def test_where_the_broker_cannot_run_it_says_why_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["cluster", "--json"])
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # put back afterwards: the command takes it for itself
    monkeypatch.setattr(command, "provide_or_skip", lambda: pytest.skip("there is no Java"))

    assert command.main() == 0
    assert json.loads(capsys.readouterr().out) == {"skipped": "there is no Java"}
