"""Somebody's browser that keeps what it shows as a small picture."""

from __future__ import annotations

import base64
from typing import Any, Final

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as BrowserError
from tools.pictures.scenes import LARGEST, Scene

from missionare.cli.demo.region import Person
from missionare.cli.demo.world import SIGN_IN_SUBJECT, World

PATIENCE_MS: Final = 30_000
QUALITIES: Final = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
AS_WEBP: Final = """async ([picture, quality]) => {
    const image = new Image()
    image.src = "data:image/png;base64," + picture
    await image.decode()
    const canvas = document.createElement("canvas")
    canvas.width = image.width
    canvas.height = image.height
    canvas.getContext("2d").drawImage(image, 0, 0)
    return canvas.toDataURL("image/webp", quality).split(",")[1]
}"""
"""The browser is the one that writes WebP, so that nothing else has to be installed."""


class NotWhatWasMeant(Exception):
    """A page shows something else than its scene says; the message says what."""


class Camera:
    """Takes pictures of the pages, signed in as whoever looks."""

    def __init__(self, browser: Browser, world: World) -> None:
        """Look at the world's pages."""
        self._browser = browser
        self._world = world
        self._known: dict[str | None, Page] = {}

    def take(self, scene: Scene) -> bytes:
        """Give the picture of a scene as WebP.

        Raises:
            NotWhatWasMeant: the page has another heading, or the picture stays too large.
        """
        try:
            return self._taken(scene)
        except BrowserError as error:
            raise NotWhatWasMeant(f"{scene.name}: {error.message.splitlines()[0]}") from error

    def _taken(self, scene: Scene) -> bytes:
        page = self._page_of(scene.who)
        width, height = scene.size
        page.set_viewport_size({"width": width, "height": height})
        page.goto(scene.address.format_map(self._world.ids))
        if scene.act:
            scene.act(page)
        heading = page.locator("h1").first.inner_text().replace("\u00ad", "")
        if scene.heading not in heading:
            raise NotWhatWasMeant(f"{scene.name}: the page is about '{heading}'")
        page.evaluate("() => document.fonts.ready")
        return self._small(page.screenshot(animations="disabled"), scene)

    def _page_of(self, person: Person | None) -> Page:
        known = person.email if person else None
        if known not in self._known:
            context = self._browser.new_context(
                base_url=self._world.gateway, locale="de-DE", reduced_motion="reduce", color_scheme="light"
            )
            context.set_default_timeout(PATIENCE_MS)
            self._known[known] = context.new_page()
            if person:
                self._sign_in(self._known[known], person)
        return self._known[known]

    def _sign_in(self, page: Page, person: Person) -> None:
        before = self._world.mailbox.newest(person.email)
        page.goto("/sign-in")
        page.locator("#content [name=email]").fill(person.email)
        page.get_by_role("button", name="Link schicken").click()
        page.goto(self._world.mailbox.link_for(person.email, SIGN_IN_SUBJECT, after=before))
        page.get_by_role("button", name="Jetzt anmelden").click()
        page.wait_for_load_state()

    def _small(self, picture: bytes, scene: Scene) -> bytes:
        """Write the picture as well as fits into its size."""
        page: Any = self._page_of(None)
        page.goto("about:blank")
        for quality in QUALITIES:
            written = base64.b64decode(page.evaluate(AS_WEBP, [base64.b64encode(picture).decode(), quality]))
            if len(written) <= LARGEST:
                return written
        raise NotWhatWasMeant(f"{scene.name}: the picture has {len(written)} bytes")
