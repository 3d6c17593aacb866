"""Sending: one event after the other, each until it is taken, and every webhook for itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from missionare.kit import metrics
from missionare.kit.crash import crash_point
from missionare.kit.outbound import Outbound, Unreached
from missionare.kit.store import Scope
from missionare.kit.timers import Due
from missionare.kit.work import Work
from missionare.notifications.events import WebhookReason
from missionare.notifications.integration.domain import Choice, Client, OpenEvent, Secret, text, written
from missionare.notifications.integration.views import OpenEvents, Secrets
from missionare.notifications.webhook.domain import (
    GONE,
    PING,
    TAKEN,
    Progress,
    Reason,
    Webhook,
    WebhookState,
    disable,
    end_with_key,
    signed,
    verify,
)
from missionare.notifications.webhook.store import (
    WEBHOOK_DELIVERY,
    WEBHOOK_PING,
    Attempts,
    Progresses,
    Webhooks,
)

SCOPE: Final = Scope.system("what an integration may see is sent to where it asked for it")
AT_ONCE: Final = 8
"""Webhooks that are sent to at the same time: timers of other kinds must have room beside them."""
SOON: Final = timedelta(seconds=1)
BUDGET_SECONDS: Final = 10.0
"""For so long one webhook is sent to without a pause; then the next has its turn."""
CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
AGENT: Final = "Missionare-Webhooks/1.0"


@dataclass(frozen=True)
class Letter:
    """What is sent once."""

    id: str
    type: str
    body: bytes

    @classmethod
    def ping(cls, webhook: Webhook, id: str, at: datetime) -> Letter:  # noqa: A002 - the field is called id everywhere
        """Give a message that says nothing but that this works."""
        told = {
            "specversion": "1.0",
            "id": id,
            "source": "/missionare/notifications",
            "type": PING,
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": {"webhook_id": webhook.id},
        }
        return cls(id, PING, text(told).encode())

    @classmethod
    def about(cls, event: OpenEvent, webhook: Webhook, secret: Secret) -> Letter:
        """Give an event as the webhook's organisation sees it."""
        told = written(event, Client.integration(webhook.organisation_id).refer(secret))
        return cls(event.id, event.type, text(told).encode())


@dataclass(frozen=True)
class Outcome:
    """What came of one try."""

    status: int | None = None
    failure: str | None = None
    milliseconds: int = 0

    @property
    def taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status in TAKEN


