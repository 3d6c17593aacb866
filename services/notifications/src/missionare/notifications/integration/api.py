"""Open events over HTTP: a feed to be read page by page, what types there are, and taking something back."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, cast

from fastapi import Header, Query, Response
from pydantic import Field

from missionare.kit.callers import Caller
from missionare.kit.facts import Audience
from missionare.kit.routes import Answer, Body, Command, Cursor, Done, Limit, Policy, Reader, Reply, Routes
from missionare.kit.server_sent import EventStream, Following, Sent, opened
from missionare.kit.store import Scope
from missionare.notifications.api import OPERATORS
from missionare.notifications.integration.domain import OPEN, Choice, Client, Subject, chosen, text, written
from missionare.notifications.integration.views import Arrivals, Heads, OpenEvents, Secrets
from missionare.notifications.settings import NotificationsSettings

routes = Routes("notifications")

INTEGRATION: Final = "integration"
AT_ONCE: Final = 100
"""How many events a stream tells before it looks whether it is to end."""
SYSTEM = Scope.system("the secret of references and cursors is the same for every reader")

Types = Annotated[
    list[str] | None,
    Query(max_length=len(OPEN), description="may be given several times; any of them fits"),
]
Since = Annotated[date | None, Query(description="a day (UTC): begin with the first event that became open on it")]


class Event(Answer):
    """An open event: a CloudEvent 1.0 in its JSON format. `subject` is absent where it would name a person."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str | None = None
    time: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    datacontenttype: Literal["application/json"]
    audience: Audience
    """Its readers: what is the network's is not to be passed on to the public."""
    data: dict[str, Any]


class EventPage(Answer):
    """Some events in order. `next_cursor` is there on the last page, too: ask with it again later."""

    items: list[Event]
    next_cursor: str
    more: bool
    """Whether there are further events already."""


class EventType(Answer):
    """A type of event that leaves the platform."""

    type: str
    audience: Audience
    """Its widest readers: the `network` has keys, the `public` needs none."""
    described_at: str
    """The address of the JSON Schema of its `data`."""


class EventTypes(Answer):
    """Every type there is."""

    items: list[EventType]


class Withdrawal(Body):
    """What readers outside are to hear nothing of any more."""

    kind: Subject
    id: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$")]
    why: Annotated[str, Field(min_length=1, max_length=500)]


@routes.get("/events", policy=Policy.public(), answers=EventPage)
async def read_events(
    reader: Reader,
    types: Types = None,
    since: Since = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Reply:
    """Read what has happened, the oldest first: what is public without a key, what is the network's with one."""
    client = client_of(reader.caller)
    choice = Choice(client.audiences, chosen(types or ()), since)
    events, secret = reader.store(OpenEvents), await reader.store(Secrets).secret(SYSTEM)
    position = await starting_at(cursor, choice, reader)
    found = await events.behind(position, choice, reader.scope, limit=limit + 1)
    shown, refer = found[:limit], client.refer(secret)
    page = EventPage(
        items=[Event.model_validate(written(event, refer)) for event in shown],
        next_cursor=choice.cursor(shown[-1].position if shown else position, secret),
        more=len(found) > limit,
    )
    return Reply(page)


@routes.get("/events/stream", policy=Policy.roles(INTEGRATION, "operator"), answers=Event)
async def stream_events(
    reader: Reader,
    types: Types = None,
    since: Since = None,
    cursor: Cursor = None,
    last_event_id: Annotated[str | None, Header(max_length=128, description="goes before `cursor`")] = None,
) -> Response:
    """Hear what happens as server-sent events; without cursor and day, from now on. Ends with the token."""
    client = client_of(reader.caller)
    choice = Choice(client.audiences, chosen(types or ()), since)
    events, secret = reader.store(OpenEvents), await reader.store(Secrets).secret(SYSTEM)
    resumed = last_event_id or cursor
    if resumed or since:
        position = await starting_at(resumed, choice, reader)
    else:
        position = await reader.store(Heads).position(reader.scope)
    arrivals, settings = reader.store(Arrivals), cast("NotificationsSettings", reader.settings)
    close = opened(arrivals.streams, str(client.id), settings.streams_per_client)
    begins_at, refer = choice.cursor(position, secret), client.refer(secret)

    async def more(told: str) -> list[Sent]:
        found = await events.behind(choice.behind(told, secret), choice, reader.scope, limit=AT_ONCE)
        return [Sent(choice.cursor(event.position, secret), event.type, text(written(event, refer))) for event in found]

    return EventStream(Following(more, arrivals.bell, begins_at, settings.stream_heartbeat_seconds), reader, close)


@routes.get("/event-types", policy=Policy.public(), answers=EventTypes)
async def list_event_types() -> EventTypes:
    """List the types of events that leave the platform, with their widest readers."""
    return EventTypes(
        items=[
            EventType(type=name, audience=audience, described_at=described_at(name))
            for name, audience in sorted(OPEN.items())
        ]
    )


@routes.post("/event-withdrawals", policy=OPERATORS, status=201)
async def withdraw_events(body: Withdrawal, command: Command) -> Done:
    """Take back every event that names something, from every way out, and let none follow."""
    name = f"{body.kind.value}:{body.id}"
    command.because(body.why)
    command.store(OpenEvents).withdraw(command, name)
    return command.done(name)


def described_at(name: str) -> str:
    """Give the address, below the platform's own, of the JSON Schema of a type's data."""
    return f"/docs/contracts/notifications/events/{name}.schema.json"


def client_of(caller: Caller) -> Client:
    """Say as whom somebody reads: as an integration of the network, or as anybody."""
    if not caller.has(INTEGRATION, "operator"):
        return Client()
    return Client.integration(caller.organisation_id or caller.id)


async def starting_at(cursor: str | None, choice: Choice, reader: Reader) -> int:
    """Give the position behind which somebody reads on, or begins.

    Raises:
        CursorNotGenuine, CursorOfAnotherChoice: it says nothing about this list.
    """
    if cursor is not None:
        return choice.behind(cursor, await reader.store(Secrets).secret(SYSTEM))
    return await reader.store(OpenEvents).before(choice.since, reader.scope) if choice.since else 0
