"""The pages of the documentation, and the commands, links and pictures in them."""

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
    # Needs a cluster, which is nowhere here: the test holds what the commands name against the manifests.
    "docs/how-to/kubernetes.md": "tests/deploy/test_the_page_fits_the_manifests.py",
}
"""Pages whose commands are run, or where that is impossible looked at, by something of their own."""
LANGUAGES = frozenset({"sh", "json", "python", "ini", "yaml", "mermaid"})
"""What a block may be of: a command that stood in a block of another kind would be run by nobody."""
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
ANY_BLOCK = re.compile(r"^ *```(\S*)\n.*?^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


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


def inline(page: Path) -> Iterator[str]:
    """Give what is set as code within the sentences of a page."""
    yield from INLINE.findall(ANY_BLOCK.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """Give what may stand behind `#` in a link to a page: its headings, as GitHub makes addresses of them."""
    text = ANY_BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = (re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def markdown() -> list[Path]:
    """Give every page of the repository."""
    folders = ("docs", "contracts", "examples", "services", "apps", "libs", "tests")
    found = [*ROOT.glob("*.md"), *(path for folder in folders for path in (ROOT / folder).rglob("*.md"))]
    return sorted(path for path in found if not {"node_modules", "contracts"} & set(path.relative_to(ROOT).parts[1:]))
