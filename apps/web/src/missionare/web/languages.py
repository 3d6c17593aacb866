"""Words in two languages: German is the source, English the translation, one file of words per subject.

Messages stand in the code and in the templates as German sentences. `make words` collects them into
`locales/en/<subject>.po`, so that two people who build two subjects never edit the same file.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations
from importlib.resources import files
from io import BytesIO
from typing import Final

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from missionare.kit.callers import Language

LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")
LOCALES: Final = {"de": "de_DE", "en": "en_GB"}
PREFIXES: Final[dict[Language, str]] = {"de": "", "en": "/en"}
"""Before the path of every page; German has none."""
NAMES: Final[dict[Language, str]] = {"de": "Deutsch", "en": "English"}


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "translate this later"
    """Mark a message that stands in a table, to be translated where it is shown."""
    return message


@cache
def translations(language: Language) -> NullTranslations:
    """Give the words of a language. German needs none: a message is its own wording."""
    if language == "de":
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, words(language))
    compiled.seek(0)
    return Translations(compiled)


def words(language: Language) -> Catalog:
    """Read every subject's file of one language into one."""
    everything = Catalog(locale=language)
    for file in sorted(files("missionare.web").joinpath("locales", language).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".po"):
            with file.open("rb") as content:
                for message in read_po(content, locale=language):
                    if message.id:
                        everything.add(message.id, message.string, context=message.context)
    return everything


def split(path: str) -> tuple[Language, str]:
    """Take the language off the front of a path."""
    if path == "/en" or path.startswith("/en/"):
        return "en", path[3:] or "/"
    return "de", path


def within(path: str, language: Language) -> str:
    """Give the address of a page in a language; the start page in English is `/en`."""
    prefix = PREFIXES[language]
    return prefix + path[1:] if prefix and (path == "/" or path.startswith("/?")) else prefix + path
