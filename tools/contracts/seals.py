"""The list of all golden samples with their hashes: one that was changed or taken away is missed without any history.

It is what `sha256sum --check` reads, and only ever grows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

NAME: Final = "contracts/golden.sha256"


def read(text: str) -> dict[str, str]:
    """Give the hashes of a list by the files' places below `contracts/`."""
    pairs = [line.partition("  ") for line in text.splitlines()]
    return {place: seal for seal, _, place in pairs}


def continued(before: str, samples: Mapping[str, str]) -> str:
    """Give the list with the samples that it lacks; what it says of others stays as it is."""
    known = {place: hashlib.sha256(text.encode()).hexdigest() for place, text in samples.items()} | read(before)
    return "".join(f"{known[place]}  {place}\n" for place in sorted(known))


def missed(folder: Path) -> Iterator[str]:
    """Name what is on the list of a folder and is not there as it was."""
    listed = folder / NAME
    for place, seal in read(listed.read_text(encoding="utf-8") if listed.exists() else "").items():
        path = listed.parent / place
        if not path.exists():
            yield f"contracts/{place} is gone: a golden sample is kept for ever"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != seal:
            yield f"contracts/{place} was changed: a golden sample is kept for ever, `make contracts` adds another"
