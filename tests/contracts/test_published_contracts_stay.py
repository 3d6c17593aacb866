"""What was published stays: compared with the commit at which this change began."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contracts.published import SCHEMAS
from every_service.tree import ROOT
from tools.contracts import seals
from tools.contracts.changes import Schema, breaking
from tools.contracts.history import beginning, files_at, git, golden_now, not_kept, taken_back, withdrawn

GOAL_AGREED = SCHEMAS["members.goal_agreed.v1"]


def test_everything_published_before_this_change_is_kept() -> None:
    assert taken_back(ROOT) == [], "add instead; what has to go is another version, or withdrawn with its reason"


def test_what_was_withdrawn_has_a_reason_and_is_really_gone() -> None:
    told = not_kept(golden_now(ROOT), ROOT)

    assert [change for change, reason in withdrawn(ROOT).items() if not reason or change not in told] == []


# --- sabotage: each change that is no addition is seen ---------------------------------------------------------------


def changed(change: Callable[[Schema], Any]) -> list[str]:
    """Name what is breaking about a schema after a change."""
    new = copy.deepcopy(GOAL_AGREED)
    change(new)
    return breaking(GOAL_AGREED, new)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda new: (new["properties"].update(x={}), new["required"].append("x")), "x is required now"),
        (lambda new: new["required"].append("x"), "x is required now"),
        (lambda new: new["required"].remove("topics"), "topics may be absent now"),
        (lambda new: new["properties"].pop("pole"), "pole is gone"),
        (lambda new: new["properties"]["pole"]["enum"].append("both"), "pole was"),
        (lambda new: new["properties"]["target_on"].update(format="date-time"), "target_on was"),
        (lambda new: new.update({"x-aggregate": "person"}), "x-aggregate was goal and is person"),
        (lambda new: new.update({"x-audience": "nobody"}), "x-audience was internal and is nobody"),
    ],
    ids=[
        "required property",
        "now required",
        "now optional",
        "taken away",
        "new word",
        "new type",
        "other aggregate",
        "unknown readers",
    ],
)
def test_a_change_that_somebody_relying_on_it_would_notice_is_seen(change: Any, said: str) -> None:
    assert changed(change)[0].startswith(said)


@pytest.mark.parametrize(
    "change",
    [
        lambda new: new["properties"].update(priority={"type": "integer"}),
        lambda new: new.update(description="Better words."),
        lambda new: new["properties"]["pole"].update(description="Better words."),
        lambda new: new.update({"x-audience": "public"}),
    ],
    ids=["optional property", "better words", "better words about a property", "more readers"],
)
def test_an_addition_that_a_reader_can_do_without_is_none(change: Any) -> None:
    assert changed(change) == []


@pytest.mark.parametrize(("before", "after"), [("public", "network"), ("network", "internal"), ("public", "internal")])
def test_readers_of_a_fact_are_never_taken_away(before: str, after: str) -> None:
    told = breaking({**GOAL_AGREED, "x-audience": before}, {**GOAL_AGREED, "x-audience": after})

    assert told == [f"x-audience was {before} and is {after}"]


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A repository with one published schema and one golden sample, committed."""
    for name, text in {
        "contracts/x/facts/a.v1.schema.json": GOAL_AGREED,
        "contracts/golden/x.a.v1/full-1.json": {},
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(text))
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    return tmp_path


def commit(folder: Path) -> None:
    """Commit everything there is."""
    git(folder, "add", "--all")
    somebody = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    assert git(folder, *somebody, "commit", "--quiet", "--allow-empty", "-m", "x") is not None


def test_a_first_commit_has_nothing_to_compare_with(history: Path) -> None:
    assert beginning(history) is None


def test_a_change_is_compared_with_where_it_left_the_main_branch(history: Path) -> None:
    forked = git(history, "rev-parse", "HEAD")
    git(history, "update-ref", "refs/remotes/origin/main", "HEAD")
    commit(history)
    commit(history)

    assert beginning(history) == forked


def test_on_the_main_branch_a_change_is_compared_with_the_commit_before(history: Path) -> None:
    before = git(history, "rev-parse", "HEAD")
    commit(history)
    git(history, "update-ref", "refs/remotes/origin/main", "HEAD")

    assert beginning(history) == before


def test_what_is_gone_or_changed_since_then_is_named(history: Path) -> None:
    before = files_at(history, "HEAD")
    assert not_kept(before, history) == []

    (history / "contracts/golden/x.a.v1/full-1.json").write_text('{"more": 1}')
    (history / "contracts/x/facts/a.v1.schema.json").unlink()

    assert [told.partition(" ")[2][:11] for told in not_kept(before, history)] == ["was changed", "is gone"]


@pytest.fixture
def unversioned(tmp_path: Path) -> Path:
    """A folder without history, with golden samples and their list."""
    samples = sorted((ROOT / "contracts/golden").glob("members.goal_agreed.v1/*.json"))
    for path in samples:
        (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path.relative_to(ROOT)).write_bytes(path.read_bytes())
    listed = {path.relative_to(ROOT / "contracts").as_posix(): path.read_text() for path in samples}
    (tmp_path / seals.NAME).write_text(seals.continued("", listed))
    return tmp_path


@pytest.mark.parametrize(
    ("change", "said"),
    [(Path.unlink, "is gone"), (lambda path: path.write_text('{"goal_id": "another"}'), "was changed")],
    ids=["taken away", "changed"],
)
def test_a_golden_sample_is_missed_without_any_history(
    unversioned: Path, change: Callable[[Path], Any], said: str
) -> None:
    assert taken_back(unversioned) == []
    sample = unversioned / "contracts/golden/members.goal_agreed.v1/full-1.json"
    change(sample)

    [told] = taken_back(unversioned)
    assert told.startswith(f"contracts/golden/members.goal_agreed.v1/full-1.json {said}")
    # Writing the list anew does not make it forget.
    listed = unversioned / seals.NAME
    listed.write_text(seals.continued(listed.read_text(), {}))
    assert taken_back(unversioned) == [told]


def test_every_golden_sample_is_on_the_list() -> None:
    there = {path.relative_to(ROOT / "contracts").as_posix() for path in (ROOT / "contracts/golden").glob("*/*.json")}

    assert seals.read((ROOT / seals.NAME).read_text()).keys() == there


def test_a_list_that_forgets_a_sample_is_seen(history: Path) -> None:
    (history / seals.NAME).write_text("abc  golden/x.a.v1/full-1.json\n")
    commit(history)
    before = files_at(history, "HEAD")

    (history / seals.NAME).write_text("")

    assert not_kept(before, history) == [f"{seals.NAME} does not say of golden/x.a.v1/full-1.json what it said"]


@pytest.mark.parametrize(("kind", "path"), [("", "/api/members/v1/goals"), ("internal.", "/internal/facts")])
def test_without_a_history_the_golden_contracts_are_compared_with(tmp_path: Path, kind: str, path: str) -> None:
    golden, described = f"members{f'.{kind}' if kind else '.'}json", f"contracts/members/{kind}openapi.json"
    for name in (f"contracts/golden-apis/{golden}", described):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    assert beginning(tmp_path) is None
    assert taken_back(tmp_path) == []

    document = json.loads((ROOT / described).read_text())
    del document["paths"][path]["get"]
    (tmp_path / described).write_text(json.dumps(document))

    told = f"{golden.removesuffix('.json')}: GET {path} is gone"
    assert taken_back(tmp_path) == [told]
    (tmp_path / "contracts/withdrawn.txt").write_text(f"{told} -- nobody asked\n")
    assert taken_back(tmp_path) == []
