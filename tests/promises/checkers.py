"""The checkers K1, K2, K8 and K9: complete sets of what was asked for, told, heard and mailed, compared at rest.

K1  every acknowledged command's effect exactly once: in its owner's state and facts, in the tally of every service
K2  the order of every aggregate, without gap, as told and as heard
K8  nothing pending, nothing set aside, no lag
K9  each mail at least once, under one Message-ID; how often one came twice is counted
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from promises.load import Command, Reply, Thing
from pymongo import MongoClient
from pymongo.errors import PyMongoError

TALLY = "promises_tally"
MAILED = {"members.goal_agreed": 1, "members.goal_returned": 1, "journeys.host_requested": 1}
"""How many messages follow from one such fact of the load."""
KNOWN_AS: Mapping[str, tuple[list[str], ...]] = {
    "draft": ([], ["missing"]),
    "submitted": (["submitted"],),
    "returned": (["missing"], []),
    "agreed": (["agreed"],),
}
"""How journeys knows a goal that is in such a state, where it goes on no journey."""
OPEN = ("queued", "sending")

Document = dict[str, Any]
Chains = dict[str, list[Document]]


class Books:
    """The databases of a platform, read past every service."""

    def __init__(self, clients: Mapping[str, MongoClient[Document]], clock: Path) -> None:
        """Take one client per service, and the file that says by how much the platform's clock is ahead."""
        self.of = {service: client.get_default_database() for service, client in clients.items()}
        self.clock = clock


def at_rest(books: Books) -> list[str]:
    """Name, by kind, what is still on its way; empty when nothing is."""
    try:
        return list(_under_way(books))
    except PyMongoError as error:
        return [f"a database is away: {type(error).__name__}"]


def _under_way(books: Books) -> Iterator[str]:
    now = datetime.now(UTC) + timedelta(seconds=float(books.clock.read_text(encoding="utf-8")))
    counted = {
        f"{service}: {name}": database[collection].count_documents(where)
        for service, database in books.of.items()
        for name, collection, where in (
            ("facts in the outbox", "outbox", {}),
            ("timers due", "timers", {"due_at": {"$lte": now}}),
            ("facts set aside", "parked", {}),
        )
    }
    counted["messages to be sent"] = books.of["notifications"]["messages"].count_documents({"state": {"$in": OPEN}})
    waiting = [f"{name}: {count}" for name, count in counted.items() if count]
    yield from waiting
    told = sum(database["facts"].count_documents({}) for database in books.of.values())
    for service, database in books.of.items():
        rows = list(database[TALLY].aggregate([{"$group": {"_id": None, "n": {"$sum": {"$size": "$facts"}}}}]))
        heard = rows[0]["n"] if rows else 0
        if heard < told:
            waiting.append(f"{service}: {told - heard} of {told} facts not heard")
            yield waiting[-1]
    if not waiting:  # this look is a thorough one
        yield from _unseen(books)


def _unseen(books: Books) -> Iterator[str]:
    """Count, per consumer, the aggregates of which it has not seen the last fact."""
    heads: dict[str, dict[str, str]] = {}
    for service, database in books.of.items():
        group = {"_id": {"a": "$aggregate", "s": "$subject"}, "era": {"$max": "$era"}, "n": {"$max": "$sequence"}}
        for row in database["facts"].aggregate([{"$group": group}]):
            kind = heads.setdefault(f"{service}|{row['_id']['a']}", {})
            kind[row["_id"]["s"]] = f"{row['era']}.{row['n']}"
    for service, database in books.of.items():
        seen = {row["_id"]: row for row in database["streams"].find()}
        behind: dict[str, list[str]] = {}
        for kind in {stream.rpartition("|")[0] for stream in seen}:
            consumer, source = kind.split("|", 1)
            for subject, head in heads.get(source, {}).items():
                row = seen.get(f"{kind}|{subject}")
                if row is None or row["seen"] != head or row["waiting"] or row["blocked"]:
                    behind.setdefault(consumer, []).append(f"{source} {subject}: {_where(row)}, told {head}")
        yield from (
            f"{service}: {consumer} is behind on {len(those)} aggregates, such as {those[0]}"
            for consumer, those in behind.items()
        )


def _where(row: Document | None) -> str:
    """Say how far a consumer is with an aggregate."""
    if row is None:
        return "nothing seen"
    flags = [flag for flag in ("waiting", "blocked") if row[flag]]
    return " and ".join([f"seen {row['seen']}", *flags])


@dataclass(frozen=True)
class Verdict:
    """What the checkers say of a platform at rest."""

    violations: list[str]
    figures: dict[str, float]


