"""German is the source, English is complete: nothing missing, nothing fuzzy, no placeholder lost."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from missionare.web.languages import within, words

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "apps/web/src/missionare/web/locales/en").glob("*.po"))


def messages(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [message for message in read_po(file, locale="en") if message.id]


def texts(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def test_the_files_hold_what_pages_and_templates_say() -> None:
    spec = importlib.util.spec_from_file_location("words_tool", ROOT / "tools/words.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    stale = [path.name for path, content in tool.wanted().items() if path.read_bytes() != content]

    assert not stale, "run `make words` and translate what is empty"
    assert {path.name for path in tool.wanted()} == {path.name for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_sentence_is_translated_with_its_placeholders(path: Path) -> None:
    for message in messages(path):
        assert not message.fuzzy, message.id
        assert all(texts(message.string)), message.id
        holders = [set(re.findall(r"%\(\w+\)s|\{\w+\}", text)) for text in texts(message.id)]
        for text in texts(message.string):
            assert set(re.findall(r"%\(\w+\)s|\{\w+\}", text)) <= set().union(*holders), message.id
        assert set(re.findall(r"%\(\w+\)s|\{\w+\}", texts(message.string)[-1])) == holders[-1], message.id


def test_a_sentence_has_one_translation_wherever_it_stands() -> None:
    known: dict[object, object] = {}
    for path in FILES:
        for message in messages(path):
            assert known.setdefault(message.id, message.string) == message.string, (path.name, message.id)
    whole = words("en")
    assert isinstance(whole, Catalog)
    assert len(whole) == len(known)


def test_the_address_of_a_page_carries_its_language() -> None:
    assert [within(path, "en") for path in ("/", "/?a=1", "/catalog")] == ["/en", "/en?a=1", "/en/catalog"]
    assert [within(path, "de") for path in ("/", "/catalog")] == ["/", "/catalog"]
