"""Commands: a caller's decision, carried out once, in one transaction, with its audit row."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakValueDictionary

from fastapi import Request

from missionare.kit import logs, metrics
from missionare.kit.aggregates import Aggregate
from missionare.kit.answers import Answer
from missionare.kit.callers import Caller, Language, OnBehalf
from missionare.kit.idempotency import InFlight, Once, Outcome, Repeated
from missionare.kit.ids import uuid7
from missionare.kit.mongo import Session
from missionare.kit.preconditions import IfMatch
from missionare.kit.problems import Contended
from missionare.kit.readers import Site
from missionare.kit.refusals import Refusal
from missionare.kit.settings import ProcessSettings
from missionare.kit.store import Scope, Store
from missionare.kit.tokens import Signer
from missionare.kit.work import LostRace, Origin, ReadTooEarly, Work

MAX_ATTEMPTS: Final = 10
_PAUSE_SECONDS: Final = 0.01
_LONGEST_PAUSE_SECONDS: Final = 0.25


@dataclass(frozen=True)
class Done:
    """The end of a command: the id of what it is about."""

    object_id: str
    shown: Answer | None = None
    """What to show this once, where it holds a secret that is kept nowhere; a repetition shows the present state."""


@dataclass(frozen=True)
class Act:
    """One command as it was sent: who wants what, under which conditions."""

    operation: str
    caller: Caller
    line: str
    """What it is about, as far as its address tells: those who lose a race for it wait in one line."""
    decide: Callable[[Command], Awaitable[Any]]
    status: int = 200
    once: Once | None = None
    if_match: IfMatch | None = None
    on_behalf: OnBehalf | None = None
    traceparent: str | None = None
    cookies: Mapping[str, str] = field(default_factory=dict)
    """What the browser that acts on a mailed link keeps."""


class Command(Work):
    """The work of one command, with its caller.

    The function that fills it may run several times before one of its results is committed, so it has no effect
    outside: it loads, decides and adds.
    """

    def __init__(self, site: Site, act: Act) -> None:
        """Begin an empty work for `act`."""
        correlation = logs.correlation_id.get() or uuid7()
        super().__init__(site.context, Origin(act.caller.actor, correlation, traceparent=act.traceparent))
        self._site = site
        self._act = act
        self._matched = act.if_match is None
        self.caller = act.caller
        self.scope = Scope(act.caller)
        self.on_behalf = act.on_behalf
        self.cookies = act.cookies
        self._why = ""

    @property
    def language(self) -> Language:
        """The language the caller prefers."""
        return self.caller.language

    @property
    def signer(self) -> Signer:
        """Give the signer of this service's tokens."""
        return self._site.signing

    @property
    def settings(self) -> ProcessSettings:
        """Give the settings of the process."""
        return self._site.settings

    def because(self, why: str) -> None:
        """Give the reason in the caller's own words, for the audit trail."""
        self._why = why

    def match(self, aggregate: Aggregate) -> None:
        """Compare what was loaded with what the caller decided on. A command that changes something must ask.

        Raises:
            Stale: it has changed since the caller read it.
        """
        self._matched = True
        if self._act.if_match is not None:
            self._act.if_match.check(aggregate.version)

    def done(self, object_id: str, *, shown: Answer | None = None) -> Done:
        """End the command; `object_id` is what will be shown, now and to whoever repeats the command.

        With `shown`, the first answer is that instead: for a secret that can be told only once.
        """
        return Done(object_id, shown)

    def saved(self, store: type[Store[Any]], object_id: str) -> Aggregate | None:
        """Give an aggregate as this command saved it, or None when it did not save it."""
        save = self._saves.get((store.collection, object_id))
        return None if save is None else save.aggregate.model_copy(update={"version": save.aggregate.version + 1})

    def seal(self, outcome: Outcome) -> None:
        """Add what every command leaves behind: the record by which a repetition is known, and the audit row."""
        if not self._matched:
            msg = f"{self._act.operation} is declared with changes=True and never called command.match"
            raise AssertionError(msg)
        once = self._act.once
        if once is not None:

            async def claim(session: Session) -> None:
                await once.claim(self.context.database, session, outcome)

            self.claim(claim)
        self._note_itself(outcome)

    def _note_itself(self, outcome: Outcome) -> None:
        behalf = self._act.on_behalf
        told = {"on_behalf_of": behalf.subject_id, "channel": behalf.channel.value} if behalf else {}
        saved = [f"{save.store.aggregate}:{save.aggregate.id}" for save in self._saves.values()]
        self.note(
            what=self._act.operation,
            why=behalf.why if behalf else self._why,
            objects=saved or ([outcome.object_id] if outcome.object_id else []),
            **told,
        )


