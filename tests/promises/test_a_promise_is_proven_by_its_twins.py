"""What counts as proven: it holds as it is, and every deliberate defect is seen. All of it ends up in the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from promises import __main__ as command
from promises import beside
from promises.checkers import _possible
from promises.load import Command, Reply
from promises.promise import Finding, Profile, Promise, Trial, Twin
from promises.registry import PROMISES
from promises.report import Outcome, Record, Report


class Kept(Promise):
    """A promise that finds what it is told to find."""

    number = 99
    title = "Nothing is lost"
    method = "It is looked at."
    twins = (Twin("half", "half of it is thrown away"), Twin("all", "all of it is thrown away", in_gate=False))

    def __init__(self, **found: list[str]) -> None:
        self._found = found

    async def run(self, trial: Trial) -> Finding:
        trial.note(f"dice: {trial.random.randint(1, 6)}")
        found = self._found.get(trial.sabotage or "as_it_is", [])
        if found == ["breaks"]:
            raise RuntimeError("no server")
        return Finding(10, 2, found, {"seconds waited": 1.5})


def prove(promise: Promise, profile: Profile = Profile.FULL) -> Record:
    return command._prove(promise, profile, 7)


def test_a_promise_holds_when_nothing_is_violated_and_every_twin_is_caught() -> None:
    assert prove(Kept(half=["x is lost"], all=["x is lost", "y is lost"])).proven


def test_an_unnoticed_twin_leaves_a_promise_unproven() -> None:
    record = prove(Kept(half=["x is lost"]))

    assert record.held.good
    assert not record.proven


def test_a_violation_breaks_a_promise_whatever_its_twins_say() -> None:
    assert not prove(Kept(as_it_is=["x is lost"], half=["x is lost"], all=["x is lost"])).proven


@pytest.mark.parametrize("where", ["as_it_is", "half"])
def test_a_run_that_could_not_be_finished_proves_nothing(where: str) -> None:
    found = {"half": ["x is lost"], "all": ["x is lost"], where: ["breaks"]}

    record = prove(Kept(**found))

    assert not record.proven
    assert "NOT FINISHED (RuntimeError: no server)" in "\n".join(record.lines())


def test_the_gate_runs_only_the_short_twins() -> None:
    assert [outcome.sabotage for _, outcome in prove(Kept(half=["x is lost"]), Profile.GATE).twins] == ["half"]


def test_a_seed_gives_the_same_schedule_again() -> None:
    first, second = prove(Kept()), prove(Kept())

    assert [line[9:] for line in first.held.schedule] == [line[9:] for line in second.held.schedule]


def test_the_report_keeps_what_other_runs_have_found_and_says_how_to_repeat_them(tmp_path: Path) -> None:
    record = prove(Kept(half=["x is lost"], all=["x is lost"]))
    report = Report.load(tmp_path)
    report.keep(record)
    report.write()

    again = Report.load(tmp_path)
    again.keep(prove(Kept(as_it_is=["z is lost"], half=["x is lost"]), Profile.GATE))
    again.write()

    page = (tmp_path / "PROMISES.md").read_text(encoding="utf-8")
    assert "| 99. Nothing is lost | full | 10 | 2 | 0.0 | holds | half: caught; all: caught |" in page
    assert "| 99. Nothing is lost | gate | 10 | 2 | 0.0 | **broken** | half: caught |" in page
    assert 'make promises PROFILE=full ARGS="--only 99 --seed 7"' in page


def test_what_ran_beside_others_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    held = prove(Kept(half=["x is lost"], all=["x is lost"])).held

    beside.write(held, tmp_path / "outcome.json")

    assert Outcome.read(json.loads((tmp_path / "outcome.json").read_text(encoding="utf-8"))) == held


def test_a_run_beside_others_whose_process_ends_without_an_outcome_proves_nothing() -> None:
    said: list[str] = []

    (outcome,) = beside.outcomes_of([(99, Trial(Profile.GATE, 7))], at_once=2, say=said.append)

    assert outcome.error == "its process ended with 2"
    assert said == ["[99] no promise of that number is proven here"]


def test_every_twin_has_its_defect_and_every_promise_a_twin() -> None:
    numbers = [promise.number for promise in PROMISES]
    assert len(numbers) == len(set(numbers))
    for promise in PROMISES:
        assert promise.twins, promise.title
        assert not promise.in_gate or promise.twins_of(Profile.GATE), f"the gate proves nothing of {promise.number}"


def test_a_command_without_an_answer_may_have_happened_or_not() -> None:
    chain = [Command("apply", ("applied",), Reply.OK), Command("admit", ("admitted",), Reply.INFO)]

    assert list(_possible(chain)) == [["applied"], ["applied", "admitted"]]
