"""Pictures in the documentation are taken by `make pictures`, small, shown, and have words for what they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs.pages import IMAGE, markdown
from every_service.tree import ROOT
from tools.pictures.scenes import ALTOGETHER, FOLDER, LARGEST, SCENES

from missionare.web.app import SUBJECTS

PAGES = [page for page in markdown() if IMAGE.search(page.read_text(encoding="utf-8"))]
GERMAN = {"docs/how-to/agentur.md", "docs/how-to/gespeicherte-daten.md"}
GERMAN_WORDS = re.compile(r"[äöüß„“]|\b(?:die|der|das|eine?r?|mit|wartet)\b", re.IGNORECASE)
SHORTEST = 20
"""Characters: fewer name a picture and do not say what is on it."""


def shown(page: Path) -> list[tuple[str, Path]]:
    """Give the pictures of a page: what is said of each, and where it is."""
    return [(said, (page.parent / place).resolve()) for said, place in IMAGE.findall(page.read_text(encoding="utf-8"))]


def test_each_picture_is_one_of_the_list_and_each_of_the_list_is_there() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(scene.path.name for scene in SCENES)


def test_each_picture_is_of_a_page_that_there_is() -> None:
    declared = {path for pages in SUBJECTS for method, path in pages.audience if method == "GET"}
    patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in declared]
    for scene in SCENES:
        address = scene.address.removeprefix("/en").partition("?")[0] or "/"
        mailed = address.startswith("{")
        assert mailed or any(pattern.fullmatch(address) for pattern in patterns), scene.name


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}

    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) <= ALTOGETHER
    assert all(path.read_bytes()[8:12] == b"WEBP" for path in FOLDER.iterdir())


def test_each_picture_is_shown_somewhere() -> None:
    everywhere = {place for page in PAGES for _, place in shown(page)}

    assert [scene.name for scene in SCENES if scene.path not in everywhere] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_picture_says_what_it_shows_in_the_language_of_its_page(page: Path) -> None:
    german = page.relative_to(ROOT).as_posix() in GERMAN
    for said, place in shown(page):
        assert place.exists(), place
        assert len(said) >= SHORTEST, said
        assert bool(GERMAN_WORDS.search(said)) == german, said