@dataclass
class Sending:
    """The jobs of webhooks, and how they reach the outside."""

    outbound: Outbound
    lanes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def on_events_arrived(self, _timer: Due, work: Work) -> None:
        """Wake every active webhook, unless it waits to be tried again."""
        progresses = work.store(Progresses)
        for webhook in await work.store(Webhooks).every({"state": WebhookState.ACTIVE.value}, SCOPE):
            progress = await progresses.of(webhook.id, SCOPE)
            if not progress.waits(work.now):
                work.schedule(WEBHOOK_DELIVERY, webhook.id, at=work.now)

    async def on_delivery_due(self, timer: Due, work: Work) -> None:
        """Send what a webhook has not taken yet, in order, as long as it takes it.

        Each event is noted as taken in a transaction of its own. A crash between the receiver's yes and our mark
        makes it go out a second time, with the same `webhook-id`.
        """
        webhook = await work.store(Webhooks).find(timer.subject, SCOPE)
        if webhook is None or not webhook.listens:
            work.ignored("nothing is sent to this webhook")
            return
        progress = await work.store(Progresses).of(webhook.id, SCOPE)
        if progress.waits(work.now):
            work.schedule(WEBHOOK_DELIVERY, webhook.id, at=progress.retry_at or work.now)
            return
        # Nobody waits in line here: who waits holds one of the worker's lanes, and those are for all timers.
        if self.lanes.locked():
            work.schedule(WEBHOOK_DELIVERY, webhook.id, at=work.now + SOON)
            return
        async with self.lanes:
            send = self._verify if webhook.state is WebhookState.PENDING else self._deliver
            await send(webhook, progress, work)

    async def on_ping_due(self, timer: Due, work: Work) -> None:
        """Send one ping for a person to see, whatever comes of it."""
        webhook = await work.store(Webhooks).find(timer.subject, SCOPE)
        if webhook is None or not webhook.listens:
            work.ignored("nothing is sent to this webhook")
            return
        if self.lanes.locked():
            work.schedule(WEBHOOK_PING, webhook.id, at=work.now + SOON, payload=timer.payload)
            return
        async with self.lanes:
            letter = Letter.ping(webhook, timer.payload["message_id"], work.now)
            if not await self._key_lives(webhook, letter, work):
                return
            outcome = await self._post(webhook, letter, work)
        work.write(Attempts.collection, _noted(webhook, letter, outcome, work))

    async def _verify(self, webhook: Webhook, progress: Progress, work: Work) -> None:
        """Ask whether somebody at the address wants anything; then begin."""
        # Named for the version that waits: a later beginning asks anew, every try of this one asks the same.
        letter = Letter.ping(webhook, f"ping-{webhook.id}-{webhook.version}", work.now)
        if not await self._key_lives(webhook, letter, work):
            return
        outcome = await self._post(webhook, letter, work)
        work.write(Attempts.collection, _noted(webhook, letter, outcome, work))
        if not outcome.taken:
            await self._failed(webhook, progress, outcome, work)
            return
        crash_point("hook.posted_before_mark")
        work.save(work.store(Webhooks), *verify(webhook))
        work.write(Progresses.collection, Progresses.moved(webhook.id, progress, Progress(position=progress.position)))
        work.schedule(WEBHOOK_DELIVERY, webhook.id, at=work.now)

    async def _deliver(self, webhook: Webhook, progress: Progress, work: Work) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + BUDGET_SECONDS
        choice = Choice(Client.integration(webhook.organisation_id).audiences, webhook.types)
        events, secret = work.store(OpenEvents), await work.store(Secrets).secret(SCOPE)
        asked = False
        while clock() < until:
            # Read at the last moment: what was taken back meanwhile is not sent.
            found = await events.behind(progress.position, choice, SCOPE, limit=1)
            if not found:
                return
            letter = Letter.about(found[0], webhook, secret)
            if not asked and not await self._key_lives(webhook, letter, work):
                return
            asked = True
            outcome = await self._post(webhook, letter, work)
            if not outcome.taken:
                work.write(Attempts.collection, _noted(webhook, letter, outcome, work))
                await self._failed(webhook, progress, outcome, work)
                return
            crash_point("hook.posted_before_mark")
            following = Progress(position=found[0].position)
            async with work.separate() as taken:
                taken.write(Attempts.collection, _noted(webhook, letter, outcome, work))
                taken.write(Progresses.collection, Progresses.moved(webhook.id, progress, following))
            progress = following
            if not await self._still_so(webhook, progress, work):
                break
        work.schedule(WEBHOOK_DELIVERY, webhook.id, at=work.now)

    async def _key_lives(self, webhook: Webhook, letter: Letter, work: Work) -> bool:
        """Whether the key that answers for a webhook opens something now; if not, it ends, and the log says why.

        Raises:
            PeerUnavailable: members is away, who knows: what is to be sent waits.
        """
        if webhook.key_id is None:
            return True
        key = await work.peers.post("members", "/internal/keys", json={"key_id": webhook.key_id})
        if key["opens"]:
            return True
        work.save(work.store(Webhooks), *end_with_key(webhook))
        work.write(Attempts.collection, _noted(webhook, letter, Outcome(failure=Reason.KEY_ENDED.value), work))
        return False

    async def _still_so(self, webhook: Webhook, progress: Progress, work: Work) -> bool:
        """Whether nobody has disabled the webhook or begun anew since this job looked."""
        now = await work.store(Webhooks).find(webhook.id, SCOPE)
        place = await work.store(Progresses).of(webhook.id, SCOPE)
        return now == webhook and place.position == progress.position

    async def _failed(self, webhook: Webhook, progress: Progress, outcome: Outcome, work: Work) -> None:
        """Try again later, or stop: at once where the receiver says that it is gone, else after three days."""
        failed = progress.failed(work.now)
        work.write(Progresses.collection, Progresses.moved(webhook.id, progress, failed))
        if outcome.status == GONE:
            work.save(work.store(Webhooks), *disable(webhook, WebhookReason.GONE))
        elif failed.given_up(work.now):
            work.save(work.store(Webhooks), *disable(webhook, WebhookReason.UNREACHED))
        else:
            work.schedule(WEBHOOK_DELIVERY, webhook.id, at=failed.retry_at or work.now)

    async def _post(self, webhook: Webhook, letter: Letter, work: Work) -> Outcome:
        # Receivers compare with their own clock, so the moment is the machine's and not the platform's.
        secret, sent_at = await work.store(Secrets).secret(SCOPE), datetime.now(UTC)
        headers = signed(webhook, secret, message_id=letter.id, sent_at=sent_at, body=letter.body, now=work.now)
        clock = asyncio.get_running_loop().time
        began = clock()
        status: int | None = None
        failure: str | None = None
        try:
            sent = {**headers, "Content-Type": CONTENT_TYPE, "User-Agent": AGENT}
            status = await self.outbound.post(webhook.url, letter.body, sent)
        except Unreached as error:
            failure = error.reason
        if status is not None and status not in TAKEN:
            failure = "redirect_refused" if status // 100 == 3 else "refused"  # noqa: PLR2004 - RFC 9110, section 15.4
        metrics.outbound_posts.labels(failure or "taken").inc()
        return Outcome(status, failure, round((clock() - began) * 1_000))


def _noted(webhook: Webhook, letter: Letter, outcome: Outcome, work: Work) -> Any:
    return Attempts.made(
        work.new_id(),
        webhook_id=webhook.id,
        event_id=letter.id,
        type=letter.type,
        at=work.now,
        status=outcome.status,
        failure=outcome.failure,
        milliseconds=outcome.milliseconds,
    )