def judge(books: Books, things: Sequence[Thing], letters: Sequence[Mapping[str, Any]], rest: Sequence[str]) -> Verdict:
    """Check everything.

    Args:
        books: the databases.
        things: what clients did, as they have logged it.
        letters: the whole mailbox.
        rest: what did not come to rest.
    """
    look = _Look(books)
    violations = [
        *(f"K8: does not come to rest: {what}" for what in rest),
        *(f"K1: {what}" for what in _commands(look, things)),
        *(f"K1: {what}" for what in _heard(look)),
        *(f"K1: {what}" for what in _projected(look)),
        *(f"K2: {what}" for what in _chains(look)),
        *(f"K8: {what}" for what in _confirmed(look)),
        *(f"K9: {what}" for what in _mails(look, letters)),
    ]
    copies = Counter(letter["message_id"] for letter in letters)
    return Verdict(
        violations,
        {
            "facts told": sum(len(facts) for facts in look.facts.values()),
            "facts heard": sum(len(ids) for tally in look.tallies.values() for ids in tally.values()),
            "messages sent": sum(message["state"] == "sent" for message in look.messages),
            "mails that came more than once (same Message-ID)": sum(count > 1 for count in copies.values()),
        },
    )


class _Look:
    """Everything that is compared, read once."""

    def __init__(self, books: Books) -> None:
        self._of = books.of
        self.facts = {
            service: list(database["facts"].find({}, {"value": 0}, sort=[("_id", 1)]))
            for service, database in books.of.items()
        }
        self.tallies = {
            service: {row["_id"]: row["facts"] for row in database[TALLY].find()}
            for service, database in books.of.items()
        }
        self.goals = list(books.of["members"]["goals"].find({}, {"person_id": 1, "state": 1}))
        self.affiliations = list(books.of["members"]["affiliations"].find({}, {"person_id": 1}))
        self.participants = {row["_id"]: row for row in books.of["journeys"]["participants"].find()}
        self.messages = list(books.of["notifications"]["messages"].find())

    @cached_property
    def chains(self) -> Chains:
        """Give every aggregate's facts in the order of their ids."""
        chains: Chains = {}
        for service, facts in self.facts.items():
            for fact in facts:
                chains.setdefault(f"{service}|{fact['aggregate']}|{fact['subject']}", []).append(fact)
        return chains

    def documents(self, thing: Thing) -> list[Document]:
        """Find what the owner keeps under a thing's mark."""
        return self._marked[thing.service, thing.collection, thing.mark[0]].get(thing.mark[1], [])

    @cached_property
    def _marked(self) -> defaultdict[tuple[str, str, str], dict[str, list[Document]]]:
        return _ByMark(self._of)

    def confirmations(self) -> Iterator[tuple[str, Counter[str]]]:
        """Give, per service, how often each fact was confirmed."""
        for service, database in self._of.items():
            rows = database["confirmations"].find({}, {"facts": 1})
            yield service, Counter(fact for row in rows for fact in row["facts"])


class _ByMark(defaultdict[tuple[str, str, str], dict[str, list[Document]]]):
    """Documents by service, collection and marking field, read when first asked for."""

    def __init__(self, of: Mapping[str, Any]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, key: tuple[str, str, str]) -> dict[str, list[Document]]:
        service, collection, name = key
        found: dict[str, list[Document]] = {}
        for document in self._of[service][collection].find({}, {"version": 1, name: 1}):
            value: Any = document
            for part in name.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            found.setdefault(str(value), []).append(document)
        self[key] = found
        return found


def _commands(look: _Look, things: Iterable[Thing]) -> Iterator[str]:
    """Compare what was acknowledged with what the owner keeps and tells: exactly once; unknown: once or not at all."""
    for thing in things:
        yield from (f"{command.name} {thing.id} was refused: {command.said}" for command in _refused(thing))
        documents = look.documents(thing)
        acknowledged = [command for command in thing.commands if command.reply is Reply.OK]
        unknown = [command for command in thing.commands if command.reply is Reply.INFO]
        if len(documents) > 1:
            yield f"{thing.commands[0].name} of '{thing.mark[1]}' happened {len(documents)} times"
        elif not documents and acknowledged:
            yield f"{thing.aggregate} {thing.id} was acknowledged and is not there"
        for document in documents:
            least, most = len(acknowledged), len(acknowledged) + len(unknown)
            if not least <= document["version"] <= most:
                yield (
                    f"{thing.aggregate} {document['_id']} has version {document['version']} "
                    f"after {least} acknowledged and {len(unknown)} unknown commands"
                )
            told = [_plain(fact["type"]) for fact in look.chains.get(_stream(thing, document["_id"]), [])]
            if not any(told == wanted for wanted in _possible(thing.commands)):
                yield f"{thing.aggregate} {document['_id']} tells {told} after {_names(thing.commands)}"


