"""Real pages in a real browser: the services on real databases, the pages behind a real port."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from web.browser.agency import week
from web.browser.everything import everything
from web.browser.served import Site, served

NO_BROWSER = "there is no chromium to look at pages with"


@pytest.fixture(scope="session")
def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip(NO_BROWSER)
    return path


@pytest.fixture(scope="session")
def site(mongod: str, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The network with some journeys and entries, and one member's life; whoever changes it leaves its pages full."""
    del chromium
    with served(mongod, tmp_path_factory.mktemp("site"), everything) as site:
        yield site


@pytest.fixture(scope="session")
def agency(mongod: str, chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The network after a week of one agency."""
    del chromium
    with served(mongod, tmp_path_factory.mktemp("agency"), week) as agency:
        yield agency


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    """The distribution's browser, without a window. It has a loop of its own, which must end with its tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root, which is usual in containers, the browser's own sandbox cannot start.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
