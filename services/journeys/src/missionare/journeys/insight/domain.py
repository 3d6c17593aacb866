"""Insights: states, and one function per decision.

The author says who may read a text at most; the host of the stop decides whether readers beyond the group see it at
all. Until then, and for ever if the host stays silent, it stays within the group.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from missionare.journeys.attendance.domain import was_at
from missionare.journeys.audience.domain import Source, Standing, common, includes, reads
from missionare.journeys.calendar.domain import morning_after
from missionare.journeys.events import (
    Audience,
    InsightKind,
    InsightRedacted,
    InsightReleased,
    InsightReleaseReminded,
    InsightReleaseRequested,
    InsightSubmitted,
    InsightWithheld,
    Topic,
)
from missionare.journeys.journey.domain import Journey, check_under_way
from missionare.journeys.registration.domain import Registration
from missionare.journeys.stop.domain import HostTerms, Stop
from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import Invalid, NotFound, Refusal, Text

Decided = tuple["Insight", list[Fact]]


class InsightState(StrEnum):
    """Where an insight stands."""

    SUBMITTED = "submitted"
    """It is its author's alone, and no host is asked."""
    IN_HOST_RELEASE = "in_host_release"
    RELEASED = "released"
    REDACTED = "redacted"
    WITHHELD = "withheld"


ALLOWED: Transitions[InsightState] = {
    InsightState.SUBMITTED: frozenset({InsightState.IN_HOST_RELEASE, InsightState.RELEASED}),
    InsightState.IN_HOST_RELEASE: frozenset({InsightState.RELEASED, InsightState.REDACTED, InsightState.WITHHELD}),
    InsightState.RELEASED: frozenset(),
    InsightState.REDACTED: frozenset(),
    InsightState.WITHHELD: frozenset(),
}

OPENED = frozenset({InsightState.RELEASED, InsightState.REDACTED})
"""Readers beyond the group may see it, as far as its audience goes."""
HOST_CHOICES: Final = (Audience.JOURNEY_GROUP, Audience.NETWORK, Audience.PUBLIC)
"""What a host chooses between, the narrowest first."""


class Insight(Aggregate):
    """What somebody noted at a stop."""

    client_id: str
    """The id that the author's device gave it; the same one never makes a second insight."""
    journey_id: str
    stop_id: str
    registration_id: str
    person_id: str
    organisation_id: str
    """The author's organisation."""
    host_id: str
    """The organisation that was visited."""
    kind: InsightKind
    topic: Topic
    text: str
    wanted: Audience
    """The widest readers the author agrees to."""
    state: InsightState = InsightState.SUBMITTED
    edition: int = 1
    """Counts the steps alone, so that a host's page which was open when a reminder went out is not outdated by that."""
    audience: Audience | None = None
    """The readers the host allowed."""
    redaction: str | None = None
    """The host's own wording."""
    noted_at: datetime
    release_until_at: datetime | None = None
    remind_at: tuple[datetime, ...] = ()
    """When the host is still to be reminded, the next one first."""
    reminders: int = 0
    """How many reminders are behind it."""
    decided_at: datetime | None = None

    @property
    def wording(self) -> str:
        """The text that readers see."""
        return self.text if self.redaction is None else self.redaction

    @property
    def source(self) -> Source:
        """Whose text it is."""
        return Source(person_id=self.person_id, organisation_id=self.organisation_id, journey_id=self.journey_id)

    @property
    def choices(self) -> list[Audience]:
        """The readers a host may choose: none beyond those the author agreed to, the author's wish last."""
        narrower = [choice for choice in HOST_CHOICES if includes(self.wanted, choice) and choice is not self.wanted]
        return [*narrower, self.wanted]


class InsightUnknown(NotFound):
    """There is no such insight, or the caller is not among its readers."""

    title: ClassVar[Text] = {"de": "Erkenntnis nicht gefunden", "en": "Insight not found"}


