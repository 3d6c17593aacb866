"""Somebody at a browser, on the whole platform: what they open, fill in, press and see, and the mails they get."""

from __future__ import annotations

from typing import Any, Final

from missionare.cli.demo.outside import eventually
from missionare.cli.demo.region import Person
from missionare.cli.demo.world import SIGN_IN_SUBJECT, World

TELEPHONE: Final = {"width": 390, "height": 844}
DESK: Final = {"width": 1280, "height": 900}
PATIENCE_MS: Final = 20_000


class Screen:
    """One person's browser."""

    def __init__(self, browser: Any, world: World, person: Person, **options: Any) -> None:
        context = browser.new_context(
            **{"viewport": TELEPHONE, "locale": "de-DE", "base_url": world.gateway, **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        self.page = context.new_page()
        self.world, self.person = world, person

    def opens(self, address: str) -> None:
        self.page.goto(address)

    def follows(self, words: str) -> None:
        """Click the first link with these words, and wait for the page it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=words).first.click()

    def presses(self, words: str) -> None:
        """Press the first button with these words."""
        self.page.get_by_role("button", name=words).first.click()

    def decides(self, about: str, words: str) -> None:
        """Press the button of one entry of a list, and wait for the page that answers."""
        entry = self.page.locator("li", has_text=about)
        with self.page.expect_navigation():
            entry.get_by_role("button", name=words).click()

    def unfolds(self, words: str) -> None:
        """Open what is hidden behind these words."""
        self.page.locator("summary", has_text=words).first.click()

    def fills(self, **fields: str) -> None:
        """Fill in fields by their names; what has options gets the one with these words."""
        for name, value in fields.items():
            field = self.page.locator(f"#content [name={name}]").first
            if field.evaluate("field => field.localName") == "select":
                field.select_option(label=value)
            else:
                field.fill(value)

    def chooses(self, words: str) -> None:
        """Choose what is labelled so."""
        self.page.get_by_label(words).first.check()

    def sees(self, words: str) -> bool:
        """Say whether these words stand on the page, once it is there."""
        self.page.wait_for_load_state()
        return bool(self.page.locator("#content").get_by_text(words).first.is_visible())

    def waits_for(self, words: str) -> None:
        """Load the page again until these words stand on it: what they tell of is on its way."""

        def come() -> bool:
            self.page.reload()
            return self.sees(words)

        eventually(come, f"'{words}' on {self.page.url}")

    def signs_in(self) -> None:
        """Ask for a link, and follow it from the mail."""
        self.opens("/sign-in")
        before = self.world.mailbox.newest(self.person.email)
        self.fills(email=self.person.email)
        self.presses("Link schicken")
        self.follows_the_mailed_link(before)

    def follows_the_mailed_link(self, after: str = "") -> None:
        self.opens(self.world.mailbox.link_for(self.person.email, SIGN_IN_SUBJECT, after=after))
        self.presses("Jetzt anmelden")
        self.follows("Weiter")

    def opens_the_mail(self, about: str) -> None:
        """Follow the link of a mail."""
        self.opens(self.world.mailbox.link_for(self.person.email, about))
