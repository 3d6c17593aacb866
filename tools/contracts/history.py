"""What was published before: at the commit where a change began, or, without a history, what is kept for ever."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.contracts import promised, seals
from tools.contracts.changes import breaking
from tools.wiring import ROOT

GOLDEN: Final = "contracts/golden/"
GOLDEN_APIS: Final = "contracts/golden-apis/"
WITHDRAWN: Final = "contracts/withdrawn.txt"


def main() -> int:
    """Say what of everything published is not kept; 1 if there is anything."""
    began = beginning(ROOT)
    told = taken_back(ROOT)
    print("compared with the golden contracts" + (f" and with commit {began[:12]}" if began else ", without history"))
    for change in told:
        print(f"  {change}")
    print("nothing that was published is taken back" if not told else f"{len(told)} changes are no additions")
    return 1 if told else 0


def taken_back(folder: Path) -> list[str]:
    """Name everything published before that is not kept and not withdrawn with a reason."""
    began = beginning(folder)
    before = files_at(folder, began)
    found = [*not_kept(golden_now(folder), folder), *not_kept(before, folder), *seals.missed(folder)]
    return sorted(set(found) - withdrawn(folder).keys())


def withdrawn(folder: Path) -> dict[str, str]:
    """Give what was taken back on purpose, with the reason."""
    path = folder / WITHDRAWN
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    told = [line.partition(" -- ") for line in lines if line.strip() and not line.startswith("#")]
    return {change.strip(): reason.strip() for change, _, reason in told}


def golden_now(folder: Path) -> dict[str, str]:
    """Read the golden contracts as they are committed."""
    found = sorted((folder / GOLDEN_APIS).glob("*.json"))
    return {f"{GOLDEN_APIS}{path.name}": path.read_text(encoding="utf-8") for path in found}


def git(folder: Path, *arguments: str) -> str | None:
    """Ask git; None where it does not know."""
    try:
        asked = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=False)  # noqa: S607
    except FileNotFoundError:
        return None
    return asked.stdout.strip() if asked.returncode == 0 else None


def beginning(folder: Path) -> str | None:
    """Name the commit at which a change began: where it left the main branch, or else the one before the last."""
    head, fork = git(folder, "rev-parse", "HEAD"), git(folder, "merge-base", "HEAD", "origin/main")
    return fork if fork not in {None, head} else git(folder, "rev-parse", "--verify", "--quiet", "HEAD~")


def files_at(folder: Path, commit: str | None) -> dict[str, str]:
    """Read what was under `contracts/` at a commit."""
    if commit is None:
        return {}
    names = (git(folder, "ls-tree", "-r", "--name-only", commit, "contracts") or "").splitlines()
    kept = [name for name in names if name.endswith(".json") or name == seals.NAME]
    return {name: git(folder, "show", f"{commit}:{name}") or "" for name in kept}


def not_kept(before: dict[str, str], folder: Path) -> list[str]:
    """Name everything published before that is not as it has to be."""
    told = []
    for name, text in before.items():
        path = folder / name
        if not path.exists():
            told.append(f"{name} is gone")
        elif name.startswith(GOLDEN_APIS):
            told += [f"{path.stem}: {change}" for change in promised.broken(promised.read(text), _promises(path))]
        elif name == seals.NAME:
            gone = seals.read(text).items() - seals.read(path.read_text()).items()
            told += [f"{name} does not say of {place} what it said" for place, _ in sorted(gone)]
        elif name.startswith(GOLDEN) and json.loads(path.read_text()) != json.loads(text):
            told.append(f"{name} was changed: a golden sample is kept for ever, `make contracts` adds another")
        elif name.endswith(".schema.json"):
            changes = breaking(json.loads(text), json.loads(path.read_text()))
            told += [f"{name}: {change}; that is another version" for change in changes]
    return told


def _promises(golden: Path) -> promised.Promises:
    """Read what a service promises today."""
    document = promised.document_of(golden)
    return promised.of(json.loads(document.read_text(encoding="utf-8"))) if document.exists() else {}


if __name__ == "__main__":
    sys.exit(main())