@dataclass(frozen=True)
class Performed:
    """A command that has happened: just now (with the work that did it) or before."""

    outcome: Outcome
    command: Command | None
    result: Any = None
    """What the function returned, where it happened just now."""


class Commands:
    """Carries out acts: once each, however often they are sent, and one after the other where they collide."""

    def __init__(self, site: Site) -> None:
        """Work on the site's database."""
        self.site = site
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def perform(self, act: Act) -> Performed:
        """Do what is asked, or find that it was done before.

        Raises:
            Refusal: the decision said no, or the key belongs to another command. Nothing has changed.
            Contended: the race was lost ten times in a row.
        """
        try:
            performed = await self._perform(act)
        except Refusal as refusal:
            outcome = "exhausted" if isinstance(refusal, Contended) else "refused"
            metrics.commands.labels(operation=act.operation, outcome=outcome).inc()
            raise
        outcome = "done" if performed.command else "repeated"
        metrics.commands.labels(operation=act.operation, outcome=outcome).inc()
        return performed

    async def _perform(self, act: Act) -> Performed:
        try:
            return await self._attempt(act)
        except LostRace:
            metrics.races_lost.labels(operation=act.operation).inc()
        # Who lost once waits in line with the other losers instead of racing them again: a hot document (the last
        # seat of two hundred) is then decided about one by one.
        async with self._line(act.line):
            return await self._keep_trying(act)

    async def _keep_trying(self, act: Act) -> Performed:
        for attempt in range(1, MAX_ATTEMPTS):
            try:
                return await self._attempt(act)
            except LostRace:
                metrics.races_lost.labels(operation=act.operation).inc()
                pause = min(_LONGEST_PAUSE_SECONDS, _PAUSE_SECONDS * 2**attempt)
                await asyncio.sleep(random.uniform(0, pause))  # noqa: S311 - jitter, no secret
        raise Contended

    async def _attempt(self, act: Act) -> Performed:
        command = Command(self.site, act)
        try:
            return await self._decide_and_commit(command, act)
        except (Refusal, Repeated) as error:
            # The first time may have changed the very state that now refuses: then this is a repetition, and the
            # record says so. It is asked for only here, so that a command costs no extra look beforehand.
            primary = self.site.context.database.primary
            await primary.prove()
            earlier = await act.once.earlier(self.site.context.database) if act.once else None
            if earlier is not None:
                logs.log.info("command repeated: already done", operation=act.operation)
                return Performed(earlier, None)
            if isinstance(error, Repeated):
                raise InFlight from None  # committed this moment, and not on a majority yet
            if command.read_in != primary.term:
                raise ReadTooEarly from error  # nobody is refused for what was not known yet
            raise

    async def _decide_and_commit(self, command: Command, act: Act) -> Performed:
        result = await act.decide(command)
        outcome = Outcome(result.object_id if isinstance(result, Done) else "", act.status)
        command.seal(outcome)
        await command.commit()
        return Performed(outcome, command, result)

    @asynccontextmanager
    async def _line(self, subject: str) -> AsyncIterator[None]:
        line = self._lines.get(subject)
        if line is None:
            line = self._lines[subject] = asyncio.Lock()
        async with line:
            yield


def commands_of(request: Request) -> Commands:
    """Give what carries out commands where a request has arrived, and with it the site."""
    commands: Commands = request.app.state.commands
    return commands
