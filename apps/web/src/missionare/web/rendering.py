"""Templates: one environment per language, with the filters and functions that every page has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from missionare.kit.callers import Language
from missionare.web.formats import Formats
from missionare.web.languages import translations

EXTENSIONS: Final = ("jinja2.ext.i18n", "jinja2.ext.do")


@cache
def environment(language: Language) -> Environment:
    """Give the templates in a language. A name that a template uses and nobody gave is an error."""
    templates = Environment(
        loader=PackageLoader("missionare.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=EXTENSIONS,
    )
    templates.policies["ext.i18n.trimmed"] = True
    templates.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    formats = Formats(language)
    filters = (
        "day",
        "weekday",
        "short",
        "mark",
        "under_mark",
        "month",
        "month_name",
        "clock",
        "time",
        "seconds",
        "number",
        "iso",
    )
    templates.filters |= {name: getattr(formats, name) for name in filters}
    templates.filters |= {
        "paragraphs": paragraphs,
        "shortened": shortened,
        "tel": tel,
        "data_block": data_block,
        "soft": soft,
    }
    templates.globals |= {"span": formats.span, "language": language}
    return templates


def render(template: str, language: Language, values: Mapping[str, Any]) -> str:
    """Give the text of a page."""
    return environment(language).get_template(template).render(**values)


def paragraphs(text: str) -> list[str]:
    """Split a text where people left a line empty."""
    return [block.strip() for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]


def shortened(text: str, most: int) -> str:
    """Give the beginning of a text, which ends after a word, and say that it goes on."""
    if len(text) <= most:
        return text
    words = text[:most].rpartition(" ")[0] or text[:most]
    return f"{words.rstrip(',;:. ')} …"


def tel(number: str) -> str:
    """Give a telephone number as an address: German ones with their country, digits only."""
    digits = "".join(character for character in number if character.isdigit() or character == "+")
    return f"tel:+49{digits[1:]}" if digits.startswith("0") and not digits.startswith("00") else f"tel:{digits}"


def soft(text: str) -> str:
    """Let long compound words of our own headings break where they are marked with `|`."""
    return text.replace("|", "\u00ad")


def data_block(value: Any) -> Markup:
    """Give JSON for a data block (`application/ld+json`): nothing in it can end the element or begin another."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    escaped = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(escaped)  # noqa: S704 - escaped in the line above, by the rules of JSON
