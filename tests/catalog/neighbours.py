"""The services next to catalog, as far as it knows them: real kit services with facts, keys and texts to give."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from missionare.kit.answers import Answer
from missionare.kit.envelope import Envelope
from missionare.kit.main import listening_socket, server_for
from missionare.kit.mongo import Document, Session
from missionare.kit.policy import Policy
from missionare.kit.readers import Reader
from missionare.kit.refusals import NotFound
from missionare.kit.routes import Routes
from missionare.kit.service import Service
from missionare.kit.settings import Settings


class InsightText(Answer):
    """What journeys gives catalog of a released insight."""

    text: str


def journeys(settings: Settings, texts: dict[str, str]) -> Service:
    """Journeys, with released insights."""
    internal = Routes("journeys", internal=True)

    @internal.get("/insights/{insight_id}", policy=Policy.services("catalog"), answers=InsightText)
    async def read_insight(insight_id: str, reader: Reader) -> InsightText:
        del reader
        if insight_id not in texts:
            raise NotFound
        return InsightText(text=texts[insight_id])

    return Service(name="journeys", settings=settings, routes=(internal,))


def members(settings: Settings) -> Service:
    """Members, which signs everybody's tokens."""
    return Service(name="members", settings=settings)


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[Service]:
    """Run a service in this process, on a real port."""
    listener = listening_socket(service.settings)
    server = server_for(service.app, service.settings)
    await service.start()
    serve = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield service
    finally:
        server.stop()
        await serve
        listener.close()
        await service.stop()


async def publish(service: Service, facts: Sequence[Envelope]) -> None:
    """Let a service say something, the way every fact is said: stored first, sent by its relay."""
    rows = [_row(fact) for fact in facts]

    async def append(session: Session) -> None:
        await service.context.ledger.append(session, rows)

    await service.database.transaction(append)


def _row(fact: Envelope) -> Document:
    said: dict[str, Any] = {
        name: getattr(fact, name)
        for name in ("type", "aggregate", "subject", "sequence", "era", "previous", "time", "value", "actor")
    }
    origin = {"correlation_id": fact.correlation_id, "causation_id": None, "traceparent": None}
    return {"_id": fact.id, **said, **origin}
