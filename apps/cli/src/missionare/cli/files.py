"""Files that are never half-written: the reader sees the old or the new content, also after a power cut."""

from __future__ import annotations

import json
import os
from pathlib import Path
from stat import S_IMODE
from typing import Any

OWNER_ONLY = 0o600


def write(path: Path, content: str, *, mode: int = OWNER_ONLY) -> None:
    """Replace a file's content, readable by its owner only unless `mode` says otherwise."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def add(path: Path, amount: float) -> None:
    """Add to the number in a file; who may read it stays the same."""
    number = float(path.read_text(encoding="utf-8")) + amount
    write(path, str(number), mode=S_IMODE(path.stat().st_mode))


def write_json(path: Path, content: Any) -> None:
    """Replace a file's content with JSON."""
    write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON, or None where there is no file or nothing readable in it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
