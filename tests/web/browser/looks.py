"""What can be found wrong with a page by looking at it. A page is loaded once, and looked at in every way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from web.browser.served import Site

TIMEOUT_MS: Final = 60_000
COLOURS: Final = ("light", "dark")
READ_OUT_AT: Final = (390, 1280)
"""Widths at which axe looks."""
WIDTHS: Final = (320, 390, 640, 1024, 1280)
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE: Final = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
OVERFLOW: Final = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
TEXT_SIZE: Final = "size => { document.documentElement.style.fontSize = size }"


@dataclass
class Look:
    """A page that is open, what was loaded for it, and what the browser complained about."""

    page: Any
    site: Site
    path: str
    who: str | None = None
    status: int = 0
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    _under_way: set[Any] = field(default_factory=set)
    _read_out: bool = False

    def load(self) -> None:
        """Open the page, and note everything about it from the first byte on."""
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        self.page.on("request", self._begin)
        self.page.on("requestfinished", self._note)
        self.status = self.site.goes(self.page, self.path, who=self.who).status

    def wait_for_everything(self) -> None:
        """Wait until all that the page has asked for so far is there."""
        while self._under_way:
            self.page.wait_for_event("requestfinished")

    def barriers(self, colours: str) -> list[str]:
        """Give what axe finds at each width, in words; what moves has come to rest."""
        if not self._read_out:
            self.page.evaluate(AXE_SCRIPT)
            self._read_out = True
        self.page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        found = []
        for width in READ_OUT_AT:
            self.page.set_viewport_size({"width": width, "height": 900})
            results = AxeResults(self.page.evaluate("options => axe.run(options)", AXE))
            found += [f"{width} px: {results.generate_report()}"] if results.violations_count else []
        return found

    def overflows(self) -> list[str]:
        """Give the widths, and the size of text, at which the page scrolls sideways."""
        found = []
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            found += [f"{width} px"] if self.page.evaluate(OVERFLOW) > 0 else []
        self.page.set_viewport_size({"width": 640, "height": 900})
        self.page.evaluate(TEXT_SIZE, "200%")
        found += ["200 % text"] if self.page.evaluate(OVERFLOW) > 0 else []
        self.page.evaluate(TEXT_SIZE, "")
        return found

    def _begin(self, request: Any) -> None:
        self._under_way.add(request)

    def _note(self, request: Any) -> None:
        if not request.url.startswith(self.site.url):
            self.foreign.append(request.url)
        sizes = request.sizes()
        self.sizes.append(sizes["responseBodySize"] + sizes["responseHeadersSize"])
        self._under_way.discard(request)


@contextmanager
def looked_at(browser: Any, site: Site, path: str, who: str | None = None) -> Iterator[Look]:
    """Open a page in a browser that has seen nothing yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(TIMEOUT_MS)
    look = Look(context.new_page(), site, path, who)
    look.load()
    yield look
    context.close()