def _possible(commands: Sequence[Command]) -> Iterator[list[str]]:
    """Give the chains that may stand there; the one command without an answer is the last of its thing."""
    yield [fact for command in commands if command.reply is Reply.OK for fact in command.facts]
    yield [fact for command in commands if command.reply is not Reply.FAIL for fact in command.facts]


def _heard(look: _Look) -> Iterator[str]:
    """Compare what every service has applied with what was told, aggregate by aggregate, in order."""
    for service, tally in look.tallies.items():
        for stream in look.chains.keys() | tally.keys():
            told = [fact["_id"] for fact in look.chains.get(stream, [])]
            heard = tally.get(stream, [])
            if heard == told:
                continue
            lost = set(told) - set(heard)
            twice = [fact for fact, count in Counter(heard).items() if count > 1]
            if lost:
                yield f"{service} has never heard {len(lost)} of {len(told)} facts of {stream}"
            if twice:
                yield f"{service} has applied {len(twice)} facts of {stream} more than once"
            if set(heard) - set(told):
                yield f"{service} has applied facts of {stream} that its owner does not know"
            if not lost and not twice and sorted(heard) == sorted(told):
                yield f"{service} has applied facts of {stream} out of order"


def _projected(look: _Look) -> Iterator[str]:
    """Compare what journeys knows of people, from facts alone, with what members keeps of them."""
    for goal in look.goals:
        person = look.participants.get(goal["person_id"], {"goals": []})
        known = [row["standing"] for row in person["goals"] if row["id"] == goal["_id"]]
        if known not in KNOWN_AS[goal["state"]]:
            yield f"journeys knows the goal {goal['_id']}, which is {goal['state']}, as {known}"
    belonging = Counter(row["person_id"] for row in look.affiliations)
    for person_id, count in belonging.items():
        known = look.participants.get(person_id, {"affiliations": []})["affiliations"]
        if len(known) != count:
            yield f"journeys knows {len(known)} of {count} affiliations of {person_id}"


def _chains(look: _Look) -> Iterator[str]:
    for stream, chain in look.chains.items():
        sequences = [fact["sequence"] for fact in chain]
        linked = all(after["previous"] == f"{before['era']}.{before['sequence']}" for before, after in pairwise(chain))
        if sequences != list(range(1, len(chain) + 1)) or chain[0]["previous"] != "0.0" or not linked:
            yield f"the chain {stream} goes {sequences}"


def _confirmed(look: _Look) -> Iterator[str]:
    for service, confirmed in look.confirmations():
        told = {fact["_id"] for fact in look.facts[service]}
        never, twice = told - confirmed.keys(), [fact for fact, count in confirmed.items() if count > 1]
        if never:
            yield f"{service} has never confirmed {len(never)} facts"
        if twice:
            yield f"{service} has confirmed {len(twice)} facts twice"
        if confirmed.keys() - told:
            yield f"{service} has confirmed {len(confirmed.keys() - told)} facts that it never told"


def _mails(look: _Look, letters: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One message per cause, sent, and in the mailbox under its own Message-ID; nothing else is there."""
    triggered = Counter(message["key"].split("|")[1] for message in look.messages)
    for facts in look.facts.values():
        for fact in facts:
            wanted = MAILED.get(fact["type"].rpartition(".")[0])
            if wanted is not None and triggered[fact["_id"]] != wanted:
                yield f"{triggered[fact['_id']]} messages instead of {wanted} follow from {fact['type']} {fact['_id']}"
    arrived = {letter["message_id"] for letter in letters if not letter["message_id"].startswith("<sign-in.")}
    sent = {f"<{message['_id']}@missionare>" for message in look.messages if message["state"] == "sent"}
    yield from (f"{message} was sent and is not in the mailbox" for message in sorted(sent - arrived))
    yield from (f"{message} is in the mailbox and was never sent" for message in sorted(arrived - sent))


def _refused(thing: Thing) -> Iterator[Command]:
    return (command for command in thing.commands if command.reply is Reply.FAIL)


def _stream(thing: Thing, document_id: str) -> str:
    return f"{thing.service}|{thing.aggregate}|{document_id}"


def _plain(kind: str) -> str:
    return kind.split(".")[1]


def _names(commands: Iterable[Command]) -> list[str]:
    return [f"{command.name} ({command.reply})" for command in commands]
