"""What the gateway refuses by itself, in the same words and the same form as the services' own refusals."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar, Final

from missionare.kit.problems import RouteUnknown, Unavailable
from missionare.kit.refusals import Refusal, Text


class BodyTooLarge(Refusal):
    """The body is larger than the gateway lets through."""

    status = 413
    title: ClassVar[Text] = {"de": "Anfrage zu groß", "en": "Request too large"}
    text: ClassVar[Text] = {
        "de": "Angenommen wird höchstens 1 MiB, bei Importen 10 MiB. Senden Sie weniger auf einmal.",
        "en": "At most 1 MiB is accepted, 10 MiB for imports. Send less at once.",
    }


class TooManyRequests(Refusal):
    """One address asks faster than the gateway allows."""

    status = 429
    title: ClassVar[Text] = {"de": "Zu viele Anfragen", "en": "Too many requests"}
    text: ClassVar[Text] = {
        "de": "Von Ihrer Adresse kommen gerade zu viele Anfragen. Warten Sie einen Augenblick und versuchen Sie es "
        "mit demselben Idempotency-Key noch einmal; nichts geschieht doppelt.",
        "en": "Too many requests are coming from your address. Wait a moment and try again with the same "
        "Idempotency-Key; nothing happens twice.",
    }


BY_STATUS: Final[Mapping[int, type[Refusal]]] = {
    HTTPStatus.NOT_FOUND: RouteUnknown,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BodyTooLarge,
    HTTPStatus.TOO_MANY_REQUESTS: TooManyRequests,
    HTTPStatus.BAD_GATEWAY: Unavailable,
    HTTPStatus.SERVICE_UNAVAILABLE: Unavailable,
    HTTPStatus.GATEWAY_TIMEOUT: Unavailable,
}
"""The statuses that `deploy/gateway/routes.yml` sends here."""


def refusal(status: int) -> Refusal:
    """Give the refusal for a status of the gateway; what it never sends here is an unknown address."""
    return BY_STATUS.get(status, RouteUnknown)()
