"""The glossary has everything the services decide about, and guides call buttons and places as the pages do."""

from __future__ import annotations

import re
from functools import cache

import pytest
from every_service.tree import ROOT
from tools.contracts import facts

GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").partition("## Words that need a second word")[0]
ROWS = [
    row
    for row in re.findall(r"^\| ([^|]+?) \|(?: ([^|]*?))? \|(?: ([^|]*?))? \| [^|]+ \|$", GLOSSARY, re.MULTILINE)
    if row[0] not in {"code", "---"}
]
WORDS_APART = re.compile(r"[-_ ]+")
QUOTED = {"docs/how-to/agentur.md": ("„([^“]+)“", "msgid"), "docs/how-to/agency.md": ('"([^"\n]+)"', "msgstr")}
"""Guides that quote words of the pages, how they quote, and where the words stand."""
FORM_ENDINGS = 2
"""Letters at the end of a German word that its cases change."""


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\\n", " ").replace("&shy;", "").replace("\u00ad", "")).casefold()


@cache
def said(side: str) -> list[str]:
    """Give what people read: the sentences of the pages, whose names are the German ones, and those of the services."""
    services = (ROOT / "services").rglob("src/**/*.py")
    found = [plain(path.read_text(encoding="utf-8")) for path in services]
    for path in sorted((ROOT / "apps/web/src/missionare/web/locales/en").glob("*.po")):
        entries = re.findall(rf'^{side}\S* ((?:".*"\n?)+)', path.read_text(encoding="utf-8"), re.MULTILINE)
        found += [plain("".join(re.findall(r'"(.*)"', entry))) for entry in entries]
    return found


def stands_on_a_page(words: str, side: str) -> bool:
    wanted = plain(words)
    stem = wanted[:-FORM_ENDINGS] if len(wanted) > 2 * FORM_ENDINGS else wanted
    return any(stem in sentence for sentence in said(side))


def test_the_glossary_has_everything_that_facts_are_about() -> None:
    rows = {WORDS_APART.sub(" ", word.strip().casefold()) for row in ROWS for word in row[0].split(",")}

    assert {fact.aggregate.replace("_", " ") for fact in facts.published()} - rows == set()


@pytest.mark.parametrize(("code", "german", "english"), ROWS, ids=[row[0] for row in ROWS])
def test_the_pages_use_the_glossary_s_words(code: str, german: str, english: str) -> None:
    for words, side in ((german, "msgid"), (english, "msgstr")):
        if words:
            assert any(stands_on_a_page(one, side) for one in re.split(r", |/", words)), (
                f"{code}: nobody is told of {words}"
            )


@pytest.mark.parametrize("page", QUOTED)
def test_a_guide_quotes_what_stands_on_the_pages(page: str) -> None:
    pattern, side = QUOTED[page]
    quoted = re.findall(pattern, (ROOT / page).read_text(encoding="utf-8").partition("## With a table")[0])

    assert len(quoted) > 40
    assert sorted({words for words in quoted if not stands_on_a_page(words, side)}) == []


def test_a_word_that_no_page_has_would_be_seen() -> None:
    assert not stands_on_a_page("Wirkungsfadenkreuz", "msgid")
