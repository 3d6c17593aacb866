"""The deliberate defects of the twins, each put into the kit of a process before its service runs.

They are what somebody could write, or leave out, in good faith. The product has no switch for any of them.
"""

import asyncio
from contextvars import ContextVar

from aiokafka import AIOKafkaProducer
from promises.processes import tomorrow
from pymongo import UpdateOne, WriteConcern

from missionare.kit import consumer, kafka, mongo, relay, work
from missionare.kit.envelope import from_record, headers
from missionare.kit.guard import Guard, Stream, Verdict
from missionare.kit.ledger import RELAY, Ledger
from missionare.kit.projection import Projection
from missionare.kit.reconcile import Reconciliation
from missionare.kit.topics import PARTITIONS, topic_of
from missionare.kit.worker import Worker


def guard_off():
    """Apply whatever arrives, without looking at what was applied before."""

    async def read(self, ids, session=None):
        return {stream_id: Stream(stream_id) for stream_id in dict.fromkeys(ids)}

    def move(self, *moves):
        async def step(session):
            changes = [
                UpdateOne(
                    {"_id": new.id},
                    {"$set": {"seen": new.seen, "blocked": False, "waiting": False, "rev": 1}},
                    upsert=True,
                )
                for _, new in moves
            ]
            await self._rows.bulk_write(changes, session=session)

        return step

    Guard.read, Guard.move = read, move
    consumer.decide = lambda *_, **__: Verdict.APPLY


def publish_after_commit():
    """Commit the state, then send the facts: what one writes without an outbox."""
    rows: ContextVar[list] = ContextVar("rows")
    outbound = _Outbound()
    commit = work.commit_together

    async def append(self, session, new_rows):
        await self.database["facts"].insert_many(new_rows, session=session)
        rows.get()[:] = new_rows  # not set: a transaction has a context of its own, of which only this list comes back

    async def commit_then_publish(works, first=()):
        rows.set([])
        await commit(works, first)
        context = works[0].context
        await outbound.send(context.service, rows.get())
        await _confirm(context.database, [row["_id"] for row in rows.get()])

    Ledger.append = append
    work.commit_together = consumer.commit_together = commit_then_publish
    outbound.learn_settings()


def produce_inline():
    """Send the facts to the broker within the command, and commit when it has them."""
    outbound = _Outbound()

    async def append(self, session, new_rows):
        await self.database["facts"].insert_many(new_rows, session=session)
        outbound.send_now(self.database.name, new_rows)

    Ledger.append = append
    outbound.learn_settings()


def acknowledge_first():
    """Commit the offsets of a batch before it is applied, and never look into the owners' feeds."""
    deliver_to = kafka.Subscription.deliver_to

    def deliver_after_commit(self, receive):
        async def acknowledged(records):
            await self.client.commit()
            await receive(records)

        deliver_to(self, acknowledged)

    kafka.Subscription.deliver_to = deliver_after_commit
    reconciliation_off()


def reconciliation_off():
    """Believe that whatever was confirmed has arrived."""

    async def sweep(self, via):
        return True

    Reconciliation.sweep = sweep


def acknowledge_without_majority():
    """Say "done" as soon as one process has a write in its memory."""
    mongo._TRANSACTION["write_concern"] = WriteConcern(w=1, j=False)
    mongo._OPTIONS = {**mongo._OPTIONS, "w": 1, "journal": False, "readConcernLevel": "local"}


def confirm_without_looking():
    """Confirm what was sent, whoever holds the lease by now and whatever is still in the outbox."""

    async def confirm(self, held, ids):
        async def steps(session):
            await _confirm(self._database, ids, session)
            await self._database["outbox"].delete_many({"_id": {"$in": ids}}, session=session)

        await self._database.transaction(steps)

    relay.Relay._confirm = confirm


def nack_forever():
    """Refuse the whole batch when one message of it cannot be applied, so that it comes again."""

    async def park(self, stream, envelope, error):
        raise error

    async def decoded(self, record):
        return from_record(record.value, record.headers)

    consumer.Consumer._park = park
    Worker._decoded = decoded


def effect_in_a_projector():
    """Let the handlers of read models do something that a build would do again, such as sending a mail."""
    write = Projection.write

    def write_and_more(self, collection, *operations):
        write(self, collection, *operations)
        once_more = UpdateOne({"_id": self.fact.id}, {"$inc": {"times": 1}}, upsert=True)
        self._work.write("promises_effects", once_more)

    Projection.write = write_and_more


def save_whatever_is_there(*collections):
    """Give the defect of saving an aggregate without looking whether it is still the one that was loaded."""

    def version_filter_dropped():
        compare_and_set = work._compare_and_set

        async def save(session, store, aggregates):
            if collections and store.collection not in collections:
                await compare_and_set(session, store, aggregates)
                return
            await compare_and_set(session, store, [each for each in aggregates if each.version == 0])
            for each in aggregates:
                if each.version > 0:
                    await store.rows.replace_one({"_id": each.id}, work._next(store, each), session=session)

        work._compare_and_set = save

    return version_filter_dropped


DEFECTS = {
    "guard off": guard_off,
    "publish after commit": publish_after_commit,
    "produce inline": produce_inline,
    "acknowledge first": acknowledge_first,
    "reconciliation off": reconciliation_off,
    "w:1": acknowledge_without_majority,
    "lease check and delete count off": confirm_without_looking,
    "bare NACK": nack_forever,
    "side effect in a projector": effect_in_a_projector,
    "version filter dropped": save_whatever_is_there(),
    "read, then write": save_whatever_is_there("seat_ledgers"),
    "a required field added": tomorrow.forget_the_upcast,
}


async def _confirm(database, ids, session=None):
    """Write down that the broker has these facts, whoever is asking."""
    if not ids:
        return
    row = await database["leases"].find_one_and_update(
        {"_id": RELAY},
        [{"$set": {"n": {"$add": ["$n", 1]}, "confirmed_at": "$$NOW"}}],
        return_document=True,
        session=session,
    )
    confirmation = {"_id": {"era": row["era"], "n": row["n"]}, "at": row["confirmed_at"], "facts": ids}
    await database["confirmations"].insert_one(confirmation, session=session)


class _Outbound:
    """A producer as one would hold it in a service of one's own."""

    def __init__(self):
        self._settings = None
        self._producer = None
        self._starting = asyncio.Lock()
        self._loop = None

    def learn_settings(self):
        """Note the broker's address when the worker is wired."""
        begin = Worker.__init__

        def wired(worker, context, settings, **parts):
            self._settings, self._loop = settings, asyncio.get_running_loop()
            begin(worker, context, settings, **parts)

        Worker.__init__ = wired

    async def send(self, source, rows):
        if not rows:
            return
        producer = await self._started()
        partitions = list(range(PARTITIONS))
        for row in rows:
            key = row["subject"].encode()
            await producer.send_and_wait(
                topic_of(source),
                row["value"].encode(),
                key=key,
                partition=relay._partitioner(key, partitions, partitions),
                headers=headers(row, source),
            )

    def send_now(self, source, rows):
        """Send from the thread of a transaction, and come back when the broker has it."""
        asyncio.run_coroutine_threadsafe(self.send(source, rows), self._loop).result()

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = await kafka.connect_producer(self._settings)
            return self._producer
