"""The link by which a host decides about insights: GET lists what waits, POST releases, redacts or withholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint

from missionare.journeys.api import filled_in
from missionare.journeys.audience.api import options
from missionare.journeys.events import Audience, InsightKind
from missionare.journeys.host.api import HOST, visited_by
from missionare.journeys.host.domain import named_by
from missionare.journeys.insight import domain
from missionare.journeys.insight.domain import Decided, Insight, InsightUnknown
from missionare.journeys.insight.store import Insights
from missionare.journeys.organisation.views import Hosts
from missionare.journeys.stop.domain import HostTerms
from missionare.kit.callers import Language
from missionare.kit.facts import Id
from missionare.kit.links import Field, Form, LinkGrant, Links, LinkToken, Page
from missionare.kit.moments import told
from missionare.kit.refusals import Text
from missionare.kit.routes import Command, Reader

links = Links(fetched_by=["notifications"])

RELEASE_DESK: Final = "release_desk"
SHOWN: Final = 20
"""Insights on one page; the next ones follow when these are decided about."""

_WORDS: Final[Mapping[str, Text]] = {
    "title": {"de": "Was darf von diesem Besuch erzählt werden?", "en": "What may be told of this visit?"},
    "promise": {
        "de": "Bisher liest nur die Reisegruppe, was hier steht. Wenn Sie nichts tun, bleibt es dabei.",
        "en": "So far only the journey's group can read this. If you do nothing, it stays like that.",
    },
    "empty": {"de": "Es wartet keine Erkenntnis auf Ihre Entscheidung.", "en": "No insight waits for your decision."},
    "until": {"de": "Frist", "en": "Until"},
    "audience": {"de": "Wer darf es lesen?", "en": "Who may read it?"},
    "text": {"de": "Ihre Fassung", "en": "Your wording"},
    "release": {"de": "So freigeben", "en": "Release as it is"},
    "redact": {"de": "Mit meiner Fassung freigeben", "en": "Release in my wording"},
    "withhold": {"de": "Nicht freigeben", "en": "Do not release"},
}
_KINDS: Final[Mapping[InsightKind, Text]] = {
    InsightKind.PRACTICE: {"de": "Praxis", "en": "Practice"},
    InsightKind.CHALLENGE: {"de": "Herausforderung", "en": "Challenge"},
    InsightKind.SUCCESS_FACTOR: {"de": "Erfolgsfaktor", "en": "Success factor"},
    InsightKind.PITFALL: {"de": "Stolperstein", "en": "Pitfall"},
    InsightKind.QUESTION: {"de": "Frage", "en": "Question"},
}


class _Chosen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    insight_id: Id


class Withholding(_Chosen):
    """A no to one insight, as the form sends it."""


class Release(_Chosen):
    """A yes to one insight as it is, as the form sends it."""

    audience: Audience


class Redaction(_Chosen):
    """A yes to one insight in the host's wording, as the form sends it."""

    text: Annotated[str, Constraint(max_length=4_000)]
    audience: Audience | None = None
    """Without it, the readers agreed to when the host confirmed."""


@links.issues(RELEASE_DESK)
async def grant_release_desk(subject: str, command: Command) -> LinkGrant:
    """Let a host decide until the last deadline of what waits now."""
    journey_id, stop_id = named_by(subject)
    _, stop = await visited_by(subject, command)
    until = await command.store(Insights).desk_closes_at(journey_id, stop_id)
    if until is None:
        raise InsightUnknown
    return LinkGrant(expires_at=until, holder=await command.store(Hosts).contact_of(stop.organisation_id))


@links.page(RELEASE_DESK)
async def show_release_desk(link: LinkToken, reader: Reader) -> Page:
    """List what waits for the host."""
    return await _page(link, reader, None)


@links.act(RELEASE_DESK, "release", changes=True)
async def release_insight(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Let others read one insight as it is."""
    chosen = filled_in(Release, form)
    return await _decide(link, chosen, command, lambda i, _: domain.release(i, chosen.audience, now=command.now))


@links.act(RELEASE_DESK, "redact", changes=True)
async def redact_insight(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Let others read one insight in the host's wording."""
    chosen = filled_in(Redaction, form)

    def decide(insight: Insight, terms: HostTerms | None) -> Decided:
        audience = chosen.audience or domain.usual_audience(insight, terms)
        return domain.redact(insight, chosen.text, audience, now=command.now)

    return await _decide(link, chosen, command, decide)


@links.act(RELEASE_DESK, "withhold", changes=True)
async def withhold_insight(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Keep one insight within the group."""
    chosen = filled_in(Withholding, form)
    return await _decide(link, chosen, command, lambda i, _: domain.withhold(i, now=command.now))


async def _decide(
    link: LinkToken, chosen: _Chosen, command: Command, decide: Callable[[Insight, HostTerms | None], Decided]
) -> Page:
    store = command.store(Insights)
    insight = await store.get(chosen.insight_id, HOST)
    if (insight.journey_id, insight.stop_id) != named_by(link.subject):
        raise InsightUnknown
    command.match(insight)
    _, stop = await visited_by(link.subject, command)
    store.keep(command, *decide(insight, stop.terms))
    return await _page(link, command, insight.id)


async def _page(link: LinkToken, reader: Reader | Command, decided: str | None) -> Page:
    """Show what waits, without the one that this very request decides about."""
    journey_id, stop_id = named_by(link.subject)
    language = reader.language
    _, stop = await visited_by(link.subject, reader)
    waiting = await reader.store(Insights).before_host(journey_id, stop_id, limit=SHOWN + 1)
    shown = list(enumerate([insight for insight in waiting if insight.id != decided][:SHOWN], 1))
    said = _WORDS["promise" if shown else "empty"][language]
    return Page(
        title=_WORDS["title"][language],
        paragraphs=[stop.title, said],
        details=[_detail(n, insight, language) for n, insight in shown],
        forms=[form for n, insight in shown for form in _forms(n, insight, stop.terms, language)],
    )


def _detail(n: int, insight: Insight, language: Language) -> tuple[str, str]:
    until = told(insight.release_until_at, language) if insight.release_until_at else ""
    return f"{n}. {_KINDS[insight.kind][language]} ({_WORDS['until'][language]}: {until})", insight.text


def _forms(n: int, insight: Insight, terms: HostTerms | None, language: Language) -> list[Form]:
    said = {name: text[language] for name, text in _WORDS.items()}
    usual = domain.usual_audience(insight, terms).value
    readers = Field(
        "audience", said["audience"], kind="select", value=usual, options=options(insight.choices, language)
    )
    wording = Field("text", said["text"], kind="textarea", value=insight.text, longest=4_000)
    fields = {"release": (readers,), "redact": (wording, readers), "withhold": ()}
    return [
        Form(
            action,
            said[action],
            shown,
            hidden={"insight_id": insight.id},
            version=insight.version,
            heading=f"{n}. {said[action]}",
        )
        for action, shown in fields.items()
    ]
