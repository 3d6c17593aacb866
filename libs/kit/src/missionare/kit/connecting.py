"""Connections to the broker: a start leaves nothing behind, and what writes to one that has broken is told so.

Whoever imports this has clients of aiokafka that outlive a broken connection on uvloop as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final

from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError

START_SECONDS: Final = 2.0


async def whole(start: Coroutine[Any, Any, None]) -> None:
    """Let a client start; whoever is cancelled meanwhile waits for that, at most two seconds.

    A client of aiokafka that is cancelled while it asks for the cluster forgets that connection and leaves it open.
    """
    starting = asyncio.ensure_future(start)
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting], timeout=START_SECONDS)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        raise


def telling(send: Callable[..., Any]) -> Callable[..., Any]:
    """Let a write to a connection that was closed a moment ago count as one that is broken.

    asyncio swallows it, and uvloop raises a RuntimeError, of which aiokafka 0.14 knows nothing: the task that keeps its
    list of brokers ended by that, unnoticed, and the process did not find its broker again (aiokafka's issue 1038).

    Raises:
        KafkaConnectionError: in the place of the RuntimeError; aiokafka connects anew.
    """

    @wraps(send)
    def sending(connection: AIOKafkaConnection, *values: Any, **options: Any) -> Any:
        try:
            return send(connection, *values, **options)
        except RuntimeError as error:
            connection.close(reason=CloseReason.CONNECTION_BROKEN)
            msg = f"Connection at {connection.host}:{connection.port} broken: {error}"
            raise KafkaConnectionError(msg) from error

    return sending


AIOKafkaConnection.send = telling(AIOKafkaConnection.send)
AIOKafkaConnection._send_sasl_token = telling(AIOKafkaConnection._send_sasl_token)  # noqa: SLF001 - the other one that writes
