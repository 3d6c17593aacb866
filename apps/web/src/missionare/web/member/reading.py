"""What the member's pages read of members, journeys and notifications, and the words for it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from missionare.web.journeys.reading import TOPICS
from missionare.web.languages import N_
from missionare.web.services import Read
from missionare.web.visits import Visit

Chip = tuple[str, str]
"""Tone and words of a state."""

GOAL_CHIPS: Final[dict[str, Chip]] = {
    "draft": ("draft", N_("Entwurf")),
    "submitted": ("held", N_("bei der Lernbegleitung")),
    "returned": ("now", N_("zurück bei Ihnen")),
    "agreed": ("done", N_("vereinbart")),
    "in_progress": ("done", N_("auf Reise")),
}
RESULTS: Final[dict[str, str]] = {
    "reached": N_("erreicht"),
    "partly": N_("zum Teil erreicht"),
    "not": N_("nicht erreicht"),
    "dropped": N_("nicht weiterverfolgt"),
}
READERS: Final[dict[str, str]] = {
    "personal": N_("nur ich selbst"),
    "journey_group": N_("die Reisegruppe"),
    "representation": N_("die Interessenvertretung meines Betriebs"),
    "organisation": N_("meine Organisation"),
    "network": N_("alle Mitglieder des Netzwerks"),
    "public": N_("alle, auch öffentlich"),
}
INSIGHT_KINDS: Final[dict[str, str]] = {
    "practice": N_("Praxis"),
    "challenge": N_("Herausforderung"),
    "success_factor": N_("Erfolgsfaktor"),
    "pitfall": N_("Stolperstein"),
    "question": N_("Frage"),
}
INSIGHT_CHIPS: Final[dict[str, Chip]] = {
    "submitted": ("draft", N_("nur für Sie")),
    "in_host_release": ("held", N_("liegt beim Unternehmen")),
    "released": ("done", N_("freigegeben")),
    "redacted": ("done", N_("freigegeben, vom Unternehmen gekürzt")),
    "withheld": ("ended", N_("bleibt in der Gruppe")),
}
ACTIVITIES: Final[dict[str, str]] = {
    "one_to_one": N_("Gespräch unter vier Augen"),
    "staff_meeting": N_("Betriebsversammlung oder Teamrunde"),
    "post": N_("Beitrag im Intranet oder in einem sozialen Netz"),
    "colleague_visit": N_("Besuch bei einem anderen Betrieb"),
    "talk": N_("Vortrag"),
    "article": N_("Artikel"),
    "chamber_event": N_("Veranstaltung der Kammer"),
}
ACTIVITY_CHIPS: Final[dict[str, Chip]] = {
    "planned": ("open", N_("vorgenommen")),
    "done": ("done", N_("eingetragen")),
    "skipped": ("ended", N_("fallen gelassen")),
}
PLAN_CHIPS: Final[dict[str, Chip]] = {
    "drafted": ("now", N_("wartet auf Ihre Antwort")),
    "accepted": ("done", N_("angenommen")),
    "declined": ("ended", N_("abgelehnt")),
    "lapsed": ("ended", N_("ausgelaufen")),
}


class Person(Read):
    """The person, as members knows them."""

    given_name: str
    family_name: str


class Organisation(Read):
    """Where they belong."""

    name: str


class Standing(Read):
    """How far somebody has come as a missionary."""

    state: str


class Me(Read):
    """Everything one wants to know of oneself first."""

    person: Person
    organisation: Organisation | None = None
    missionary: Standing | None = None


class Assessment(Read):
    """What the owner said became of a goal."""

    occasion: str
    result: str
    reason: str
    assessed_at: datetime


class Goal(Read):
    """One of the person's own goals."""

    id: str
    version: int
    person_id: str
    statement: str
    topics: tuple[str, ...]
    pole: str
    sign_of_success: str
    target_on: date
    audience: str
    state: str
    shared: bool
    shared_wording: str | None = None
    comment: str | None = None
    due: tuple[str, ...] = ()
    assessments: tuple[Assessment, ...] = ()

    @property
    def path(self) -> str:
        """Its page."""
        return f"/me/goals/{self.id}"

    @property
    def editable(self) -> bool:
        """Whether its text may still be changed."""
        return self.state in {"draft", "returned"}

    @property
    def binding(self) -> bool:
        """Whether owner and coach stand by it."""
        return self.state in {"agreed", "in_progress"}

    @property
    def asked(self) -> str | None:
        """The occasion on which its owner is asked to look back and has not yet."""
        given = {assessment.occasion for assessment in self.assessments}
        return next((occasion for occasion in self.due if occasion not in given), None)

    def chip(self, visit: Visit) -> Chip:
        """Tone and words of its state."""
        return chip(visit, GOAL_CHIPS, self.state)

    def topic_labels(self, visit: Visit) -> list[str]:
        """What it is about, in words."""
        return [visit.say(TOPICS.get(topic, topic)) for topic in self.topics]


