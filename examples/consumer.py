"""Print what happens in the region from the topic `integration.events`, one JSON object in a line.

    python consumer.py broker.example:9092 my-program

The second argument names the consumer group: Kafka keeps for it how far it has read. A record is acknowledged when it
was printed, so after a crash the last ones come again; their `id` tells. The topic names no people.
"""

from __future__ import annotations

import asyncio
import sys

from aiokafka import AIOKafkaConsumer


async def main(broker: str, group: str) -> None:
    """Print until interrupted."""
    consumer = AIOKafkaConsumer(
        "integration.events",
        bootstrap_servers=broker,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        async for record in consumer:
            print(record.value.decode(), flush=True)
            await consumer.commit()
    finally:
        await consumer.stop()


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(0)
