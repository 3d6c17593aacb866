"""Leases of the dead: a process that is alone does not wait for them, and harms nobody who lives after all."""

from __future__ import annotations

from support.boxes.service import context_of

from missionare.kit.lease import Lease, free_all
from missionare.kit.ledger import RELAY
from missionare.kit.mongo import Database


async def test_a_process_that_is_alone_takes_over_at_once_and_the_term_tells_the_old_holder(database: Database) -> None:
    await context_of(database)
    dead, timers_of_the_dead = Lease(database, RELAY), Lease(database, "timers")
    held = await dead.take()
    assert held is not None
    assert await timers_of_the_dead.take() is not None

    await free_all(database)
    successor, timers = Lease(database, RELAY), Lease(database, "timers")
    taken = await successor.take()

    assert taken is not None
    assert (taken.term, taken.era, taken.n) == (held.term + 1, held.era, held.n)
    assert await timers.take() is not None
    assert await dead.take() is None


async def test_without_that_a_lease_is_waited_for(database: Database) -> None:
    await context_of(database)
    assert await Lease(database, RELAY).take() is not None

    assert await Lease(database, RELAY).take() is None
