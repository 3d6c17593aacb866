"""What is written from the code equals it, links lead somewhere, and no command is written down that nobody runs."""

from __future__ import annotations

import re
import shlex

import pytest
import typer
from docs.pages import (
    ANY_BLOCK,
    BLOCK,
    GUIDES,
    LANGUAGES,
    LINK,
    OTHERS,
    TESTED_APART,
    anchors,
    commands,
    inline,
    markdown,
)
from every_service.tree import ROOT
from tools import reference

from missionare.cli.app import app

FRESH = "run `make reference` and look at the difference"
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

SETTING = re.compile(r"\bMISSIONARE_[A-Z][A-Z_]+[A-Z]\b(?!<)")
EXPORTED = re.compile(r"^export (MISSIONARE_\w+)", re.MULTILINE)
LISTINGS = {("README.md", "")}
"""Blocks without a language, which list folders."""
RUN_BY = {
    "make demo": "tests/platform/test_demo.py",
    "make up": "tests/platform/test_the_documentation_works.py",
    "make check": ".ci/run",
    "make test": ".ci/run",
    "make test-kafka": ".ci/run",
    "make test-bare": "tools/test_bare.py",
    "make test-cluster": "tests/cluster/__main__.py",
    "make rehearse-compose": "tools/rehearsal/__main__.py",
    "make fast": "Makefile",
    "make format": "Makefile",
    "make lock": "tools/lock.py",
    "make bench": "tests/bench/test_benchmarks_run.py",
    "make promises": "tests/promises/__main__.py",
    "make policies": "tests/every_service/test_policies.py",
    "make pictures": "tests/docs/test_pictures_show_the_pages.py",
    "make reference": "tests/docs/test_pages_say_what_is_true.py",
    "make contracts": "tests/contracts/test_contracts_are_what_the_facts_say.py",
    "make compare-contracts": "tests/contracts/test_published_contracts_stay.py",
    "make words": "tests/web/test_words_are_complete.py",
    ".venv/bin/missionare create-operator": "tests/platform/test_up_is_for_real_use.py",
}
"""Commands on pages for reading, each with what runs it or the same code; those of the guides are run as they stand."""


@pytest.mark.parametrize("path", reference.documents(), ids=lambda path: path.name)
def test_what_is_written_from_the_code_equals_it(path) -> None:
    assert path.read_text(encoding="utf-8") == reference.documents()[path], FRESH


@pytest.mark.parametrize("page", markdown(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(page) -> None:
    lost = []
    for link, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        if ":" in link:
            continue
        there = (page.parent / link) if link else page
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            lost.append(f"{link}#{anchor}")
    assert lost == []


@pytest.mark.parametrize("page", OTHERS)
def test_every_command_on_a_page_for_reading_is_run_somewhere(page: str) -> None:
    for command in commands(page):
        begin = max((known for known in RUN_BY if f"{command} ".startswith(f"{known} ")), key=len, default=None)
        assert begin, f"{page}: nobody runs {command!r}"
        assert (ROOT / RUN_BY[begin]).exists()


def test_no_block_hides_commands_as_something_else() -> None:
    found = {
        (page.relative_to(ROOT).as_posix(), language)
        for page in markdown()
        for language in ANY_BLOCK.findall(page.read_text(encoding="utf-8"))
    }

    assert sorted((page, language) for page, language in found - LISTINGS if language not in LANGUAGES) == []


@pytest.mark.parametrize(
    "page", [page for page in markdown() if page.name != "CHANGELOG.md"], ids=lambda path: path.name
)
def test_what_sentences_say_to_type_exists(page) -> None:
    for code in inline(page):
        words = [word for word in shlex.split(code.replace("...", "")) if word not in {"[", "]"}] if " " in code else []
        if words[:1] == ["make"]:
            assert words[1] in TARGETS, code
        elif words and words[0].endswith("missionare") and not re.search(r"[|\[<]", code):
            known(words[1:])


def test_every_setting_that_a_page_names_is_one() -> None:
    sources = ("docs/reference/settings.md", "docs/reference/command.md", "docker-compose.yml", "tests/conftest.py")
    known = {name for source in sources for name in SETTING.findall((ROOT / source).read_text(encoding="utf-8"))}
    for page in markdown():
        text = page.read_text(encoding="utf-8")
        assert set(SETTING.findall(text)) - known - set(EXPORTED.findall(text)) == set(), page


def test_the_index_of_decisions_is_complete_and_each_says_what_keeps_it() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for page in sorted(folder.glob("0*.md")):
        assert f"({page.name})" in index, page.name
        assert re.search(r"^## What enforces (?:it|this)$", page.read_text(encoding="utf-8"), re.MULTILINE), page.name


def test_the_index_of_pages_is_complete() -> None:
    index = ROOT / "docs/README.md"
    listed = {(index.parent / link).resolve() for link, _ in LINK.findall(index.read_text(encoding="utf-8"))}
    pages = {page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "decisions"} - {index}

    assert pages - listed == set()


def test_no_page_has_commands_that_nobody_runs() -> None:
    found = {page.relative_to(ROOT).as_posix() for page in markdown() if BLOCK.search(page.read_text(encoding="utf-8"))}

    assert found <= {*GUIDES, *OTHERS, *TESTED_APART}
    for page, test in TESTED_APART.items():
        assert page in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [*GUIDES, *OTHERS])
def test_every_command_exists_as_it_is_written(page: str) -> None:
    for command in commands(page):
        words = shlex.split(command)
        if words[0] == "make":
            assert words[1] in TARGETS, command
        elif words[0] == ".venv/bin/missionare":
            known(words[1:])


def known(words: list[str]) -> None:
    """Follow a command's words through the command line's own tree; its options have to be there."""
    command = typer.main.get_command(app)
    options = {name for one in command.params for name in one.opts}
    left = list(words)
    while left and getattr(command, "commands", None):
        word = left.pop(0)
        if word.startswith("-"):
            assert word in options, word
            left.pop(0)
            continue
        assert word in command.commands, word
        command = command.commands[word]
    taken = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    assert [word for word in left if word.startswith("--") and word.partition("=")[0] not in taken] == []


def test_a_command_that_does_not_exist_would_be_seen() -> None:
    for words in (["restart"], ["topics", "forget"], ["status", "--colour"]):
        with pytest.raises(AssertionError):
            known(words)


def test_the_contributors_list_of_commands_names_those_of_the_guides_too() -> None:
    assert {
        command.split()[1] for page in GUIDES for command in commands(page) if command.startswith("make")
    } <= TARGETS
