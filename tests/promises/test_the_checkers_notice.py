"""The checkers find a single fact or command that is lost, doubled or out of its place among many that are right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from promises.checkers import TALLY, Books, judge
from promises.load import Command, Reply, Thing
from pymongo import MongoClient
from support.platforms import SERVICES

Databases = Mapping[str, Any]
WORKS = 3
STEPS = ("organisation_applied", "organisation_admitted")


@pytest.fixture
def books(mongod: str, database: Any, tmp_path: Path) -> Iterator[Books]:
    """Four databases in which everything is right: three organisations, each of two facts that everybody has heard."""
    (tmp_path / "clock").write_text("0", encoding="utf-8")
    names = {service: f"{database.name}_{service}" for service in SERVICES}
    with MongoClient(mongod) as client:
        yield _filled(Books({service: _Default(client, name) for service, name in names.items()}, tmp_path / "clock"))
        for name in names.values():
            client.drop_database(name)


class _Default:
    """A client as the books want it: with a database of its own."""

    def __init__(self, client: MongoClient[dict[str, Any]], name: str) -> None:
        self.get_default_database = lambda: client[name]


def things() -> list[Thing]:
    """Give what the clients have logged: two acknowledged commands for each organisation."""
    return [
        Thing(
            "members", "organisation", "organisations", ("contact.name", f"Werk {number}"), id=f"o{number}",
            commands=[Command(step, (step,), Reply.OK, 1) for step in STEPS],
        )
        for number in range(WORKS)
    ]  # fmt: skip


def violations(books: Books) -> list[str]:
    return judge(books, things(), letters=[], rest=[]).violations


def test_nothing_is_found_where_everything_is_right(books: Books) -> None:
    assert violations(books) == []


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda of: of["members"]["organisations"].delete_one({"_id": "o1"}), "was acknowledged and is not there"),
        (lambda of: of["members"]["organisations"].insert_one(_document("again", 1)), "happened 2 times"),
        (lambda of: of["members"]["organisations"].update_one({"_id": "o1"}, {"$inc": {"version": 1}}), "version 3"),
        (lambda of: of["members"]["facts"].delete_one({"_id": "o1.2"}), "tells ['organisation_applied']"),
        (lambda of: _hear(of, {"$pull": {"facts": "o1.2"}}), "journeys has never heard 1 of 2 facts"),
        (lambda of: _hear(of, {"$push": {"facts": "o1.1"}}), "journeys has applied 1 facts"),
        (lambda of: _hear(of, {"$set": {"facts": ["o1.2", "o1.1"]}}), "out of order"),
        (lambda of: of["members"]["confirmations"].delete_one({}), "has never confirmed"),
    ],
    ids=["lost", "doubled", "written twice", "not told", "not heard", "heard twice", "out of order", "not confirmed"],
)
def test_one_that_is_not_right_is_found(books: Books, damage: Callable[[Databases], object], found: str) -> None:
    damage(books.of)

    assert any(found in violation for violation in violations(books)), violations(books)


def _filled(books: Books) -> Books:
    members = books.of["members"]
    members["organisations"].insert_many([_document(f"o{number}", number) for number in range(WORKS)])
    for number in range(WORKS):
        facts = [f"o{number}.{sequence}" for sequence in (1, 2)]
        for sequence, (fact, step) in enumerate(zip(facts, STEPS, strict=True), 1):
            members["facts"].insert_one(
                {
                    "_id": fact, "aggregate": "organisation", "subject": f"o{number}", "type": f"members.{step}.v1",
                    "era": 0, "sequence": sequence, "previous": f"0.{sequence - 1}",
                }
            )  # fmt: skip
        members["confirmations"].insert_one({"_id": {"era": 0, "n": number}, "facts": facts})
        for database in books.of.values():
            database[TALLY].insert_one({"_id": f"members|organisation|o{number}", "facts": facts})
    return books


def _document(name: str, number: int) -> dict[str, Any]:
    return {"_id": name, "version": len(STEPS), "contact": {"name": f"Werk {number}"}}


def _hear(of: Databases, change: Mapping[str, Any]) -> object:
    return of["journeys"][TALLY].update_one({"_id": "members|organisation|o1"}, change)
