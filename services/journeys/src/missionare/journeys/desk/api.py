"""The link by which a host decides about insights: GET lists what waits, POST releases, redacts or withholds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Constraint

from missionare.journeys.api import filled_in
from missionare.journeys.audience.api import options
from missionare.journeys.desk.domain import WANTED, inked, shown_as
from missionare.journeys.desk.domain import chosen as meant
from missionare.journeys.events import Audience, InsightKind
from missionare.journeys.host.api import HOST, renewed, visited_by
from missionare.journeys.host.domain import ADDRESS, named_by
from missionare.journeys.insight import domain
from missionare.journeys.insight.domain import Decided, Insight, InsightState, InsightUnknown
from missionare.journeys.insight.store import Insights
from missionare.journeys.organisation.views import Hosts
from missionare.journeys.stop.domain import HostTerms
from missionare.kit.aggregates import Aggregate
from missionare.kit.answers import Answer
from missionare.kit.callers import Language
from missionare.kit.facts import Id
from missionare.kit.links import Field, Form, LinkGrant, Links, LinkToken, Page
from missionare.kit.moments import told
from missionare.kit.refusals import Text
from missionare.kit.routes import Command, Reader

links = Links(fetched_by=["notifications"])

RELEASE_DESK: Final = "release_desk"
DECIDED: Final = 50
"""Decisions that are shown again, the latest first."""
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
    "wanted": {"de": "der kleine Kreis, den der Gast gewählt hat", "en": "the small circle that the guest chose"},
}
_KINDS: Final[Mapping[InsightKind, Text]] = {
    InsightKind.PRACTICE: {"de": "Praxis", "en": "Practice"},
    InsightKind.CHALLENGE: {"de": "Herausforderung", "en": "Challenge"},
    InsightKind.SUCCESS_FACTOR: {"de": "Erfolgsfaktor", "en": "Success factor"},
    InsightKind.PITFALL: {"de": "Stolperstein", "en": "Pitfall"},
    InsightKind.QUESTION: {"de": "Frage", "en": "Question"},
}


Readers = Annotated[str, Constraint(pattern=f"^({'|'.join([*Audience, WANTED])})$")]


class WaitingTold(Answer):
    """An insight that waits for its host. Nothing says who wrote it, or as what."""

    id: str
    version: int
    """Of the step it waits for, for the decision."""
    kind: InsightKind
    text: str
    noted_at: datetime
    until_at: datetime
    wanted: str
    choices: tuple[str, ...]
    usual: str
    """The readers that are proposed."""

    @classmethod
    def of(cls, insight: Insight, terms: HostTerms | None) -> Self:
        """Tell it."""
        return cls(
            version=insight.edition,
            until_at=insight.release_until_at or insight.noted_at,
            wanted=shown_as(insight.wanted),
            choices=tuple(dict.fromkeys(shown_as(choice) for choice in insight.choices)),
            usual=shown_as(domain.usual_audience(insight, terms)),
            **insight.model_dump(include={"id", "kind", "text", "noted_at"}),
        )


class DecidedTold(Answer):
    """An insight that was decided about."""

    kind: InsightKind
    state: InsightState
    audience: str | None
    decided_at: datetime
    pieces: tuple[str, ...]
    """What readers see; between two pieces something was struck out. Empty where it was not released."""

    @classmethod
    def of(cls, insight: Insight) -> Self:
        """Tell it."""
        opened = insight.state in domain.OPENED
        return cls(
            kind=insight.kind,
            state=insight.state,
            audience=shown_as(insight.audience) if insight.audience else None,
            decided_at=insight.decided_at or insight.noted_at,
            pieces=inked(insight.text, insight.redaction) if opened else (),
        )


class DeskTold(Answer):
    """What a host decides about and has decided, for the pages that show it."""

    purpose: Literal["release_desk"] = RELEASE_DESK
    journey: str
    stop: str
    visited_at: datetime
    zone: str
    more: bool
    """Whether further insights follow when these are decided about."""
    recognisable: bool = False
    """Whether readers may guess the host although nothing names it: fewer than three companies are like it."""
    waiting: tuple[WaitingTold, ...]
    decided: tuple[DecidedTold, ...]


class _Chosen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    insight_id: Id


class Withholding(_Chosen):
    """A no to one insight, as the form sends it."""


class Release(_Chosen):
    """A yes to one insight as it is, as the form sends it."""

    audience: Readers


class Redaction(_Chosen):
    """A yes to one insight in the host's wording, as the form sends it."""

    text: Annotated[str, Constraint(max_length=4_000)]
    audience: Readers | None = None
    """Without it, the readers agreed to when the host confirmed."""


