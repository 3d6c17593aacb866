"""Files of entries: YAML in which every value is a text or a list of texts, and nothing refers to anything.

Only the structure is read here; what an entry may say is judged by catalog, entry by entry.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from missionare.cli.failures import Failure
from missionare.cli.importing.problems import FileUnreadable
from missionare.kit.refusals import Text

MAX_BYTES: Final = 2 * 1024 * 1024
DEEPEST: Final = 10
LONGEST_ENTRY: Final = 100_000
"""Characters of all that an entry says; catalog takes far less, and says of which field how much."""
SECTIONS: Final = {
    "values": "value",
    "frameworks": "framework",
    "regional_peculiarities": "regional_peculiarity",
    "best_practices": "best_practice",
    "questions": "question",
}
"""The lists of a file, and what stands in each, in the order in which they are sent: limits before what names them."""
BYTE_ORDER_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
NOTHING: Final = frozenset({"", "~", "null"})
"""How YAML writes that a field says nothing, without quotes."""

Entry = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an entry."""

    key: str
    line: int
    field: str
    """Empty where the whole entry is meant."""
    reason: Text

    def as_json(self, language: str) -> dict[str, Any]:
        """The problem as plain data."""
        return {"key": self.key, "line": self.line, "field": self.field, "reason": self.reason[language]}


@dataclass
class File:
    """What was read: entries as catalog takes them, where each stands, and what could not be read."""

    entries: list[Entry] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def said(self) -> int:
        """How many entries the file has, bad ones included."""
        return len(self.entries) + len({(problem.key, problem.line) for problem in self.problems})


class FileNotUnderstood(Failure):
    """The file is YAML, and no file of entries."""

    text: ClassVar[Text] = {
        "de": "{file}, Zeile {line}: {reason_de}",
        "en": "{file}, line {line}: {reason_en}",
    }


def read(path: Path) -> File:
    """Read a file.

    Raises:
        FileUnreadable, FileNotUnderstood: with the line and what to do.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            limit = MAX_BYTES // 1024 // 1024
            raise _unreadable(path.name, f"sie ist größer als {limit} MB", f"it is larger than {limit} MB")
        return understand(path.read_bytes(), path.name)
    except FileNotFoundError:
        raise _unreadable(path.name, "es gibt sie nicht", "it does not exist") from None
    except OSError as error:
        raise _unreadable(path.name, str(error.strerror), str(error.strerror)) from error


def understand(content: bytes, name: str) -> File:
    """Read the content of a file.

    Raises:
        FileUnreadable, FileNotUnderstood: with the line and what to do.
    """
    root = _composed(_decoded(content, name), name)
    if not isinstance(root, MappingNode):
        raise _not_understood(name, 1, f"erwartet werden die Listen {', '.join(SECTIONS)}",
                              f"the lists {', '.join(SECTIONS)} are expected")  # fmt: skip
    read_file = File()
    sections = dict(_sections(root, name))
    for section, kind in SECTIONS.items():
        for node in sections.get(section, ()):
            _add(node, kind, read_file)
    return read_file


class _Loader(yaml.SafeLoader):
    """Makes the tree of a file, without references: with them a small file becomes a huge one."""

    depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Go one step down."""
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs leave it open
        if self.check_event(yaml.events.AliasEvent):
            raise _Reference(mark.line + 1)
        if self.depth >= DEEPEST:
            raise _TooDeep(mark.line + 1)
        self.depth += 1
        node: Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Reference(Exception):
    """The file refers to another part of itself."""


class _TooDeep(Exception):
    """Lists lie in lists in lists."""


def _composed(text: str, name: str) -> Node | None:
    loader = None
    try:
        loader = _Loader(text)
        root: Node | None = loader.get_single_node()
    except _Reference as error:
        raise _not_understood(
            name, error.args[0], "Verweise (*name) gibt es hier nicht; schreiben Sie den Text aus",
            "references (*name) are not taken; write the text out",
        ) from None  # fmt: skip
    except _TooDeep as error:
        raise _not_understood(
            name,
            error.args[0],
            f"mehr als {DEEPEST} Ebenen ineinander",
            f"more than {DEEPEST} levels within each other",
        ) from None
    except yaml.YAMLError as error:
        line = error.problem_mark.line + 1 if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark else 1
        said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "YAML")
        raise _not_understood(
            name, line, f"das ist kein gültiges YAML ({said})", f"this is not valid YAML ({said})"
        ) from error
    finally:
        if loader is not None:
            loader.dispose()
    return root


