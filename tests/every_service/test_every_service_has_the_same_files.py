"""Knowing one service is knowing four: the list of files is closed, and each file does only its own job."""

from __future__ import annotations

import ast
import re
import sys

import pytest
from every_service.tree import SERVICES, calls, imports, modules, package, parsed

AT_THE_TOP = {
    "__init__.py",
    "__main__.py",
    "api.py",
    "app.py",
    "domain.py",
    "events.py",
    "handlers.py",
    "jobs.py",
    "py.typed",
    "settings.py",
    "store.py",
    "views.py",
}
REQUIRED = {"__init__.py", "__main__.py", "app.py", "events.py", "handlers.py", "jobs.py", "py.typed", "settings.py"}
OF_A_SUBJECT = {"__init__.py", "api.py", "domain.py", "events.py", "handlers.py", "jobs.py", "store.py", "views.py"}
"""What splits by subject when it grows; what a service has once (its wiring, its settings) does not."""
RESOURCES = {"templates", "starter"}
"""Folders of what is no code."""
LONGEST_FILE = 400
LONGEST_FUNCTION = 45

PURE_LIBRARY = {
    "__future__",
    "base64",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "email",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "hmac",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "types",
    "typing",
    "unicodedata",
    "uuid",
    "zlib",
    "zoneinfo",
}
PURE_KIT = {"missionare.kit.facts", "missionare.kit.refusals", "missionare.kit.aggregates"}
CLOCK_AND_DICE = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "urandom", "token_hex"}

each_service = pytest.mark.parametrize("service", SERVICES)


def test_there_are_four_services() -> None:
    assert SERVICES == ["catalog", "journeys", "members", "notifications"]


@each_service
def test_the_list_of_files_is_closed(service: str) -> None:
    for path in package(service).rglob("*"):
        inside = path.relative_to(package(service)).parts
        if path.is_dir() or "__pycache__" in inside or RESOURCES.intersection(inside):
            continue
        allowed = AT_THE_TOP if len(inside) == 1 else OF_A_SUBJECT
        assert path.name in allowed, f"{path}: a file is named for its job; the jobs are {sorted(allowed)}"
        assert len(inside) <= 2, f"{path}: subjects do not nest"


@each_service
def test_no_file_that_a_reader_counts_on_is_missing(service: str) -> None:
    present = {path.name for path in package(service).iterdir()}

    assert present >= REQUIRED
    assert (package(service).parents[2] / "README.md").exists()


@each_service
def test_a_subject_is_a_word_for_a_thing_and_no_shape_of_code(service: str) -> None:
    shapes = {"common", "core", "data", "helper", "helpers", "info", "lib", "manager", "misc", "models", "utils"}

    subjects = {path.name for path in package(service).iterdir() if path.is_dir()} - {"__pycache__"}
    assert not subjects & shapes


@each_service
def test_what_a_service_has_once_stands_at_its_top(service: str) -> None:
    for name in ("events.py", "handlers.py", "jobs.py"):
        if modules(package(service), name):
            assert (package(service) / name).exists(), f"{service}: the table of all its {name} stands at the top"


@each_service
def test_files_and_functions_stay_short(service: str) -> None:
    for path in modules(package(service)):
        length = len(path.read_text(encoding="utf-8").splitlines())
        assert length <= LONGEST_FILE, f"{path}: {length} lines; split it by subject"
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                assert lines <= LONGEST_FUNCTION, f"{path}:{node.lineno} {node.name}: {lines} lines"


@each_service
def test_facts_and_decisions_import_only_what_is_pure(service: str) -> None:
    own = re.compile(rf"missionare\.{service}(\.\w+)?(\.(domain|events))?")
    for path in modules(package(service), "events.py", "domain.py"):
        for name in imports(path):
            root = name.partition(".")[0]
            pure = root == "pydantic" or root in PURE_LIBRARY or name in PURE_KIT or own.fullmatch(name)
            assert pure, f"{path}: imports {name}"


def test_what_counts_as_pure_is_part_of_python() -> None:
    assert sys.stdlib_module_names >= PURE_LIBRARY


@each_service
def test_facts_and_decisions_ask_neither_clock_nor_dice(service: str) -> None:
    for path in modules(package(service), "events.py", "domain.py"):
        for name, line in calls(path):
            assert name not in CLOCK_AND_DICE, f"{path}:{line}: time and ids are passed in, so that it can be tested"


@each_service
def test_no_decision_waits_for_anything(service: str) -> None:
    for path in modules(package(service), "events.py", "domain.py"):
        waiting = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.AsyncFunctionDef | ast.Await)]
        assert not waiting, f"{path}: a decision is a plain function"


@each_service
def test_no_handler_asks_another_service(service: str) -> None:
    for path in modules(package(service), "handlers.py"):
        asked = [
            node.lineno for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute) and node.attr == "peers"
        ]
        assert not asked, f"{path}: a handler only keeps what it heard; a job asks, after the commit"


@each_service
def test_the_wiring_is_short(service: str) -> None:
    app = package(service) / "app.py"

    assert len(app.read_text(encoding="utf-8").splitlines()) <= 120
    assert not [node for node in ast.walk(parsed(app)) if isinstance(node, ast.If | ast.For | ast.While)]
