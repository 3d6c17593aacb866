"""Webhooks: an address that is verified first, gets events in order, and is left alone when it does not answer."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Refusal, Text
from missionare.notifications.events import WebhookDisabled, WebhookKeyEnded, WebhookReason, WebhookVerified
from missionare.notifications.integration.domain import Secret

MOST: Final = 10
"""Webhooks of one organisation that are not disabled."""
SEVERAL_KEYS: Final = timedelta(hours=24)
"""For so long after a change of the secret everything is signed with the old one, too."""
GIVES_UP_AFTER: Final = timedelta(days=3)
PAUSES: Final = tuple(
    timedelta(**pause)
    for pause in (
        {"seconds": 5},
        {"minutes": 5},
        {"minutes": 30},
        {"hours": 2},
        {"hours": 5},
        {"hours": 10},
        {"hours": 14},
        {"hours": 20},
    )
)
"""Between one try and the next."""
GONE: Final = 410
PING: Final = "notifications.webhook_ping.v1"
TAKEN: Final = range(200, 300)


class WebhookState(StrEnum):
    """Where a webhook stands."""

    PENDING = "pending"
    """Nobody at the address has taken the first ping yet; nothing else is sent there."""
    ACTIVE = "active"
    DISABLED = "disabled"


WEBHOOK_MOVES: Transitions[WebhookState] = MappingProxyType(
    {
        WebhookState.PENDING: frozenset({WebhookState.ACTIVE, WebhookState.DISABLED}),
        WebhookState.ACTIVE: frozenset({WebhookState.DISABLED}),
        WebhookState.DISABLED: frozenset({WebhookState.PENDING}),
    }
)
SUBJECT: Final[Text] = {"de": "Webhook", "en": "webhook"}


class Reason(StrEnum):
    """Why nothing is sent to a webhook."""

    ASKED = WebhookReason.ASKED.value
    GONE = WebhookReason.GONE.value
    UNREACHED = WebhookReason.UNREACHED.value
    KEY_ENDED = "key_ended"
    """The key that answers for it was revoked or has expired."""


class Webhook(Aggregate):
    """An address of an integration, and what is sent there."""

    organisation_id: str
    key_id: str | None = None
    """The API key that answers for it: the one that registered it, resumed it or changed its secret last."""
    slot: int = 0
    """Which of its organisation's ten it is; the database itself refuses a second one. 0 is from before there were
    slots."""
    url: str
    types: tuple[str, ...] = ()
    state: WebhookState = WebhookState.PENDING
    reason: Reason | None = None
    """Why it is disabled."""
    secret_number: int = 1
    secret_changed_at: datetime | None = None
    created_at: datetime

    @property
    def listens(self) -> bool:
        """Whether anything is sent there."""
        return self.state is not WebhookState.DISABLED


class Progress(BaseModel):
    """How far a webhook has come."""

    model_config = ConfigDict(frozen=True)

    position: int
    """Of the last event it took."""
    attempts: int = 0
    """How often the next one has failed."""
    failing_since: datetime | None = None
    retry_at: datetime | None = None

    def failed(self, now: datetime) -> Progress:
        """Say when it is tried again: later each time, and once more when three days are over."""
        since = self.failing_since or now
        pause = PAUSES[min(self.attempts, len(PAUSES) - 1)]
        last = since + GIVES_UP_AFTER
        retry_at = min(now + pause, last) if now < last else now
        return Progress(position=self.position, attempts=self.attempts + 1, failing_since=since, retry_at=retry_at)

    def given_up(self, now: datetime) -> bool:
        """Whether three days of trying are over."""
        return self.failing_since is not None and now >= self.failing_since + GIVES_UP_AFTER

    def waits(self, now: datetime) -> bool:
        """Whether its next try is still to come."""
        return self.retry_at is not None and now < self.retry_at


Decided = tuple[Webhook, list[Fact]]


class WebhookUnknown(NotFound):
    """There is no such webhook, or it is another organisation's."""

    text: ClassVar[Text] = {
        "de": "Diesen Webhook gibt es nicht, oder er gehört einer anderen Organisation. Prüfen Sie die Kennung.",
        "en": "This webhook does not exist, or belongs to another organisation. Check the id.",
    }


class TooManyWebhooks(Refusal):
    """An organisation has as many as one may have."""

    title: ClassVar[Text] = {"de": "Zu viele Webhooks", "en": "Too many webhooks"}
    text: ClassVar[Text] = {
        "de": "Ihre Organisation hat schon {most} Webhooks. Schalten Sie einen ab, bevor Sie einen neuen anmelden.",
        "en": "Your organisation has {most} webhooks already. Disable one before you register another.",
    }


