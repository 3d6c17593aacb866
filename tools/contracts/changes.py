"""What has changed in a schema that was published, as far as somebody who relies on it would notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

Schema = dict[str, Any]

WORDS = frozenset({"title", "description", "examples", "default"})
"""What a schema says to people; it may say it better."""
READERS: Final = "x-audience"
WIDER: Final = {"internal": {"network", "public"}, "network": {"public"}}
"""By the readers a fact had: those who may come to it later. Nobody who relied on it loses anything by that."""


def breaking(old: Schema, new: Schema) -> list[str]:
    """Name every difference that is more than a property which may be absent, or more readers."""
    compared = (old.keys() | new.keys()) - WORDS - {"properties", "required"}
    if new.get(READERS) in WIDER.get(old.get(READERS, ""), ()):
        compared.discard(READERS)
    rest = sorted(compared)
    return [
        *_gone_or_changed(old["properties"], new["properties"]),
        *_required(old, new),
        *(f"{name} was {old.get(name)} and is {new.get(name)}" for name in rest if old.get(name) != new.get(name)),
    ]


def _gone_or_changed(old: Schema, new: Schema) -> Iterator[str]:
    for name, part in old.items():
        if name not in new:
            yield f"{name} is gone"
        elif _wordless(part) != _wordless(new[name]):
            yield f"{name} was {_wordless(part)} and is {_wordless(new[name])}"


def _required(old: Schema, new: Schema) -> Iterator[str]:
    for name in sorted(set(new["required"]) - set(old["required"])):
        yield f"{name} is required now"
    for name in sorted(set(old["required"]) - set(new["required"])):
        yield f"{name} may be absent now"


def _wordless(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _wordless(inner) for name, inner in part.items() if name not in WORDS}
    return [_wordless(inner) for inner in part] if isinstance(part, list) else part
