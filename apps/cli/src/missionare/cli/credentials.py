"""The API key with which commands talk to the platform."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Final

from missionare.cli import files
from missionare.cli.failures import Failure
from missionare.cli.folder import DataFolder
from missionare.kit.refusals import Text

VARIABLE: Final = "MISSIONARE_API_KEY"


class KeyMissing(Failure):
    """A command needs a key and there is none."""

    text: ClassVar[Text] = {
        "de": f"Es fehlt ein API-Schlüssel. Setzen Sie {VARIABLE}, nennen Sie mit --key-file eine Datei, oder legen "
        "Sie den ersten Zugang an: missionare create-operator --keep-key ...",
        "en": f"An API key is missing. Set {VARIABLE}, name a file with --key-file, or make the first account: "
        "missionare create-operator --keep-key ...",
    }


def find(folder: DataFolder, key_file: Path | None = None) -> str | None:
    """Give the key: of the file that was named, of the environment, or the one kept in the data folder."""
    if key_file is not None:
        return _read(key_file)
    if given := os.environ.get(VARIABLE):
        return given.strip()
    kept = _place(folder)
    return _read(kept) if kept.exists() else None


def need(folder: DataFolder, key_file: Path | None = None) -> str:
    """Give the key.

    Raises:
        KeyMissing: there is none.
    """
    key = find(folder, key_file)
    if not key:
        raise KeyMissing
    return key


def keep(folder: DataFolder, key: str) -> Path:
    """Keep a key for later commands, readable by its owner only."""
    place = _place(folder)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write(place, key)
    return place


def _place(folder: DataFolder) -> Path:
    return folder.secrets / "operator" / "api_key"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
