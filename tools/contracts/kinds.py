"""Of what class a value in the code is, as far as annotations and the service's own stores tell it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args, get_type_hints

from missionare.kit.store import Store

OURS: Final = "missionare."


class Kinds:
    """The classes of what a function's names stand for."""

    def __init__(self, function: Any, code: ast.AST, names: Mapping[str, Any]) -> None:
        """Read the annotations of a function's arguments, and what its code assigns to names."""
        self._names = names
        self._local: dict[str, Any] = {name: _class_in(hint) for name, hint in _hints(function).items()}
        for node in ast.walk(code):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assign(target, node.value)
            elif isinstance(node, ast.NamedExpr):
                self._assign(node.target, node.value)

    def method(self, node: ast.expr) -> Any:
        """Give the function behind `value.name`, where the value's class is known; else None."""
        if not isinstance(node, ast.Attribute) or (kind := self.of(node.value)) is None:
            return None
        found = inspect.getattr_static(kind, node.attr, None)
        found = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        return found.fget if isinstance(found, property) else found

    def of(self, node: ast.expr) -> Any:
        """Give the class of a value, or None."""
        match node:
            case ast.Await():
                return self.of(node.value)
            case ast.Name():
                return self._local.get(node.id)
            case ast.Attribute():
                return _class_in(_hints(self.of(node.value)).get(node.attr))
            case ast.Call():
                return self._answer(node)
        return None

    def _answer(self, call: ast.Call) -> Any:
        match call:
            case ast.Call(func=ast.Attribute(attr="store"), args=[wanted]):
                return resolved(wanted, self._names)
            case ast.Call(func=ast.Attribute(attr="get", value=holder)) if _is_store(kept := self.of(holder)):
                return kept.model
        called = resolved(call.func, self._names) or self.method(call.func)
        return called if inspect.isclass(called) else _class_in(_hints(called).get("return"))

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self._local[target.id] = self.of(value) or self._local.get(target.id)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its in zip(target.elts, value.elts, strict=False):
                self._assign(one, its)


def resolved(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Follow a name or a dotted name to what it means; None where it means something at run time only."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(resolved(node.value, names), node.attr, None)
    return None


def _is_store(kind: Any) -> bool:
    return inspect.isclass(kind) and issubclass(kind, Store)


@cache
def _hints(thing: Any) -> dict[str, Any]:
    try:
        return get_type_hints(inspect.unwrap(thing)) if thing is not None else {}
    except (NameError, TypeError):  # of something that is imported for the checker of types alone, or of no annotations
        return {}


def _class_in(hint: Any) -> Any:
    """Give the class of ours in an annotation, `None` beside it left out."""
    kinds = [part for part in (hint, *get_args(hint)) if inspect.isclass(part) and part.__module__.startswith(OURS)]
    return kinds[0] if len(kinds) == 1 else None
