"""Webhooks over HTTP: an integration registers, looks, tries, replays and ends its own, asking nobody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Self, cast

from pydantic import Field

from missionare.kit.callers import Kind
from missionare.kit.outbound import LONGEST_URL, Outbound, check
from missionare.kit.refusals import Forbidden, Invalid
from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Paged, Policy, Reader, Routes
from missionare.kit.store import Scope
from missionare.notifications.events import WebhookReason
from missionare.notifications.integration.domain import chosen
from missionare.notifications.integration.views import Heads, OpenEvents, Secrets
from missionare.notifications.settings import NotificationsSettings
from missionare.notifications.webhook import domain
from missionare.notifications.webhook.domain import Progress, Reason, Webhook, WebhookState
from missionare.notifications.webhook.store import (
    WEBHOOK_DELIVERY,
    WEBHOOK_PING,
    Attempts,
    Progresses,
    Webhooks,
)

routes = Routes("notifications")

OWNERS: Final = Policy.roles("integration")
LOOKING: Final = Policy.roles("integration", "operator")
WHOLE: Final = Scope.system("webhooks of an organisation are counted among all of its keys")


class WebhookWanted(Body):
    """Where events are to be sent, and which; without types, all that the organisation may see."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL)]
    types: Annotated[tuple[str, ...], Field(max_length=50)] = ()


class ReplayWanted(Body):
    """From where on events are to be sent again: a day (UTC), or the event after this one."""

    from_day: date | None = None
    after_event: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class WebhookView(Answer):
    """A webhook. Its secret is shown once, when it is registered or the secret was changed."""

    id: str
    version: int
    organisation_id: str
    url: str
    types: tuple[str, ...]
    state: WebhookState
    reason: Reason | None
    created_at: datetime
    secret_changed_at: datetime | None
    secret: str | None = None

    @classmethod
    def of(cls, webhook: Webhook, _scope: Scope) -> Self:
        """Show a webhook without its secret."""
        return cls.model_validate(webhook.model_dump())


class DeliveryView(Answer):
    """One try: the status of the answer, or why there was none."""

    id: str
    event_id: str
    type: str
    at: datetime
    status: int | None
    failure: str | None
    milliseconds: int

    @classmethod
    def of(cls, row: dict[str, Any], _scope: Scope) -> Self:
        """Show a try."""
        return cls.model_validate({"id": row["_id"], **row})


class Deliveries(Paged[DeliveryView]):
    """What was tried in the last thirty days, the newest first; while it fails, since when, and when it goes on."""

    failing_since: datetime | None = None
    retry_at: datetime | None = None


@routes.post("/webhooks", policy=OWNERS, shows=(Webhooks, WebhookView), status=201)
async def register_webhook(body: WebhookWanted, command: Command) -> Done:
    """Register an address for events from now on; it is active once it has answered a first ping with success."""
    organisation_id, webhooks = organisation_of(command), command.store(Webhooks)
    await check(outbound_of(cast("NotificationsSettings", command.settings)), body.url)
    webhook = domain.register(
        id=command.new_id(),
        organisation_id=organisation_id,
        key_id=key_of(command),
        url=body.url,
        types=chosen(body.types),
        others=await webhooks.listening(organisation_id, WHOLE),
        now=command.now,
    )
    command.save(webhooks, webhook)
    position = await command.store(Heads).position(WHOLE)
    command.write(Progresses.collection, Progresses.begun(webhook.id, Progress(position=position)))
    command.schedule(WEBHOOK_DELIVERY, webhook.id, at=command.now)
    return command.done(webhook.id, shown=await _with_secret(webhook, command))


@routes.get("/webhooks", policy=LOOKING, answers=Paged[WebhookView])
async def list_webhooks(reader: Reader, cursor: Cursor = None, limit: Limit = 50) -> Paged[WebhookView]:
    """List the organisation's webhooks, disabled ones included."""
    page = await reader.store(Webhooks).page({}, reader.scope, cursor=cursor, limit=limit)
    return Paged[WebhookView].of(page, WebhookView, reader.scope)


@routes.get("/webhooks/{webhook_id}", policy=LOOKING, answers=WebhookView)
async def read_webhook(webhook_id: str, reader: Reader) -> WebhookView:
    """Read one webhook."""
    return WebhookView.of(await reader.store(Webhooks).get(webhook_id, reader.scope), reader.scope)


@routes.get("/webhooks/{webhook_id}/deliveries", policy=LOOKING, answers=Deliveries)
async def list_webhook_deliveries(
    webhook_id: str, reader: Reader, cursor: Cursor = None, limit: Limit = 50
) -> Deliveries:
    """List what was tried, the newest first."""
    webhook = await reader.store(Webhooks).get(webhook_id, reader.scope)
    page = await reader.store(Attempts).newest(webhook.id, reader.scope, cursor=cursor, limit=limit)
    progress = await reader.store(Progresses).of(webhook.id, reader.scope)
    shown = Deliveries.of(page, DeliveryView, reader.scope)
    return shown.model_copy(update={"failing_since": progress.failing_since, "retry_at": progress.retry_at})


