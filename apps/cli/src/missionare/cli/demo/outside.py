"""People and programs outside: a browser with its cookies, or a program with its key. Nothing else is known of us."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final, TypeVar
from urllib.parse import urljoin

import httpx2

from missionare.cli.repeating import CONFLICT, worth_repeating

PATIENCE_SECONDS: Final = 30.0
"""How long the story waits for something that must come, where nobody says otherwise."""
POLL_SECONDS: Final = 0.05
ERROR: Final = 400
LETTERS: Final = 1_000
"""How many letters are asked for at once."""
LINK: Final = re.compile(r"https?://\S+/links/[\w-]+")

patience: ContextVar[float] = ContextVar("patience", default=PATIENCE_SECONDS)
"""How long the story waits for something that must come."""

T = TypeVar("T")


AGAIN_SECONDS: Final = 0.2


class StoryBroken(Exception):
    """The story cannot go on: what was expected did not come. The message says what."""


class Refused(StoryBroken):
    """A request was answered with a refusal."""

    def __init__(self, request: str, status: int, said: Any) -> None:
        """Keep the status."""
        self.status = status
        super().__init__(f"{request} was answered {status}: {said}")


@dataclass(frozen=True)
class Answer:
    """What a request was answered with."""

    status: int
    data: Any
    etag: str | None

    def __getitem__(self, name: str) -> Any:
        """Read a field of the answer's JSON object."""
        return self.data[name]