class StopNotAttended(Refusal):
    """Only somebody who was at the stop notes an insight there."""

    title: ClassVar[Text] = {"de": "Nicht an dieser Station", "en": "Not at this stop"}
    text: ClassVar[Text] = {
        "de": "Für diese Station ist Ihre Anwesenheit nicht erfasst. Erfassen Sie sie zuerst, und senden Sie die "
        "Erkenntnis danach noch einmal.",
        "en": "You have not checked in at this stop. Check in there first, then send the insight again.",
    }


class TextMissing(Invalid):
    """There is nothing to read in it."""

    field: ClassVar[str] = "text"
    title: ClassVar[Text] = {"de": "Text fehlt", "en": "Text missing"}
    text: ClassVar[Text] = {
        "de": "Bitte schreiben Sie mindestens einen Satz.",
        "en": "Please write at least one sentence.",
    }


class AudienceTooWide(Refusal):
    """The author did not agree to so many readers."""

    title: ClassVar[Text] = {"de": "Leserkreis zu groß", "en": "Too many readers"}
    text: ClassVar[Text] = {
        "de": "Die Verfasserin oder der Verfasser hat diesem Leserkreis nicht zugestimmt. Wählen Sie einen der "
        "angebotenen.",
        "en": "The author has not agreed to so many readers. Choose among those offered.",
    }


class AlreadyDecided(Refusal):
    """The insight does not wait for the host any more."""

    title: ClassVar[Text] = {"de": "Schon entschieden", "en": "Already decided"}
    text: ClassVar[Text] = {
        "de": "Über diese Erkenntnis ist schon entschieden, oder die Frist ist vorbei. Für eine Änderung rufen Sie die "
        "Agentur an.",
        "en": "This insight has been decided about, or the time is over. To change that, call the agency.",
    }


def submit(  # noqa: D417 - the other arguments are what somebody noted
    *,
    id: str,  # noqa: A002 - the field is called id everywhere
    client_id: str,
    journey: Journey,
    stop: Stop,
    registration: Registration,
    kind: InsightKind,
    topic: Topic,
    text: str,
    audience: Audience,
    now: datetime,
) -> Decided:
    """Note something at a stop, and ask the host unless it is the author's alone or was agreed to beforehand.

    Args:
        audience: the widest readers the author agrees to.

    Raises:
        NotUnderWay: the journey has not started, or is over.
        StopNotAttended: the author was not there.
        TextMissing: it is empty.
    """
    check_under_way(journey)
    if not was_at(registration, stop.id):
        raise StopNotAttended
    insight = Insight(
        id=id,
        client_id=client_id,
        journey_id=journey.id,
        stop_id=stop.id,
        registration_id=registration.id,
        person_id=registration.person_id,
        organisation_id=registration.organisation_id,
        host_id=stop.organisation_id,
        kind=kind,
        topic=topic,
        text=_written(text),
        wanted=audience,
        noted_at=now,
    )
    submitted = InsightSubmitted(**_names(insight), registration_id=registration.id, kind=kind, topic=topic)
    following, facts = _put_before_host(insight, stop.terms or HostTerms(capacity=stop.capacity), journey, now)
    return following, [submitted, *facts]


def remind(insight: Insight, *, now: datetime) -> Decided | None:
    """Note that the host is to be reminded; None when it has decided, its time is over, or no reminder is due.

    Reminders that fell due while nobody looked are one.
    """
    until_at, left = insight.release_until_at, tuple(at for at in insight.remind_at if at > now)
    passed = len(insight.remind_at) - len(left)
    if insight.state is not InsightState.IN_HOST_RELEASE or until_at is None or until_at <= now or not passed:
        return None
    reminded = insight.changed(remind_at=left, reminders=insight.reminders + passed)
    fact = InsightReleaseReminded(
        **_names(insight), organisation_id=insight.host_id, reminder=reminded.reminders, until_at=until_at
    )
    return reminded, [fact]


def release(insight: Insight, audience: Audience, *, now: datetime) -> Decided:
    """Let these readers see the text as it is.

    Raises:
        AlreadyDecided: it does not wait for the host.
        AudienceTooWide: the author did not agree to them.
    """
    _check_open(insight)
    _check_agreed(insight, audience)
    return _released(insight, audience, now)


