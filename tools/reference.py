"""Write the pages of `docs/reference/` that say what the code says: facts, settings, the command.

Each row comes from the object that the platform itself reads, so a page cannot say anything else.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from pydantic_settings import BaseSettings
from tools.contracts import facts
from tools.wiring import ROOT, SERVICES, wired

from missionare.cli.app import app
from missionare.kit.settings import PREFIX, ProcessSettings, Settings
from missionare.web.settings import WebSettings

PAGES: Final = ROOT / "docs" / "reference"
WRITTEN: Final = "Written by `make reference` from the code; a test fails while it is out of date."
NOTHING: Final = "-"
AUDIENCES: Final = {"internal": "the services", "network": "members of the network", "public": "everybody"}


def main() -> None:
    """Write what has changed."""
    for path, content in documents().items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
            print(f"written: {path.relative_to(ROOT)}")


def documents() -> dict[Path, str]:
    """Give every page by its place."""
    return {
        PAGES / "facts.md": "".join(_facts()),
        PAGES / "settings.md": "".join(_settings()),
        PAGES / "command.md": "".join(_command()),
    }


def _facts() -> Iterator[str]:
    yield f"# Facts\n\n{WRITTEN}\n\n"
    yield "What each service tells the others on its topic, and who acts on it.\n"
    yield "Schemas, examples and AsyncAPI documents are in [contracts/](../../contracts/README.md), "
    yield "and a running platform shows them under `/docs`.\n"
    readers = _readers()
    for service in SERVICES:
        yield f"\n## {service}\n\nTopic `{service}.events`.\n\n"
        rows = [fact for fact in facts.published() if fact.service == service]
        yield from _table(
            ("Fact", "Says", "May be seen outside by", "Acted on by"),
            (
                (
                    f"[`{fact.type}`](../../{facts.file_of(fact.type).relative_to(ROOT)})",
                    (fact.__doc__ or "").strip().splitlines()[0],
                    AUDIENCES[fact.shown_to.value] if fact.shown_to.value != "internal" else "nobody",
                    ", ".join(sorted(readers.get(fact.type, ()))) or NOTHING,
                )
                for fact in sorted(rows, key=lambda fact: (fact.aggregate, fact.type))
            ),
        )


def _readers() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with wired() as services:
        for service in services:
            for table in service.handlers:
                for handler in table.table.values():
                    found.setdefault(f"{handler.model.name}.v{handler.model.version}", set()).add(service.name)
    return found


def _settings() -> Iterator[str]:
    yield f"# Settings\n\n{WRITTEN}\n\n"
    yield "Each is an environment variable of the process it is for.\n"
    yield f"`{PREFIX}<SERVICE>_X` sets `{PREFIX}X` for one service alone.\n"
    yield f"A secret may stand in a file `{PREFIX.lower()}<name>` in the folder `{PREFIX}SECRETS_DIR` instead.\n"
    yield "A setting that is wrong ends the start with a line that names it and what was wanted.\n"
    kinds: list[tuple[str, type[BaseSettings], type[BaseSettings] | None]] = [
        ("Every process", ProcessSettings, None),
        ("Every service", Settings, ProcessSettings),
        *((service, settings_kind(service), Settings) for service in SERVICES),
        ("web", WebSettings, ProcessSettings),
    ]
    for title, kind, base in kinds:
        known = base.model_fields if base else {}
        own = {name: field for name, field in kind.model_fields.items() if name not in known}
        if own:
            yield f"\n## {title}\n\n"
            rows = ((f"`{PREFIX}{name.upper()}`", _default(field), field.description) for name, field in own.items())
            yield from _table(("Setting", "Unless set", "What it holds"), rows)


def settings_kind(service: str) -> type[BaseSettings]:
    """Give the class that reads a service's settings."""
    module = importlib.import_module(f"missionare.{service}.settings")
    kind: type[BaseSettings] = getattr(module, f"{service.title()}Settings", Settings)
    return kind


def _default(field: Any) -> str:
    if field.is_required():
        return "must be set"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), {}, []):
        return NOTHING
    said = getattr(value, "value", value)
    return f"`{str(said).lower() if isinstance(said, bool) else said}`"


def _command() -> Iterator[str]:
    yield f"# The command `missionare`\n\n{WRITTEN}\n\n"
    yield "After `make install` it is `.venv/bin/missionare`.\n"
    yield "Its descriptions are shown as it says them, in German.\n"
    yield "With `--lang en` before the command its messages are in English.\n"
    whole = typer.main.get_command(app)
    yield from _options(whole)
    for path, command in _commands(whole, ()):
        arguments = " ".join(_argument(one) for one in command.params if one.param_type_name == "argument")
        yield f"\n## `missionare {' '.join(path)}{f' {arguments}' if arguments else ''}`\n\n"
        yield f"{(command.help or '').strip()}\n"
        yield from _options(command)


def _argument(argument: Any) -> str:
    name = (argument.metavar or argument.name or "").upper()
    return name if argument.required else f"[{name}]"


def _commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    inside = getattr(command, "commands", None)
    if inside is None:
        yield path, command
        return
    for name in sorted(inside):
        yield from _commands(inside[name], (*path, name))


def _options(command: Any) -> Iterator[str]:
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    if not options:
        return
    yield "\n"
    yield from _table(
        ("Option", "Or the setting", "What it does"),
        (
            (
                " ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts)),
                f"`{option.envvar}`" if option.envvar else NOTHING,
                (getattr(option, "help", None) or NOTHING).strip(),
            )
            for option in options
        ),
    )


def _table(head: tuple[str, ...], rows: Any) -> Iterator[str]:
    for cells in (head, tuple("---" for _ in head), *rows):
        yield f"| {' | '.join(_cell(str(cell or NOTHING)) for cell in cells)} |\n"


def _cell(text: str) -> str:
    """Keep a text from being taken for a column or, outside of code, for markup."""
    code = text.startswith(("`", "["))
    return text.replace("|", "\\|") if code else text.replace("|", "\\|").replace("<", "\\<")


if __name__ == "__main__":
    main()
