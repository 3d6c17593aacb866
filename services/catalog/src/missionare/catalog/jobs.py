"""What catalog does by itself: looks for what is due, fetches texts from their owners, proposes updates."""

from __future__ import annotations

from typing import Final

from missionare.catalog.edition import domain as edition_domain
from missionare.catalog.edition.domain import EDITION_DUE, edition_key
from missionare.catalog.edition.store import Editions
from missionare.catalog.events import SourceKind
from missionare.catalog.source.domain import GATHER, SUGGEST, Journey, Source, Stage, complete, taken_apart
from missionare.catalog.source.views import Completions, Participations, Sources
from missionare.catalog.suggestion import domain as suggestion_domain
from missionare.catalog.suggestion.store import Suggestions
from missionare.catalog.suggestion.views import Candidates
from missionare.kit.peers import PeerRefused
from missionare.kit.store import Scope
from missionare.kit.timers import Due, Timers
from missionare.kit.work import Work

OWNERS: Final = {
    SourceKind.INSIGHT: ("journeys", "/internal/insights/{id}", "text"),
    SourceKind.GOAL: ("members", "/internal/goals/{id}/wording", "wording"),
}
"""Who gives the text of a source, where, and under which name."""
GONE: Final = 404

EVERYTHING = Scope.system("sources are matched with journeys on nobody's behalf")

timers = Timers()


@timers.on(GATHER)
async def on_gather(timer: Due, work: Work) -> None:
    """Have the texts fetched of what is due; once nothing is missing, propose the update."""
    journey = await work.store(Completions).find(timer.subject, EVERYTHING)
    sources = work.store(Sources)
    waiting = await sources.waiting(timer.subject, EVERYTHING)
    due = [
        source
        for source in waiting
        if source.stage is Stage.KEPT and (journey or source.source_kind is SourceKind.GOAL)
    ]
    sources.asked(work, due)
    for source in due:
        work.schedule(SUGGEST, source.key, at=work.now)
    if journey is None:
        work.ignored("the journey is not completed yet")
        return
    if not waiting and complete(
        journey,
        insights=await sources.count_insights(journey.journey_id, EVERYTHING),
        participations=await work.store(Participations).count(journey.journey_id, EVERYTHING),
    ):
        await _propose(journey, work)


@timers.on(SUGGEST)
async def on_suggest(timer: Due, work: Work) -> None:
    """Fetch a source's text and raise its suggestion, or bring the one there is up to date."""
    sources = work.store(Sources)
    source = await sources.find(timer.subject, EVERYTHING)
    if source is None or source.journey_id is None:
        work.ignored("its owner is not back from a journey yet")
        return
    suggestion = await work.store(Suggestions).raised_from(source, source.kind, EVERYTHING)
    text = await _text(source, work) if source.offered else None
    if suggestion is not None and suggestion.text != text:
        work.save(work.store(Suggestions), suggestion_domain.retell(suggestion, text))
    elif suggestion is None and text is not None:
        await _raise(source, source.journey_id, text, work)
    else:
        work.ignored("the suggestion says already what its source says")
    sources.handled(work, source)
    work.schedule(GATHER, source.journey_id, at=work.now)


@timers.on(EDITION_DUE)
async def on_edition_due(timer: Due, work: Work) -> None:
    """Wait no longer for what a journey announced: people can begin with what is there."""
    journey = await work.store(Completions).find(timer.subject.rpartition(":")[0], EVERYTHING)
    if journey is None or edition_key(journey.journey_id, journey.revision) != timer.subject:
        work.ignored("the journey has been completed anew since")
        return
    await _propose(journey, work)


async def _text(source: Source, work: Work) -> str | None:
    """Fetch what a source says now, or None where its owner no longer gives it away."""
    kind, source_id = taken_apart(source.key)
    owner, path, field = OWNERS[kind]
    try:
        answer = await work.peers.get(owner, path.format(id=source_id))
    except PeerRefused as refusal:
        if refusal.status == GONE:
            return None
        raise
    return str(answer[field])


async def _raise(source: Source, journey_id: str, text: str, work: Work) -> None:
    likely = await work.store(Candidates).ranked(text, EVERYTHING)
    suggestion, facts = suggestion_domain.suggest(
        source,
        id=work.new_id(),
        text=text,
        journey_id=journey_id,
        organisation_id=source.organisation_id,
        likely_entries=tuple(like.entry_id for like in likely),
        now=work.now,
    )
    work.save(work.store(Suggestions), suggestion, facts)


async def _propose(journey: Journey, work: Work) -> None:
    editions, suggestions = work.store(Editions), work.store(Suggestions)
    if await editions.of(journey.journey_id, journey.revision, EVERYTHING) is not None:
        work.ignored("the update was proposed before")
        return
    edition, facts = edition_domain.propose(
        id=work.new_id(),
        journey_id=journey.journey_id,
        revision=journey.revision,
        suggestions=await suggestions.count({"journey_id": journey.journey_id}, EVERYTHING),
        entries=len(await suggestions.touched_by(journey.journey_id, EVERYTHING)),
        now=work.now,
    )
    work.save(editions, edition, facts)
    work.cancel(EDITION_DUE, edition_key(journey.journey_id, journey.revision))
