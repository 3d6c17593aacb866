"""Collect the German sentences of the pages and keep their translations: one file per subject.

A sentence in `<subject>/*.py` or `templates/<subject>/*` belongs into `locales/en/<subject>.po`, every other into
`shared.po`. What is new gets an empty translation, for a person to fill in; what is gone is dropped. `--check`
writes nothing and fails where a file is out of date.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "apps/web/src/missionare/web"
LOCALES = WEB / "locales" / "en"
SHARED = "shared"
TEMPLATES = "templates"
PARTS = "parts"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "say": None, "say_n": (1, 2)}
JINJA = {"trimmed": "true", "extensions": "jinja2.ext.do", "trim_blocks": "true", "lstrip_blocks": "true"}


def main(arguments: list[str]) -> int:
    """Write the files, or compare them."""
    stale = [path for path, content in wanted().items() if not path.exists() or path.read_bytes() != content]
    gone = [path for path in LOCALES.glob("*.po") if path not in wanted()]
    if "--check" in arguments:
        for path in [*stale, *gone]:
            print(f"{path.relative_to(ROOT)} is out of date: run `make words` and fill in what is empty")
        return 1 if stale or gone else 0
    for path, content in wanted().items():
        path.write_bytes(content)
    for path in gone:
        path.unlink()
    return 0


def wanted() -> dict[Path, bytes]:
    """Give what each file should hold, the translations of now kept."""
    return {LOCALES / f"{subject}.po": _file(subject, found) for subject, found in sorted(collected().items())}


def collected() -> dict[str, Catalog]:
    """Give each subject's sentences."""
    subjects: dict[str, Catalog] = defaultdict(lambda: Catalog(fuzzy=False))
    for path in sorted([*WEB.rglob("*.py"), *(WEB / TEMPLATES).rglob("*.html"), *(WEB / TEMPLATES).rglob("*.xml")]):
        for message in _sentences(path):
            subjects[subject_of(path)].add(message, locations=())
    return subjects


def subject_of(path: Path) -> str:
    """Give the subject a file belongs to: its folder."""
    parts = path.relative_to(WEB).parts
    inside = parts[1:] if parts[0] == TEMPLATES else parts
    return inside[0] if len(inside) > 1 and inside[0] != PARTS else SHARED


def _sentences(path: Path) -> Iterator[str | tuple[str, ...]]:
    python = path.suffix == ".py"
    with path.open("rb") as file:
        method = "python" if python else "jinja2.ext:babel_extract"
        for _line, message, _comments, _context in extract(
            method, file, keywords=KEYWORDS, options={} if python else JINJA
        ):
            yield message


def _file(subject: str, found: Catalog) -> bytes:
    path = LOCALES / f"{subject}.po"
    kept = Catalog(locale="en", fuzzy=False)
    if path.exists():
        with path.open("rb") as file:
            kept = read_po(file, locale="en")
    complete = Catalog(locale="en", fuzzy=False, charset="utf-8")
    for message in found:
        if message.id:
            known = kept.get(message.id)
            complete.add(message.id, known.string if known else "")
    output = BytesIO()
    write_po(output, complete, width=0, omit_header=True, sort_output=False, ignore_obsolete=True)
    return output.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
