"""Intake: entries of a file in, one answer per entry out; good ones become drafts under review."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Annotated, Final

from pydantic import Field, JsonValue, StringConstraints, ValidationError

from missionare.catalog.api import IMPORTERS, Classified, Prose, Title, person_of
from missionare.catalog.entry import domain as entry_domain
from missionare.catalog.entry.api import MOST_LIMITS, hand_to_review
from missionare.catalog.entry.domain import Content, Entry
from missionare.catalog.entry.store import Entries
from missionare.catalog.events import EntryKind, Topic
from missionare.catalog.intake import domain
from missionare.catalog.intake.domain import Import, Outcome, Problem, Result, Wanted
from missionare.catalog.intake.store import Imports
from missionare.kit.answers import Answer
from missionare.kit.problems import InvalidInput
from missionare.kit.refusals import Refusal
from missionare.kit.routes import Body, Command, Done, Reader, Routes

routes = Routes("catalog")

MOST_ENTRIES: Final = 100
STARTER: Final = files("missionare.catalog") / "starter" / "catalog.yaml"
NAMELESS: Final = "?"
"""How an entry is called that has no key one could repeat."""

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,63}$", max_length=64)]


class EntryInFile(Classified):
    """One entry of a file."""

    key: Key
    type: EntryKind
    topics: Annotated[tuple[Topic, ...], Field(max_length=len(Topic))] = ()
    limits: Annotated[tuple[Key, ...], Field(max_length=MOST_LIMITS)] = ()
    title_de: Title
    text_de: Prose

    def wanted(self) -> Wanted:
        """Give it as the domain knows it."""
        return Wanted(**{name: getattr(self, name) for name in Wanted.model_fields})


class ImportDraft(Body):
    """Entries to take in. Each is judged by itself, so that one that is wrong keeps no other out."""

    entries: Annotated[tuple[dict[str, JsonValue], ...], Field(min_length=1, max_length=MOST_ENTRIES)]


class StarterCatalog(Answer):
    """The file that comes with the service."""

    yaml: str


class ProblemView(Answer):
    """What is wrong with one field."""

    field: str
    reason: str


class ResultView(Answer):
    """What became of one entry."""

    key: str
    outcome: Outcome
    entry_id: str | None
    problems: list[ProblemView]


class ImportView(Answer):
    """The answer to an import."""

    id: str
    entries: list[ResultView]
    counts: dict[Outcome, int]


async def show_import(import_id: str, reader: Reader) -> ImportView:
    """Show what became of each entry, in the reader's language."""
    done = await reader.store(Imports).get(import_id, reader.scope)
    outcomes = [result.outcome for result in done.results]
    return ImportView(
        id=done.id,
        entries=[
            ResultView(
                **result.model_dump(include={"key", "outcome", "entry_id"}),
                problems=[
                    ProblemView(field=problem.field, reason=problem.reason[reader.language])
                    for problem in result.problems
                ],
            )
            for result in done.results
        ],
        counts={outcome: outcomes.count(outcome) for outcome in Outcome},
    )


@routes.get("/starter-catalog", policy=IMPORTERS, answers=StarterCatalog)
async def read_starter_catalog(reader: Reader) -> StarterCatalog:
    """Give the file with which a region's catalog can begin: reviewed by nobody, to be imported."""
    del reader
    return StarterCatalog(yaml=STARTER.read_text(encoding="utf-8"))


@routes.post("/imports", policy=IMPORTERS, shows=show_import, status=201)
async def import_entries(body: ImportDraft, command: Command) -> Done:
    """Take in entries of a file as drafts, and hand them to review. The same ones again change nothing."""
    results, wanted = _read(body)
    known = await command.store(Entries).keyed({key for one in wanted for key in (one.key, *one.limits)}, command.scope)
    for one in domain.limits_first(wanted):
        results.append(await _take_in(one, known, command))
    done = Import(id=command.new_id(), results=tuple(results))
    command.save(command.store(Imports), done)
    return command.done(done.id)


def _read(body: ImportDraft) -> tuple[list[Result], list[Wanted]]:
    """Tell entries that can be read from those that cannot."""
    results, wanted = list[Result](), dict[str, Wanted]()
    for entry in body.entries:
        try:
            one = EntryInFile.model_validate_json(json.dumps(entry)).wanted()
        except ValidationError as error:
            results.append(domain.refused(_called(entry), *_problems(error)))
            continue
        if one.key in wanted:
            results.append(domain.refused(one.key, domain.TWICE))
        else:
            wanted[one.key] = one
    return results, list(wanted.values())


async def _take_in(wanted: Wanted, known: dict[str, Entry], command: Command) -> Result:
    """Make a draft of an entry or change the one there is, and hand it to review."""
    problems = domain.judge(wanted, known)
    if problems:
        return domain.refused(wanted.key, *problems)
    content = wanted.content([known[key].id for key in wanted.limits])
    entry = known.get(wanted.key)
    if entry is not None and not domain.says_something_new(entry, content):
        return Result(key=wanted.key, outcome=Outcome.UNCHANGED, entry_id=entry.id)
    try:
        known[wanted.key] = await (_begin(wanted.key, content, command) if entry is None
                                   else _change(entry, content, command))  # fmt: skip
    except Refusal as refusal:
        return domain.refused(wanted.key, domain.problem_of(refusal))
    outcome = Outcome.CREATED if entry is None else Outcome.CHANGED
    return Result(key=wanted.key, outcome=outcome, entry_id=known[wanted.key].id)


async def _begin(key: str, content: Content, command: Command) -> Entry:
    entry, drafted = entry_domain.draft(
        id=command.new_id(),
        content=content,
        author_id=person_of(command.caller),
        suggestion_id=None,
        now=command.now,
        key=key,
    )
    await hand_to_review(entry.changed(imported_hash=content.hash), command, drafted)
    return entry


async def _change(entry: Entry, content: Content, command: Command) -> Entry:
    kept = content.model_copy(update={"citations": entry.content.citations})
    edited, marked = entry_domain.edit(entry, content=kept, author_id=person_of(command.caller), reason=domain.REASON)
    await hand_to_review(edited.changed(imported_hash=content.hash), command, marked)
    return edited


def _called(entry: dict[str, JsonValue]) -> str:
    key = entry.get("key")
    return key[:64] if isinstance(key, str) and key else NAMELESS


def _problems(error: ValidationError) -> list[Problem]:
    told = InvalidInput.of(error.errors(include_url=False, include_input=False)).errors
    return [
        Problem(field=one.field, reason={language: one.worded(language)["reason"] for language in ("de", "en")})
        for one in told
    ]
