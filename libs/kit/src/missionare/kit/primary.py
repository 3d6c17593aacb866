"""Whether what is read from the primary is the latest that anybody has been told.

A majority read gives what its node knows to be on a majority. Right after an election the new primary has every write
that was acknowledged, and may not know it yet; and a primary that stood still while another one was elected does not
know that either, until it is told. Whoever decides by such a read would refuse what may happen, or see nothing to do
where there is something. So a decision counts only under the primary that it was read from, once that one has proven
itself, and a refusal only after the proof.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from bson import ObjectId
from pymongo.errors import ConnectionFailure, ExecutionTimeout, OperationFailure
from pymongo.read_concern import ReadConcern

LINEARIZABLE: Final = ReadConcern("linearizable")
PROOF_MS: Final = 5_000
"""Without a majority for so long there is no proof; the caller is told that the database is away."""
_PRIMARY: Final = "RSPrimary"
_NO_LONGER: Final = 142
"""MongoDB's LinearizableReadConcernError: it was replaced while a majority was asked."""


@dataclass(frozen=True)
class Term:
    """One node's time as the primary."""

    address: tuple[str, int | None]
    election: ObjectId | None


class Primary:
    """The primary as this process knows it, and whether it has proven itself."""

    def __init__(self, client: Any, leases: Any) -> None:
        """Watch one of PyMongo's clients; `leases` is a collection of either driver, and asked for the proof."""
        self._client = client
        self._proof = leases.with_options(read_concern=LINEARIZABLE)
        self._one_at_a_time = asyncio.Lock()
        self._begun = 0
        self._given = 0
        self.proven: Term | None = None
        """The last term in which the primary gave a proof."""

    @property
    def term(self) -> Term | None:
        """The term that the driver takes for the present one; None while there is no primary."""
        for server in self._client.topology_description.server_descriptions().values():
            if server.server_type_name == _PRIMARY:
                return Term(server.address, server.election_id)
        return None

    async def prove(self) -> None:
        """Make sure that what is read from now on is not older than anything that was acknowledged before this call.

        The primary writes nothing of ours for it, but waits until a majority follows it. Callers who come while it
        does share the next proof.

        Raises:
            ConnectionFailure: there is no primary, or no majority follows it.
        """
        wanted = self._begun + 1
        async with self._one_at_a_time:
            if self._given >= wanted:
                return
            self._begun += 1
            term = self.term
            await self._ask_a_majority()
            self._given = self._begun
            self.proven = term if term is not None else self.term

    async def _ask_a_majority(self) -> None:
        try:
            await self._proof.find_one({"_id": "relay"}, max_time_ms=PROOF_MS)
        except ExecutionTimeout as error:
            raise ConnectionFailure("no majority follows the primary") from error
        except OperationFailure as error:
            if error.code == _NO_LONGER:
                raise ConnectionFailure("the primary has been replaced") from error
            raise

    async def prove_once(self) -> None:
        """Have the present primary proven, unless it has been; that costs no round trip."""
        if self.proven is None or self.proven != self.term:
            await self.prove()
