"""kit is mechanism, never vocabulary: it could carry another business tomorrow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from every_service.tree import KIT, modules, words

# fmt: off
BUSINESS = [
    "missionary", "missionaries", "journey", "participant", "participation", "organisation", "affiliation", "council",
    "coach", "operator", "reviewer", "auditor", "editor", "candidate", "goal", "assessment", "registration",
    "waitlist", "seat", "attendance", "insight", "withheld", "practice", "framework", "peculiarity", "certificate",
    "outreach", "campaign", "suppression", "missionare", "member", "catalog", "suggestion", "evidence", "review",
    "edition", "invitation", "consent", "newsletter", "chamber", "municipality", "region", "network", "visit",
    "feedback", "overlay", "challenge", "opportunity", "lernreise", "reise", "station", "gastgeber", "betriebsrat",
    "lernbegleitung", "reiseleitung", "ziel", "warteliste", "erkenntnis", "freigabe", "katalog", "eintrag",
    "praxisbeispiel", "bescheinigung", "transfer", "aussendung",
]
# fmt: on
"""The nouns of the glossary, English and German. Left out are those that are words of our trade as well, and mean
something else there: host, stop, audience, release, entry, topic, thread, activity, task, message, parked, partner,
union, Anmeldung."""

ALLOWED = {
    "organisation": "a token may say for which organisation its subject acts, and scopes are made of that",
    "operator": "the role that looks after streams and parked facts is known to the endpoint that shows them",
    "member": "members is the default of the setting that names who signs tokens",
    "missionare": "the name of the product is in package names, settings and headers",
    "network": "facts may be open to the network of subscribers, beside nobody and everybody",
    "visit": "a browser's visit to a mailed link",
}


def business_words(path: Path) -> dict[str, int]:
    """The business nouns in a file, each with a line where it stands."""
    known = {form: noun for noun in BUSINESS for form in (noun, f"{noun}s", f"{noun}n", f"{noun}en")}
    return {known[word]: line for word, line in words(path) if word in known}


@pytest.mark.parametrize("path", modules(KIT), ids=lambda path: path.name)
def test_no_business_noun_stands_in_kit(path: Path) -> None:
    for noun, line in business_words(path).items():
        assert noun in ALLOWED, f"{path}:{line} says '{noun}': kit holds mechanism; the word belongs into a service"


def test_every_exception_is_still_needed() -> None:
    found = {noun for path in modules(KIT) for noun in business_words(path)}

    assert set(ALLOWED) <= found


def test_templates_of_kit_say_no_business_noun_either() -> None:
    for path in sorted((KIT / "templates").rglob("*.*")):
        said = set(re.findall(r"[^\W\d_]+", path.read_text(encoding="utf-8").lower()))
        assert not said & (set(BUSINESS) - set(ALLOWED)), path


def test_the_test_would_notice_a_business_noun(tmp_path: Path) -> None:
    file = tmp_path / "sample.py"
    file.write_text(
        '"""The docstring may explain with a journey."""\nclass GoalStore:\n    waitlist_at = "for a coach"\n',
        encoding="utf-8",
    )

    assert set(business_words(file)) == {"goal", "waitlist", "coach"}
