"""The operator's desk: one service's dead letters over its API, with the operator's key."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self
from urllib.parse import quote

import httpx2

from missionare.cli.failures import Failure
from missionare.cli.options import SERVICES
from missionare.cli.repeating import worth_repeating
from missionare.kit.refusals import Text

TIMEOUT_SECONDS: Final = 30.0
TRIES: Final = 5
FIRST_PAUSE: Final = 0.5
PAGE: Final = 200
MANY: Final = {
    "retry": "dead-letter-retries",
    "edit": "dead-letter-edits",
    "discarding": "dead-letter-discardings",
}


class NoSuchService(Failure):
    """A service was named that there is not."""

    text: ClassVar[Text] = {
        "de": "Einen Dienst „{service}“ gibt es nicht. Es gibt: {known}.",
        "en": "There is no service '{service}'. There are: {known}.",
    }


class Refused(Failure):
    """The service said no, and why."""

    text: ClassVar[Text] = {
        "de": "{service} lehnt das ab ({status}): {detail}",
        "en": "{service} refuses this ({status}): {detail}",
    }


class Silent(Failure):
    """Nobody answered, several times."""

    text: ClassVar[Text] = {
        "de": "{service} antwortet nicht. Läuft die Plattform (missionare status)? Nichts ist halb geschehen; "
        "sehen Sie nach und wiederholen Sie den Befehl.",
        "en": "{service} does not answer. Is the platform running (missionare status)? Nothing is half done; "
        "look, and repeat the command.",
    }


def check_service(service: str) -> None:
    """Refuse a name that is no service's.

    Raises:
        NoSuchService: with the names there are.
    """
    if service not in SERVICES:
        raise NoSuchService(service=service, known=", ".join(SERVICES))


class Desk:
    """Asks one service, and tells it what was decided."""

    def __init__(self, url: str, key: str, service: str, *, language: str) -> None:
        """Talk to the gateway at `url`."""
        check_service(service)
        self._service = service
        self._http = httpx2.Client(
            base_url=f"{url}/api/{service}/v1/",
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._http.close()

    def every(self, which: Mapping[str, str]) -> list[dict[str, Any]]:
        """List all that agree with a filter."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {**which, "limit": str(PAGE), **({"cursor": cursor} if cursor else {})}
            page = self._answered("GET", "dead-letters", params=params)
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def one(self, letter_id: str) -> dict[str, Any]:
        """Give one with its value, and what waits behind it."""
        return self._answered("GET", f"dead-letters/{quote(letter_id, safe='')}")

    def decide(self, letter_id: str, act: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        """Decide about one, as it is now."""
        version = self.one(letter_id)["version"]
        path = f"dead-letters/{quote(letter_id, safe='')}/{act}"
        return self._answered("POST", path, body=body, headers={"If-Match": f'"{version}"'})

    def decide_many(self, act: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Decide about all that agree with a filter, or count them."""
        return self._answered("POST", MANY[act], body=body)

    def _answered(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        # One key for all tries: a decision whose answer was lost is answered again, not made again.
        sent = {"Idempotency-Key": str(uuid.uuid4()), **(headers or {})}
        pause = FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            try:
                response = self._http.request(method, path, params=params, json=body, headers=sent)
            except httpx2.TransportError:
                response = None
            if response is not None and response.is_success:
                answer: dict[str, Any] = response.json()
                return answer
            if response is not None and not worth_repeating(response):
                raise Refused(service=self._service, status=response.status_code, detail=_detail(response))
            if attempt < TRIES:
                time.sleep(pause)
                pause *= 2
        raise Silent(service=self._service)


def _detail(response: httpx2.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
