"""Fingerprints: what the databases of a platform hold, so that two moments can be compared document by document."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bson import json_util
from promises.checkers import Books

MEASURED: Final = frozenset({"positions", "hops", "leases", "cursors", "counters"})
"""What says how the work goes, not what has come of it."""
RACES: Final = frozenset({"streams", "timers"})
"""Collections in which `rev` only tells how often somebody came by."""
SHOWN: Final = 3

Fingerprint = Mapping[str, Mapping[str, str]]


def fingerprint(books: Books) -> Fingerprint:
    """Hash every document of every collection, the order of its fields aside."""
    return {
        f"{service}.{name}": {str(row["_id"]): _hash(name, row) for row in database[name].find()}
        for service, database in books.of.items()
        for name in sorted(database.list_collection_names())
        if name not in MEASURED and not name.startswith("system.")
    }


def differences(before: Fingerprint, after: Fingerprint) -> Iterator[str]:
    """Say, per collection, which documents are gone, new or changed."""
    for name in sorted(before.keys() | after.keys()):
        was, is_now = before.get(name, {}), after.get(name, {})
        for what, ids in (
            ("gone", was.keys() - is_now.keys()),
            ("new", is_now.keys() - was.keys()),
            ("different", {key for key in was.keys() & is_now.keys() if was[key] != is_now[key]}),
        ):
            if ids:
                yield f"{name}: {len(ids)} documents are {what}, such as {', '.join(sorted(ids)[:SHOWN])}"


def _hash(collection: str, row: Mapping[str, Any]) -> str:
    kept = {name: value for name, value in row.items() if name != "rev" or collection not in RACES}
    text = json_util.dumps(kept, json_options=json_util.CANONICAL_JSON_OPTIONS, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
