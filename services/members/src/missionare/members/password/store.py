"""Passwords, as argon2id hashes beside the people and never among them."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from pymongo import ReplaceOne

from missionare.kit.store import View
from missionare.kit.work import Work

_HASHER: Final = PasswordHasher()
"""argon2id with the library's parameters, which follow RFC 9106 (low memory)."""


@cache
def _nobodys() -> str:
    """Give the hash that is verified where there is none, so that both answers take as long. Made when first needed."""
    return _HASHER.hash("nobody has this password")


class Passwords(View):
    """One row per person who has chosen to have a password."""

    collection = "passwords"

    async def exists(self, person_id: str) -> bool:
        """Whether somebody has a password."""
        return await self.rows.find_one({"_id": person_id}, {"_id": 1}) is not None

    async def fits(self, person_id: str | None, password: str) -> bool:
        """Whether this is the person's password. It takes the same time for nobody (None) and for no password."""
        row = await self.rows.find_one({"_id": person_id}) if person_id else None
        kept = row["hash"] if row else await asyncio.to_thread(_nobodys)
        fits = await asyncio.to_thread(_verified, kept, password)
        return fits and row is not None

    async def keep(self, work: Work, person_id: str, password: str) -> None:
        """Add a new password to the work."""
        row = {"_id": person_id, "hash": await asyncio.to_thread(_HASHER.hash, password), "changed_at": work.now}
        work.write(self.collection, ReplaceOne({"_id": person_id}, row, upsert=True))


def _verified(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False