class Insight(Read):
    """An insight that the person may read."""

    id: str
    journey_id: str
    stop_id: str
    kind: str
    topic: str
    text: str
    state: str
    wanted: str
    audience: str | None = None
    noted_at: datetime
    own: bool

    def chip(self, visit: Visit) -> Chip:
        """Tone and words of its state."""
        return chip(visit, INSIGHT_CHIPS, self.state)

    def label(self, visit: Visit) -> str:
        """Give what it is: "Stolperstein, Daten"."""
        kind, topic = visit.say(INSIGHT_KINDS.get(self.kind, self.kind)), visit.say(TOPICS.get(self.topic, self.topic))
        return f"{kind}, {topic}"

    def readers(self, visit: Visit) -> str:
        """Say who may read it now: what is not released stays within the group."""
        if self.audience is not None:
            return visit.say(READERS.get(self.audience, self.audience))
        narrow = self.wanted if self.wanted in {"personal", "journey_group", "representation"} else "journey_group"
        return visit.say(READERS[narrow])


class Proposal(Read):
    """A suggested activity, due so many days after its plan is accepted."""

    kind: str
    due_after_days: int
    question_id: str | None = None

    def label(self, visit: Visit) -> str:
        """Give what it is."""
        return visit.say(ACTIVITIES.get(self.kind, self.kind))


class Plan(Read):
    """An outreach plan."""

    id: str
    version: int
    journey_id: str
    state: str
    proposals: tuple[Proposal, ...]
    drafted_at: datetime

    def chip(self, visit: Visit) -> Chip:
        """Tone and words of its state."""
        return chip(visit, PLAN_CHIPS, self.state)


class Activity(Read):
    """An outreach activity."""

    id: str
    version: int
    question_id: str | None = None
    kind: str
    state: str
    due_on: date
    done_on: date | None = None
    reach: int | None = None
    note: str | None = None
    conversions: int = 0

    @property
    def path(self) -> str:
        """Its page."""
        return f"/me/outreach/{self.id}"

    def label(self, visit: Visit) -> str:
        """Give what it is."""
        return visit.say(ACTIVITIES.get(self.kind, self.kind))

    def chip(self, visit: Visit) -> Chip:
        """Tone and words of its state."""
        return chip(visit, ACTIVITY_CHIPS, self.state)


class Consent(Read):
    """What the person says to one purpose."""

    purpose: str
    state: str
    changed_at: datetime | None = None
    wording: int
    text: str
    outdated: bool

    @property
    def given(self) -> bool:
        """Whether it holds now."""
        return self.state == "granted"


class Certificate(Read):
    """A certificate of attendance."""

    code: str
    valid: bool
    journey_id: str
    issued_at: datetime


class Goals(Read):
    """A list of goals."""

    items: tuple[Goal, ...]


class Insights(Read):
    """A list of insights."""

    items: tuple[Insight, ...]


class Plans(Read):
    """A list of outreach plans."""

    items: tuple[Plan, ...]


class Activities(Read):
    """A list of outreach activities."""

    items: tuple[Activity, ...]


class Consents(Read):
    """Every purpose, answered or not."""

    items: tuple[Consent, ...]


class Certificates(Read):
    """A list of certificates."""

    items: tuple[Certificate, ...]


def chip(visit: Visit, chips: dict[str, Chip], state: str) -> Chip:
    """Give tone and words of a state; one that is not known here is shown as it is called."""
    tone, label = chips.get(state, ("open", state))
    return tone, visit.say(label)