def _decoded(content: bytes, name: str) -> str:
    encoding = next((encoding for mark, encoding in BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        # Guessing would publish wrong umlauts sooner or later.
        raise _unreadable(
            name, "sie ist nicht in UTF-8 gespeichert. Speichern Sie sie im Editor als UTF-8.",
            "it is not saved in UTF-8. Save it as UTF-8 in your editor.",
        ) from None  # fmt: skip


def _sections(root: MappingNode, name: str) -> Iterator[tuple[str, list[Node]]]:
    seen: set[str] = set()
    for key, node in root.value:
        line = key.start_mark.line + 1
        section = key.value if isinstance(key, ScalarNode) else ""
        if section not in SECTIONS:
            raise _not_understood(name, line, f"unbekannte Liste; es gibt {', '.join(SECTIONS)}",
                                  f"unknown list; there are {', '.join(SECTIONS)}")  # fmt: skip
        if section in seen:
            raise _not_understood(name, line, f"die Liste {section} steht zweimal da; fassen Sie beide zusammen",
                                  f"the list {section} comes twice; put both together")  # fmt: skip
        seen.add(section)
        if _says_nothing(node):
            continue
        if not isinstance(node, SequenceNode):
            raise _not_understood(name, line, f"{section} ist keine Liste; jeder Eintrag beginnt mit „- key:“",
                                  f"{section} is no list; every entry begins with '- key:'")  # fmt: skip
        yield section, node.value


def _add(node: Node, kind: str, file: File) -> None:
    line = node.start_mark.line + 1
    if not isinstance(node, MappingNode):
        file.problems.append(Problem("?", line, "", _NO_ENTRY))
        return
    fields = [(_plain(key), _plain(value)) for key, value in node.value if not _says_nothing(value)]
    names = [name for name, _ in fields if isinstance(name, str)]
    entry: Entry = {"type": kind, **{name: value for name, value in fields if isinstance(name, str)}}
    key = entry["key"] if isinstance(entry.get("key"), str) else "?"
    twice = [name for name, times in Counter(names).items() if times > 1]
    problems = [Problem(key, line, name, _FIELD_TWICE) for name in twice]
    if "type" in names:
        problems.append(Problem(key, line, "type", _TYPE_IS_THE_LIST))
    if len(names) < len(fields):
        problems.append(Problem(key, line, "", _NO_ENTRY))
    if key == "?":
        problems.append(Problem(key, line, "key", _NO_KEY))
    elif key in file.lines:
        problems.append(Problem(key, line, "key", _KEY_TWICE))
    if len(json.dumps(entry)) > LONGEST_ENTRY:
        problems.append(Problem(key, line, "", _TOO_LONG))
    if problems:
        file.problems += problems
        return
    file.lines[key] = line
    file.entries.append(entry)


def _plain(node: Node) -> Any:
    """Give what stands there as text, whatever YAML would make of it: "05970" and "no" are no numbers and no doubts."""
    match node:
        case SequenceNode():
            return [_plain(inner) for inner in node.value]
        case MappingNode():
            return {str(_plain(key)): _plain(value) for key, value in node.value}
    return node.value


def _says_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.style is None and node.value in NOTHING


def _unreadable(name: str, de: str, en: str) -> FileUnreadable:
    return FileUnreadable(file=name, reason_de=de, reason_en=en)


def _not_understood(name: str, line: int, de: str, en: str) -> FileNotUnderstood:
    return FileNotUnderstood(file=name, line=line, reason_de=de, reason_en=en)


_NO_ENTRY: Final[Text] = {
    "de": "ist kein Eintrag: erwartet werden Felder wie „key: ...“ und „title_de: ...“",
    "en": "is no entry: fields such as 'key: ...' and 'title_de: ...' are expected",
}
_NO_KEY: Final[Text] = {
    "de": "fehlt: geben Sie dem Eintrag einen eigenen Schlüssel, etwa „key: frage-wozu“",
    "en": "is missing: give the entry a key of its own, such as 'key: frage-wozu'",
}
_KEY_TWICE: Final[Text] = {
    "de": "kommt in der Datei zweimal vor; geben Sie diesem Eintrag einen anderen Schlüssel",
    "en": "comes twice in the file; give this entry another key",
}
_FIELD_TWICE: Final[Text] = {
    "de": "steht in diesem Eintrag zweimal; streichen Sie eine der beiden Angaben",
    "en": "stands twice in this entry; remove one of the two",
}
_TOO_LONG: Final[Text] = {
    "de": f"ist länger als {LONGEST_ENTRY} Zeichen; kürzen Sie den Eintrag",
    "en": f"is longer than {LONGEST_ENTRY} characters; shorten the entry",
}
_TYPE_IS_THE_LIST: Final[Text] = {
    "de": "ergibt sich aus der Liste, in der der Eintrag steht; streichen Sie das Feld",
    "en": "follows from the list in which the entry stands; remove the field",
}