class Persistent(httpx2.BaseTransport):
    """Sends a request again while nobody is there to answer it, as a well-behaved client does.

    It is the very same request, with the same idempotency key, so that it counts once however often it arrives.
    """

    def __init__(self) -> None:
        """Send over the network."""
        self._network = httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send until there is an answer, or patience ends."""
        deadline = time.monotonic() + patience.get()
        while True:
            try:
                response = self._network.handle_request(request)
            except httpx2.TransportError:
                if time.monotonic() > deadline:
                    raise
            else:
                if not worth_repeating(response) or time.monotonic() > deadline:
                    return response
                response.close()
            time.sleep(AGAIN_SECONDS)

    def close(self) -> None:
        """Close every connection."""
        self._network.close()


class Outsider:
    """Somebody with a browser, or a program with an API key."""

    def __init__(self, gateway: str, *, key: str | None = None, language: str = "de") -> None:
        """Visit `gateway`; with a key every request shows it."""
        self.gateway = gateway
        headers = {"Accept-Language": language, "Origin": gateway}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        self._http = httpx2.Client(base_url=gateway, headers=headers, timeout=30.0, transport=Persistent())

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def get(self, path: str, **params: str | int) -> Answer:
        """Read."""
        return self._understood("GET", path, self._http.get(path, params=params))

    def status_of(self, path: str) -> int:
        """Read, and give only how it was answered: for what must not be visible."""
        return self._http.get(path).status_code

    def everything(self, path: str, **params: str | int) -> list[dict[str, Any]]:
        """Read a list page by page."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.get(path, **params, **({"cursor": cursor} if cursor else {}))
            items.extend(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, etag: str | None = None, key: str | None = None
    ) -> Answer:
        """Give a command; `key` names it when the same one is sent again."""
        headers = {"Idempotency-Key": key or str(uuid.uuid4())} | ({"If-Match": etag} if etag else {})
        return self._understood("POST", path, self._http.post(path, json=body or {}, headers=headers))

    def post_once(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Ask for something that takes no idempotency key, such as a link to sign in."""
        return self._understood("POST", path, self._http.post(path, json=body))

    def act(self, path: str, verb: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Read a thing and give it a command, on the state that was read."""
        return self.post(f"{path}/{verb}", body, etag=self.get(path).etag)

    def open(self, url: str) -> Page:
        """Open a page, as by a click on a link."""
        response = self._http.get(url)
        if response.status_code >= ERROR:
            raise StoryBroken(f"the page {_without_token(url)} answered {response.status_code}")
        return Page(str(response.url), response.text)

    def send(self, page: Page, action: str, holding: Mapping[str, str] | None = None, **fields: str) -> Page:
        """Fill in a form of a page and send it; `holding` tells it from others of its name by hidden fields."""
        form = page.form(action, holding or {})
        response = self._http.post(urljoin(page.url, form.action), data={**form.hidden, **fields})
        if response.status_code >= ERROR:
            raise StoryBroken(f"the form {action} was answered {response.status_code}: {_words(response.text)}")
        return Page(str(response.url), response.text)

    @staticmethod
    def _understood(method: str, path: str, response: httpx2.Response) -> Answer:
        data = response.json() if response.content else None
        if response.status_code >= ERROR:
            raise Refused(f"{method} {path}", response.status_code, data)
        return Answer(response.status_code, data, response.headers.get("etag"))


@dataclass(frozen=True)
class Form:
    """A form as the page holds it."""

    action: str
    hidden: Mapping[str, str]


class Page:
    """An HTML page with its forms."""

    def __init__(self, url: str, html: str) -> None:
        """Read the page's forms."""
        reader = _FormReader()
        reader.feed(html)
        self.url = url
        self.html = html
        self.forms = reader.forms

    def form(self, name: str, holding: Mapping[str, str]) -> Form:
        """Give the form whose address ends in `name` and that holds these hidden fields.

        Raises:
            StoryBroken: the page has no such form.
        """
        for form in self.forms:
            if form.action.rstrip("/").endswith(f"/{name}") and holding.items() <= form.hidden.items():
                return form
        raise StoryBroken(
            f"the page has no form {name}, only {[form.action.rpartition('/')[2] for form in self.forms]}"
        )


class Mailbox:
    """The mailbox that everybody in the story looks into."""

    def __init__(self, address: str) -> None:
        """Look at the mailbox's web address."""
        self._http = httpx2.Client(base_url=address, timeout=10.0, transport=Persistent())

    def letters(self, to: str = "", after: str = "") -> list[dict[str, Any]]:
        """Give all letters, or one person's, oldest first."""
        found: list[dict[str, Any]] = []
        while True:  # a thousand at a time: after a long run there are more than one answer can bring in time
            last = found[-1]["id"] if found else after
            page = self._http.get("/messages", params={"to": to, "after": last, "limit": str(LETTERS)}).json()
            found.extend(page)
            if len(page) < LETTERS:
                return found

    def wait_for(self, to: str, about: str, after: str = "") -> dict[str, Any]:
        """Wait for a letter whose subject contains `about`.

        Raises:
            StoryBroken: it did not come in time.
        """

        def find() -> dict[str, Any] | None:
            return next((found for found in reversed(self.letters(to, after)) if about in found["subject"]), None)

        return eventually(find, f"a letter about '{about}'")

    def link_for(self, to: str, about: str, after: str = "") -> str:
        """Wait for a letter and give the link in it."""
        return link_in(self.wait_for(to, about, after))

    def newest(self, to: str) -> str:
        """Give the id of somebody's newest letter, to wait for one after it."""
        letters = self.letters(to)
        return str(letters[-1]["id"]) if letters else ""

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


def link_in(letter: Mapping[str, Any]) -> str:
    """Give the link that a letter asks to open.

    Raises:
        StoryBroken: it holds none.
    """
    found = LINK.search(letter["text"])
    if found is None:
        raise StoryBroken(f"the letter '{letter['subject']}' holds no link")
    return found.group()


def eventually(find: Callable[[], T | None], what: str) -> T:
    """Look again and again until there is something.

    Raises:
        StoryBroken: nothing came in time.
    """
    seconds = patience.get()
    deadline = time.monotonic() + seconds
    while True:
        found = find()
        if found:
            return found
        if time.monotonic() > deadline:
            raise StoryBroken(f"{what} did not come within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def when_possible(act: Callable[[], Answer], what: str) -> Answer:
    """Give a command again while it is refused for the state of things: a fact it waits for is on its way.

    Raises:
        StoryBroken: it is still refused when patience ends, or for another reason.
    """

    def tried() -> Answer | None:
        try:
            return act()
        except Refused as refused:
            if refused.status != CONFLICT:
                raise
            return None

    return eventually(tried, what)


class _FormReader(HTMLParser):
    """Collects forms with their hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._hidden: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._hidden = {}
            self.forms.append(Form(given.get("action", ""), self._hidden))
        elif tag == "input" and given.get("type") == "hidden" and self._hidden is not None:
            self._hidden[given.get("name", "")] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._hidden = None


def _without_token(url: str) -> str:
    return re.sub(r"(/links/)[\w-]+", r"\1...", url)


def _words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)).strip()[:300]