@links.issues(RELEASE_DESK, address=ADDRESS)
async def grant_release_desk(subject: str, command: Command) -> LinkGrant:
    """Let a host decide until the last deadline of what waits now."""
    journey_id, stop_id = named_by(subject)
    _, stop = await visited_by(subject, command)
    until = await command.store(Insights).desk_closes_at(journey_id, stop_id)
    if until is None:
        raise InsightUnknown
    return LinkGrant(expires_at=until, holder=await command.store(Hosts).contact_of(stop.organisation_id))


@links.renews(RELEASE_DESK)
async def renew_release_desk(link: LinkToken, command: Command) -> Page:
    """Have a new link sent to the host's known address, to what there is to open now."""
    return await renewed(link, command)


@links.page(RELEASE_DESK)
async def show_release_desk(link: LinkToken, reader: Reader) -> Page:
    """List what waits for the host."""
    return await _page(link, reader, None)


@links.act(RELEASE_DESK, "release", changes=True)
async def release_insight(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Let others read one insight as it is."""
    chosen = filled_in(Release, form)

    def decide(insight: Insight, _terms: HostTerms | None) -> Decided:
        return domain.release(insight, meant(insight, chosen.audience), now=command.now)

    return await _decide(link, chosen, command, decide)


@links.act(RELEASE_DESK, "redact", changes=True)
async def redact_insight(link: LinkToken, form: dict[str, str], command: Command) -> Page:
    """Let others read one insight in the host's wording."""
    chosen = filled_in(Redaction, form)

    def decide(insight: Insight, terms: HostTerms | None) -> Decided:
        audience = meant(insight, chosen.audience) if chosen.audience else domain.usual_audience(insight, terms)
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
    # The page is outdated by a decision, not by a reminder that went out while somebody was writing.
    command.match(Aggregate(id=insight.id, version=insight.edition))
    _, stop = await visited_by(link.subject, command)
    after, facts = decide(insight, stop.terms)
    store.keep(command, after, facts)
    return await _page(link, command, after)


async def _page(link: LinkToken, reader: Reader | Command, decided: Insight | None) -> Page:
    """Show what waits and what was decided, with the one that this very request decides about in its new place."""
    journey_id, stop_id = named_by(link.subject)
    language, insights = reader.language, reader.store(Insights)
    journey, stop = await visited_by(link.subject, reader)
    waiting = await insights.before_host(journey_id, stop_id, limit=SHOWN + 1)
    open_ones = [insight for insight in waiting if decided is None or insight.id != decided.id]
    done = [*([decided] if decided else []), *await insights.after_host(journey_id, stop_id, limit=DECIDED)]
    shown = list(enumerate(open_ones[:SHOWN], 1))
    said = _WORDS["promise" if shown else "empty"][language]
    return Page(
        title=_WORDS["title"][language],
        paragraphs=[stop.title, said],
        details=[_detail(n, insight, language) for n, insight in shown],
        forms=[form for n, insight in shown for form in _forms(n, insight, stop.terms, language)],
        told=DeskTold(
            journey=journey.title,
            stop=stop.title,
            visited_at=stop.starts_at,
            zone=journey.zone,
            more=len(open_ones) > SHOWN,
            recognisable=await reader.store(Hosts).is_recognisable(stop.organisation_id),
            waiting=tuple(WaitingTold.of(insight, stop.terms) for _, insight in shown),
            decided=tuple(DecidedTold.of(each) for each in done),
        ),
    )


def _detail(n: int, insight: Insight, language: Language) -> tuple[str, str]:
    until = told(insight.release_until_at, language) if insight.release_until_at else ""
    return f"{n}. {_KINDS[insight.kind][language]} ({_WORDS['until'][language]}: {until})", insight.text


def _forms(n: int, insight: Insight, terms: HostTerms | None, language: Language) -> list[Form]:
    said = {name: text[language] for name, text in _WORDS.items()}
    usual = shown_as(domain.usual_audience(insight, terms))
    named = options([choice for choice in insight.choices if choice in domain.HOST_CHOICES], language)
    own = () if shown_as(insight.wanted) != WANTED else ((WANTED, said[WANTED]),)
    readers = Field("audience", said["audience"], kind="select", value=usual, options=(*named, *own))
    wording = Field("text", said["text"], kind="textarea", value=insight.text, longest=4_000)
    fields = {"release": (readers,), "redact": (wording, readers), "withhold": ()}
    return [
        Form(
            action,
            said[action],
            shown,
            hidden={"insight_id": insight.id},
            version=insight.edition,
            heading=f"{n}. {said[action]}",
        )
        for action, shown in fields.items()
    ]