class WebhookIsDisabled(Refusal):
    """Nothing is sent to a disabled webhook."""

    title: ClassVar[Text] = {"de": "Webhook abgeschaltet", "en": "Webhook disabled"}
    text: ClassVar[Text] = {
        "de": "Dieser Webhook ist abgeschaltet. Nehmen Sie ihn mit POST .../resumption wieder in Betrieb.",
        "en": "This webhook is disabled. Put it into service again with POST .../resumption.",
    }


def register(
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    organisation_id: str,
    key_id: str | None,
    url: str,
    types: tuple[str, ...],
    others: Collection[Webhook],
    now: datetime,
) -> Webhook:
    """Enter an address. Until it has taken a ping, nothing else is sent there.

    Raises:
        TooManyWebhooks: the organisation has ten that are not disabled.
    """
    slot = _free(others)
    return Webhook(
        id=id, organisation_id=organisation_id, key_id=key_id, slot=slot, url=url, types=types, created_at=now
    )


def verify(webhook: Webhook) -> Decided:
    """Note that somebody at the address has taken a ping."""
    check_move(WEBHOOK_MOVES, SUBJECT, webhook.state, WebhookState.ACTIVE)
    fact = WebhookVerified(webhook_id=webhook.id, organisation_id=webhook.organisation_id)
    return webhook.changed(state=WebhookState.ACTIVE), [fact]


def disable(webhook: Webhook, reason: WebhookReason) -> Decided:
    """Send nothing there any more."""
    check_move(WEBHOOK_MOVES, SUBJECT, webhook.state, WebhookState.DISABLED)
    fact = WebhookDisabled(webhook_id=webhook.id, organisation_id=webhook.organisation_id, reason=reason)
    return webhook.changed(state=WebhookState.DISABLED, reason=Reason(reason)), [fact]


def end_with_key(webhook: Webhook) -> Decided:
    """Send nothing there any more, because its key has ended. Another key of its organisation can resume it."""
    check_move(WEBHOOK_MOVES, SUBJECT, webhook.state, WebhookState.DISABLED)
    fact = WebhookKeyEnded(webhook_id=webhook.id, organisation_id=webhook.organisation_id)
    return webhook.changed(state=WebhookState.DISABLED, reason=Reason.KEY_ENDED), [fact]


def resume(webhook: Webhook, *, key_id: str | None, others: Collection[Webhook]) -> Webhook:
    """Begin again under this key, with a ping; what happened meanwhile follows.

    Raises:
        TooManyWebhooks: as when it was registered.
    """
    check_move(WEBHOOK_MOVES, SUBJECT, webhook.state, WebhookState.PENDING)
    return webhook.changed(state=WebhookState.PENDING, reason=None, key_id=key_id, slot=_free(others))


def change_secret(webhook: Webhook, *, key_id: str | None, now: datetime) -> Webhook:
    """Take the next secret, and this key to answer for it; for a day the secret before signs as well."""
    return webhook.changed(secret_number=webhook.secret_number + 1, secret_changed_at=now, key_id=key_id)


def expect_listening(webhook: Webhook) -> None:
    """Refuse what only makes sense where something is sent.

    Raises:
        WebhookIsDisabled: nothing is.
    """
    if not webhook.listens:
        raise WebhookIsDisabled


# --- signing: Standard Webhooks 1.0, symmetric -----------------------------------------------------------------------


def secret_of(webhook: Webhook, secret: Secret, number: int | None = None) -> str:
    """Give a webhook's secret as its owner gets it. It is derived, and so kept nowhere."""
    key = secret.key(f"webhook|{webhook.id}|{number or webhook.secret_number}")
    return f"whsec_{base64.b64encode(key).decode()}"


def signed(
    webhook: Webhook,
    secret: Secret,
    *,
    message_id: str,
    sent_at: datetime,
    body: bytes,
    now: datetime,
) -> Mapping[str, str]:
    """Give the three headers by which a receiver knows that a message is ours, fresh and unchanged."""
    stamp = str(int(sent_at.timestamp()))
    content = f"{message_id}.{stamp}.".encode() + body
    signatures = [_signature(secret_of(webhook, secret, number), content) for number in _valid(webhook, now)]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(signatures)}


def _free(others: Collection[Webhook]) -> int:
    """Give the first slot that none of the organisation's others has."""
    if len(others) >= MOST:
        raise TooManyWebhooks(most=MOST)
    taken = {other.slot for other in others}
    return next(slot for slot in range(1, MOST + 1) if slot not in taken)


def _valid(webhook: Webhook, now: datetime) -> Sequence[int]:
    changed = webhook.secret_changed_at
    both = changed is not None and now < changed + SEVERAL_KEYS
    return [webhook.secret_number, webhook.secret_number - 1] if both else [webhook.secret_number]


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"
