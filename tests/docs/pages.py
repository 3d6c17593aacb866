"""The pages of the documentation, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from every_service.tree import ROOT

GUIDES = ("docs/tutorial.md", "docs/how-to/agency.md", "docs/how-to/operate.md", "docs/how-to/programs.md")
"""Their commands are run in this order, in one terminal, on one platform."""
OTHERS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/benchmarks.md", "docs/explanation.md", "docs/README.md")
TESTED_APART = {
    "docs/how-to/integrations.md": "tests/notifications/test_integrations_are_easy.py",
    # Needs a Docker engine, which no other test does: `make rehearse-compose` types its commands.
    "docs/how-to/docker.md": "tools/rehearsal/page.py",
}
"""Pages whose commands are run by something of their own."""
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def blocks(page: str) -> list[str]:
    """Give the blocks of commands on a page."""
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def commands(page: str) -> Iterator[str]:
    """Give every command on a page, one line each, without what is said about it."""
    for block in blocks(page):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.sub(r"\s+#\s.*", "", line).strip()
            if command:
                yield re.sub(r"\s+", " ", command)


def markdown() -> list[Path]:
    """Give every page of the repository."""
    folders = ("docs", "contracts", "examples", "services", "apps", "libs", "tests")
    found = [*ROOT.glob("*.md"), *(path for folder in folders for path in (ROOT / folder).rglob("*.md"))]
    return sorted(path for path in found if not {"node_modules", "contracts"} & set(path.relative_to(ROOT).parts[1:]))
