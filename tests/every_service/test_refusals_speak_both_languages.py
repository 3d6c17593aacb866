"""A refusal says the same in German and English, and speaks formally."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from string import Formatter

import pytest
from every_service.tree import SERVICES, modules, package

from missionare.kit.refusals import Refusal, Text

FAMILIAR = re.compile(r"\b(du|dir|dich|dein\w*|euch|euer\w*)\b", re.IGNORECASE)


def refusals(service: str) -> Iterator[type[Refusal]]:
    """Every refusal that a service declares."""
    root = package(service)
    for path in modules(root, "domain.py", "api.py", "store.py"):
        inside = ".".join(path.relative_to(root).with_suffix("").parts)
        module = importlib.import_module(f"missionare.{service}.{inside}")
        for declared in vars(module).values():
            if isinstance(declared, type) and issubclass(declared, Refusal) and declared.__module__ == module.__name__:
                yield declared


def placeholders(wording: str) -> set[str]:
    """What a wording leaves to be filled, with the language taken off (`reason_de`, `reason_en`)."""
    return {re.sub(r"_(de|en)$", "", name) for _, name, _, _ in Formatter().parse(wording) if name}


@pytest.mark.parametrize("service", SERVICES)
def test_every_refusal_says_the_same_in_german_and_english(service: str) -> None:
    for refusal in refusals(service):
        texts: list[Text] = [refusal.title, refusal.text, *([refusal.next] if refusal.next else [])]
        for text in texts:
            assert set(text) == {"de", "en"}, refusal
            assert text["de"] != text["en"], refusal
            assert placeholders(text["de"]) == placeholders(text["en"]), refusal


@pytest.mark.parametrize("service", SERVICES)
def test_refusals_speak_formally(service: str) -> None:
    for refusal in refusals(service):
        for text in (refusal.title, refusal.text, refusal.next):
            assert not FAMILIAR.search(text.get("de", "")), refusal


@pytest.mark.parametrize("service", SERVICES)
def test_a_refusal_explains_itself_and_is_an_error_of_the_caller(service: str) -> None:
    for refusal in refusals(service):
        assert refusal.__doc__, refusal
        assert 400 <= refusal.status < 500 or refusal.status == 503, refusal


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_refuses_something(service: str) -> None:
    assert list(refusals(service))