def redact(insight: Insight, text: str, audience: Audience, *, now: datetime) -> Decided:
    """Let these readers see the host's wording instead of the author's.

    Raises:
        AlreadyDecided: it does not wait for the host.
        AudienceTooWide: the author did not agree to them.
        TextMissing: the wording is empty.
    """
    _check_open(insight)
    _check_agreed(insight, audience)
    redacted = _moved(insight, InsightState.REDACTED, redaction=_written(text), audience=audience, decided_at=now)
    return redacted, [InsightRedacted(**_opened(redacted), audience=audience)]


def withhold(insight: Insight, *, now: datetime) -> Decided:
    """Keep it within the group: the host said no, or nothing in time.

    Raises:
        AlreadyDecided: it does not wait for the host.
    """
    _check_open(insight)
    withheld = _moved(insight, InsightState.WITHHELD, decided_at=now)
    return withheld, [InsightWithheld(**_names(withheld))]


def readable(insight: Insight, reader: Standing) -> bool:
    """Whether `reader` may read the insight: what is not released stays within the group, whatever its author wanted.

    `Insights.readable_by` says the same as a query.
    """
    if reader.person_id is not None and reader.person_id == insight.person_id:
        return True
    if insight.state in OPENED and insight.audience is not None:
        return reads(insight.audience, insight.source, reader)
    return insight.journey_id in reader.journeys and reads(insight.wanted, insight.source, reader)


def usual_audience(insight: Insight, terms: HostTerms | None) -> Audience:
    """Give the readers that are proposed to the host: what was agreed at confirmation, within the author's wish."""
    agreed = common(insight.wanted, terms.audience) if terms else None
    return agreed if agreed in insight.choices else insight.choices[0]


def _put_before_host(insight: Insight, terms: HostTerms, journey: Journey, now: datetime) -> Decided:
    if insight.wanted is Audience.PERSONAL:
        return insight, []
    agreed = common(insight.wanted, terms.audience)
    if not terms.release_required and agreed is not None and agreed is not Audience.PERSONAL:
        return _released(insight, agreed, now)
    until_at = now + timedelta(days=journey.terms.release_days)
    mornings = [morning_after(now, days, journey.zone) for days in sorted(set(journey.terms.release_reminder_days))]
    remind_at = tuple(at for at in mornings if at < until_at)
    asked = _moved(insight, InsightState.IN_HOST_RELEASE, release_until_at=until_at, remind_at=remind_at)
    fact = InsightReleaseRequested(**_names(asked), organisation_id=asked.host_id, until_at=until_at)
    return asked, [fact]


def _released(insight: Insight, audience: Audience, now: datetime) -> Decided:
    released = _moved(insight, InsightState.RELEASED, audience=audience, decided_at=now)
    return released, [InsightReleased(**_opened(released), audience=audience)]


def _moved(insight: Insight, to: InsightState, **fields: object) -> Insight:
    check_move(ALLOWED, "Erkenntnis", insight.state, to)
    return insight.changed(**fields, state=to, edition=insight.edition + 1)


def _check_open(insight: Insight) -> None:
    if insight.state is not InsightState.IN_HOST_RELEASE:
        raise AlreadyDecided


def _check_agreed(insight: Insight, audience: Audience) -> None:
    if audience is Audience.PERSONAL or not includes(insight.wanted, audience):
        raise AudienceTooWide


def _written(text: str) -> str:
    written = text.strip()
    if not written:
        raise TextMissing
    return written


def _names(insight: Insight) -> dict[str, str]:
    return {"insight_id": insight.id, "journey_id": insight.journey_id, "stop_id": insight.stop_id}


def _opened(insight: Insight) -> dict[str, str]:
    return {
        **_names(insight),
        "registration_id": insight.registration_id,
        "organisation_id": insight.host_id,
        "kind": insight.kind,
        "topic": insight.topic,
    }
