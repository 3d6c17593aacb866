"""Promise 15: of many who change one thing at once, nobody overwrites what another has saved."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promises.programs import ERROR, STALE, Program, program
from promises.promise import Finding, Promise, Trial, Twin
from promises.stage import platform_for
from support.travel import EDITOR

from missionare.cli.demo.world import CATALOG

CLIENTS: Final = 100
CONTENT: Final = {"kind": "question", "pole": "opportunity", "topics": ["production"], "title": "Wer schreibt zuletzt?"}
BEGINNING: Final = "Anfang"
PAUSE_SECONDS: Final = 0.25
"""At most so long a client waits after its first refusal, and twice as long after each further one."""
LONGEST_PAUSE_SECONDS: Final = 4.0


@dataclass(frozen=True)
class Edit:
    """An edit that was acknowledged."""

    mark: str
    base: int
    """The version it was made on."""


class NoUpdateIsLost(Promise):
    """A hundred editors of one entry."""

    number = 15
    title = "When many change the same thing at once, no change is lost"
    method = (
        "A hundred clients edit one entry of the catalog through the gateway: each reads it, adds its own mark to the "
        "text that it has read, and saves with If-Match, again after a refusal, until it is acknowledged. The catalog "
        "is killed meanwhile. The acknowledged edits must form one chain: each on the version that the one before "
        "made, and every mark exactly once in the text, in that order (K5)."
    )
    in_gate = True
    twins = (Twin("version filter dropped", "a change is saved whatever version is there by now"),)

    async def run(self, trial: Trial) -> Finding:
        """Edit, and compare the text with what was acknowledged."""
        each = trial.choose(gate=1, full=8)
        async with platform_for(trial) as stage, program(stage.world, session_of=EDITOR.email) as editor:
            made = await editor.give(f"{CATALOG}/entries", {**CONTENT, "text": BEGINNING})
            entry, first = made.json()["id"], made.json()["version"]
            halfway = asyncio.Event()
            clients = [_Client(editor, entry, n, trial.random.random(), halfway) for n in range(CLIENTS)]
            trial.note(f"{CLIENTS} clients, {each} edits each")
            working = asyncio.gather(*(client.edit(each) for client in clients))
            if trial.sabotage is None:
                await halfway.wait()
                await stage.kill("catalog")
            await working
            final = (await editor.read(f"{CATALOG}/drafts/{entry}")).json()
        edits = [edit for client in clients for edit in client.edits]
        refused = sum(client.refused for client in clients)
        trial.note(f"{len(edits)} edits acknowledged, {refused} refused as stale, {editor.repeated} sent again")
        figures = {"edits refused as stale": refused, "requests sent again without an answer": editor.repeated}
        violations = [*_chain(edits, first, final["version"]), *_text(edits, final["text"])]
        return Finding(len(edits), stage.faults, violations, figures)


class _Client:
    """Somebody who edits and begins again when another was faster."""

    def __init__(self, program: Program, entry: str, number: int, chance: float, halfway: asyncio.Event) -> None:
        self._program = program
        self._entry = entry
        self._number = number
        self._chance = random.Random(chance)
        self._halfway = halfway
        self.edits: list[Edit] = []
        self.refused = 0

    async def edit(self, times: int) -> None:
        for number in range(times):
            pause = PAUSE_SECONDS
            while not await self._tried(f"{self._number:02x}{number}"):
                self.refused += 1
                await asyncio.sleep(self._chance.uniform(0, pause))
                pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)
            if self._number == CLIENTS // 2:
                self._halfway.set()

    async def _tried(self, mark: str) -> bool:
        """Read, change, save; False where somebody else has saved in between."""
        read = await self._program.read(f"{CATALOG}/drafts/{self._entry}")
        text = f"{read.json()['text']} {mark}"
        path, body = f"{CATALOG}/entries/{self._entry}", {**CONTENT, "text": text}
        answer = await self._program.give(path, body, method="PUT", match=read.headers["etag"])
        if answer.status_code == STALE:
            return False
        if answer.status_code >= ERROR:
            raise RuntimeError(f"an edit was answered {answer.status_code}: {answer.text}")
        self.edits.append(Edit(mark, read.json()["version"]))
        return True


def _chain(edits: list[Edit], first: int, last: int) -> Iterator[str]:
    """Compare the versions on which edits were made with the line that they must form."""
    bases = Counter(edit.base for edit in edits)
    for base, count in sorted(bases.items()):
        if count > 1:
            yield f"K5: {count} edits were acknowledged that were all made on version {base}"
    if last != first + len(edits):
        yield f"K5: after {len(edits)} acknowledged edits of version {first} the entry has version {last}"


def _text(edits: list[Edit], text: str) -> Iterator[str]:
    """Compare the marks in the text with those that were acknowledged, in the order of their versions."""
    found = text.removeprefix(BEGINNING).split()
    wanted = [edit.mark for edit in sorted(edits, key=lambda edit: edit.base)]
    for mark, count in sorted((Counter(wanted) - Counter(found)).items()):
        yield f"K5: the acknowledged edit {mark} is lost ({count})"
    for mark, count in sorted((Counter(found) - Counter(wanted)).items()):
        yield f"K5: the edit {mark} is in the text {count} times more than it was acknowledged"
    if sorted(found) == sorted(wanted) and found != wanted:
        yield "K5: the edits are in the text in another order than they were acknowledged"