@routes.delete("/webhooks/{webhook_id}", policy=LOOKING, shows=(Webhooks, WebhookView), changes=True)
async def disable_webhook(webhook_id: str, command: Command) -> Done:
    """Send nothing to a webhook any more."""
    webhook, webhooks = await _matched(webhook_id, command), command.store(Webhooks)
    command.save(webhooks, *domain.disable(webhook, WebhookReason.ASKED))
    return command.done(webhook.id)


@routes.post("/webhooks/{webhook_id}/resumption", policy=OWNERS, shows=(Webhooks, WebhookView), changes=True)
async def resume_webhook(webhook_id: str, command: Command) -> Done:
    """Put a disabled webhook into service again under the caller's key: first a ping, then all that it has missed."""
    webhook, webhooks = await _matched(webhook_id, command), command.store(Webhooks)
    others = await webhooks.listening(webhook.organisation_id, WHOLE)
    command.save(webhooks, domain.resume(webhook, key_id=key_of(command), others=others))
    progress = await command.store(Progresses).of(webhook.id, command.scope)
    command.write(Progresses.collection, Progresses.begun(webhook.id, Progress(position=progress.position)))
    command.schedule(WEBHOOK_DELIVERY, webhook.id, at=command.now)
    return command.done(webhook.id)


@routes.post("/webhooks/{webhook_id}/secret", policy=OWNERS, shows=(Webhooks, WebhookView), changes=True)
async def change_webhook_secret(webhook_id: str, command: Command) -> Done:
    """Change the secret and show the new one this once; for a day both sign. The caller's key answers for it then."""
    webhook = domain.change_secret(await _matched(webhook_id, command), key_id=key_of(command), now=command.now)
    command.save(command.store(Webhooks), webhook)
    return command.done(webhook.id, shown=await _with_secret(webhook, command))


@routes.post("/webhooks/{webhook_id}/ping", policy=OWNERS, shows=(Webhooks, WebhookView))
async def ping_webhook(webhook_id: str, command: Command) -> Done:
    """Send one ping now; what comes of it stands among the deliveries."""
    webhook = await command.store(Webhooks).get(webhook_id, command.scope)
    domain.expect_listening(webhook)
    payload = {"message_id": f"ping-{command.new_id()}"}
    command.schedule(WEBHOOK_PING, webhook.id, at=command.now, payload=payload)
    return command.done(webhook.id)


@routes.post("/webhooks/{webhook_id}/replay", policy=OWNERS, shows=(Webhooks, WebhookView))
async def replay_webhook(webhook_id: str, body: ReplayWanted, command: Command) -> Done:
    """Send events again from a day or behind an event on; each has the `webhook-id` that it had."""
    webhook = await command.store(Webhooks).get(webhook_id, command.scope)
    domain.expect_listening(webhook)
    position = await _position(body, command)
    command.write(Progresses.collection, Progresses.begun(webhook.id, Progress(position=position)))
    command.schedule(WEBHOOK_DELIVERY, webhook.id, at=command.now)
    return command.done(webhook.id)


def outbound_of(settings: NotificationsSettings) -> Outbound:
    """Say how receivers are reached."""
    return Outbound(loopback=settings.webhook_loopback)


def organisation_of(command: Command) -> str:
    """Give the organisation whose key this is.

    Raises:
        Forbidden: the key is nobody's but a person's.
    """
    if command.caller.organisation_id is None:
        raise Forbidden
    return command.caller.organisation_id


def key_of(command: Command) -> str | None:
    """Give the API key that asks, or None where a person does."""
    return command.caller.id if command.caller.kind is Kind.KEY else None


async def _matched(webhook_id: str, command: Command) -> Webhook:
    webhook = await command.store(Webhooks).get(webhook_id, command.scope)
    command.match(webhook)
    return webhook


async def _with_secret(webhook: Webhook, command: Command) -> WebhookView:
    secret = await command.store(Secrets).secret(WHOLE)
    shown = WebhookView.of(webhook.model_copy(update={"version": webhook.version + 1}), command.scope)
    return shown.model_copy(update={"secret": domain.secret_of(webhook, secret)})


async def _position(body: ReplayWanted, command: Command) -> int:
    events = command.store(OpenEvents)
    if (body.from_day is None) == (body.after_event is None):
        raise Invalid(
            field="from_day",
            reason_de="Genau eines von from_day und after_event wird erwartet.",
            reason_en="exactly one of from_day and after_event is expected.",
        )
    if body.from_day is not None:
        return await events.before(body.from_day, command.scope)
    found = await events.position_of(str(body.after_event), command.scope)
    if found is None:
        raise Invalid(
            field="after_event",
            reason_de="Dieses Ereignis gibt es nicht, oder es wurde zurückgenommen. Nennen Sie einen Tag.",
            reason_en="this event does not exist, or was taken back. Name a day.",
        )
    return found
