"""The source tree, as the tests of its form look at it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if (path / "pyproject.toml").exists())
KIT = ROOT / "libs/kit/src/missionare/kit"


def package(service: str) -> Path:
    """The folder with a service's code."""
    return ROOT / "services" / service / "src/missionare" / service


def modules(folder: Path, *names: str) -> list[Path]:
    """Every Python file below a folder, or those with one of these names."""
    found = (path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
    return sorted(path for path in found if not names or path.name in names)


def parsed(path: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, by its full name; of `from x import y` both `x` and `x.y`, if `x` is ours."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "missionare.kit":
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """The name of everything a file calls (`now` for `datetime.now()`), with its line."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, node.lineno


def words(path: Path) -> Iterator[tuple[str, int]]:
    """Every word in a file's identifiers and strings, in lower case, with its line; docstrings and comments apart."""
    tree = parsed(path)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if id(node) not in docstrings:
            for text in _texts(node):
                apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).replace("_", " ").lower()
                yield from ((word, getattr(node, "lineno", 0)) for word in re.findall(r"[^\W\d_]+", apart))


def _texts(node: ast.AST) -> Iterator[str]:
    for field in ("name", "id", "attr", "arg", "value"):
        text = getattr(node, field, None)
        if isinstance(text, str):
            yield text
