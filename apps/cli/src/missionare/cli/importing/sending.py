"""Sending: what was read goes through the gateway, in portions, each repeated until it has been answered."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import httpx2

from missionare.cli.failures import Failure
from missionare.cli.importing.rows import Row
from missionare.cli.repeating import worth_repeating
from missionare.kit.refusals import Text

PATH: Final = "/api/members/v1/imports"
PORTION: Final = 100
TRIES: Final = 6
FIRST_PAUSE: Final = 0.5
TIMEOUT_SECONDS: Final = 60.0

Progress = Callable[[int], None]


class NotAccepted(Failure):
    """The request was refused as a whole: a key without the right, for example."""

    text: ClassVar[Text] = {
        "de": "Der Import wurde nicht angenommen ({status}): {detail}",
        "en": "The import was not accepted ({status}): {detail}",
    }


class NotReached(Failure):
    """Nobody answered, several times."""

    text: ClassVar[Text] = {
        "de": "{url} antwortet nicht. Läuft die Plattform (missionare status)? Was schon übernommen ist, bleibt; "
        "derselbe Aufruf noch einmal setzt fort und legt nichts doppelt an.",
        "en": "{url} does not answer. Is the platform running (missionare status)? What has been taken over stays; "
        "the same command once more goes on and enters nothing twice.",
    }


@dataclass
class Outcome:
    """What members made of the rows."""

    created: int = 0
    unchanged: int = 0
    refused: dict[int, list[dict[str, str]]] = field(default_factory=dict)
    """By line: the fields and reasons."""

    def add(self, answer: dict[str, Any]) -> None:
        """Count one answer's rows."""
        for row in answer["rows"]:
            match row["outcome"]:
                case "created":
                    self.created += 1
                case "unchanged":
                    self.unchanged += 1
                case _:
                    self.refused[row["line"]] = row["problems"]


class Sender:
    """Talks to a service with an API key."""

    def __init__(self, url: str, key: str, *, language: str, transport: httpx2.BaseTransport | None = None) -> None:
        """Talk to the gateway at `url`."""
        self._url = url
        self._http = httpx2.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
            timeout=TIMEOUT_SECONDS,
            transport=transport,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def answered(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Give a command and its answer.

        Raises:
            NotAccepted, NotReached: with what to do.
        """
        # One key for all tries: a portion whose answer was lost is answered again, not done again.
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        answer: dict[str, Any] = self._sent("POST", path, json=body, headers=headers).json()
        return answer

    def fetched(self, path: str) -> dict[str, Any]:
        """Read something.

        Raises:
            NotAccepted, NotReached: with what to do.
        """
        answer: dict[str, Any] = self._sent("GET", path).json()
        return answer

    def _sent(self, method: str, path: str, **what: Any) -> httpx2.Response:
        pause = FIRST_PAUSE
        for attempt in range(1, TRIES + 1):
            response = self._tried(method, path, **what)
            if response is not None and response.is_success:
                return response
            if response is not None and not worth_repeating(response):
                raise NotAccepted(status=response.status_code, detail=_detail(response))
            if attempt < TRIES:
                time.sleep(pause)
                pause *= 2
        raise NotReached(url=self._url)

    def _tried(self, method: str, path: str, **what: Any) -> httpx2.Response | None:
        try:
            return self._http.request(method, path, **what)
        except httpx2.TransportError:
            return None


class Importer(Sender):
    """Sends rows to members."""

    def send(self, rows: Sequence[Row], *, dry_run: bool, progress: Progress) -> Outcome:
        """Send rows; `dry_run` only asks what would become of them.

        Raises:
            NotAccepted, NotReached: with what to do.
        """
        outcome = Outcome()
        for portion in _portions(rows):
            outcome.add(self.answered(PATH, {"dry_run": dry_run, "rows": portion}))
            progress(len(portion))
        return outcome


def _portions(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + PORTION] for start in range(0, len(rows), PORTION))


def _detail(response: httpx2.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
