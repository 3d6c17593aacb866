"""The facts that catalog publishes, and the closed vocabularies they speak in."""

from __future__ import annotations

from enum import StrEnum

from missionare.kit.facts import Audience, Code, Fact, Id


class EntryKind(StrEnum):
    """What an entry is. A framework is a rule from outside, a value one the region gave itself."""

    QUESTION = "question"
    BEST_PRACTICE = "best_practice"
    FRAMEWORK = "framework"
    VALUE = "value"
    REGIONAL_PECULIARITY = "regional_peculiarity"


class Pole(StrEnum):
    """From which side a matter is looked at."""

    CHALLENGE = "challenge"
    OPPORTUNITY = "opportunity"


class Topic(StrEnum):
    """What a matter is about; the same closed list as in goals and journeys."""

    PRODUCTION = "production"
    DATA = "data"
    SECURITY = "security"
    PEOPLE = "people"
    LEADERSHIP = "leadership"
    SALES = "sales"
    LOGISTICS = "logistics"
    ADMINISTRATION = "administration"
    SUSTAINABILITY = "sustainability"
    COOPERATION = "cooperation"


class Function(StrEnum):
    """Whom in a company a matter concerns; the same closed list as people's functions."""

    MANAGEMENT = "management"
    EMPLOYEE_REPRESENTATION = "employee_representation"
    IT = "it"
    HR = "hr"
    PRODUCTION = "production"
    OTHER = "other"


class Size(StrEnum):
    """How large the company is, by the EU recommendation 2003/361/EC."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"


class Stage(StrEnum):
    """How far a company has come with digitalisation."""

    STARTING = "starting"
    GROWING = "growing"
    ESTABLISHED = "established"


class Dimension(StrEnum):
    """Which side of digital maturity a matter belongs to, as the European Digital Innovation Hubs assess it."""

    STRATEGY = "strategy"
    READINESS = "readiness"
    HUMAN = "human"
    DATA = "data"
    AUTOMATION = "automation"
    GREEN = "green"


class SourceKind(StrEnum):
    """Where a suggestion or a piece of evidence comes from."""

    INSIGHT = "insight"
    GOAL = "goal"


class SuggestionRaised(Fact, aggregate="suggestion"):
    """A released insight or a shared goal of a completed journey may belong into the catalog."""

    suggestion_id: Id
    source_kind: SourceKind
    source_id: Id
    journey_id: Id | None
    kind: EntryKind
    topics: tuple[Topic, ...]
    pole: Pole | None


class SuggestionAccepted(Fact, aggregate="suggestion"):
    """An editor drafted an entry from it."""

    suggestion_id: Id
    entry_id: Id


class SuggestionMerged(Fact, aggregate="suggestion"):
    """An editor linked it as evidence to an entry that was there already."""

    suggestion_id: Id
    entry_id: Id


class SuggestionRejected(Fact, aggregate="suggestion"):
    """An editor declined it, with a reason that is kept in the catalog."""

    suggestion_id: Id


class EvidenceLinked(Fact, aggregate="evidence"):
    """An entry now rests on this source. Internal, because a sealed source stays unknown to readers."""

    evidence_id: Id
    entry_id: Id
    source_kind: SourceKind
    source_id: Id


class EntryDrafted(Fact, aggregate="entry"):
    """An entry was begun; nobody outside the workshop can read it."""

    entry_id: Id
    kind: EntryKind
    topics: tuple[Topic, ...]
    suggestion_id: Id | None


class EntrySubmittedForReview(Fact, aggregate="entry"):
    """The draft of version `number` waits for a second pair of eyes."""

    entry_id: Id
    number: int


class EntryPublished(Fact, aggregate="entry", audience=Audience.PUBLIC):
    """Version `number` is public. `suggestion_id` is the one that began the entry."""

    entry_id: Id
    kind: EntryKind
    number: int
    topics: tuple[Topic, ...]
    pole: Pole | None
    suggestion_id: Id | None


class EntryMarkedForRevision(Fact, aggregate="entry"):
    """Version `number` stays public while a new draft is written or new evidence waits to be taken in."""

    entry_id: Id
    number: int


class EntriesMerged(Fact, aggregate="entry", audience=Audience.PUBLIC):
    """Two entries are one: whoever asks for `entry_id` is led to `into_entry_id`, which stays as it is."""

    entry_id: Id
    into_entry_id: Id
    kind: EntryKind


class ReviewRequested(Fact, aggregate="review"):
    """An editor asked for the review of exactly the content with this hash."""

    review_id: Id
    entry_id: Id
    number: int
    content_hash: Code


class ReviewApproved(Fact, aggregate="review"):
    """A reviewer approved it; the version is published in the same moment."""

    review_id: Id
    entry_id: Id
    number: int
    reviewer_id: Id


class ChangesRequested(Fact, aggregate="review"):
    """A reviewer gave the draft back with a comment."""

    review_id: Id
    entry_id: Id
    number: int


class ApprovalVoided(Fact, aggregate="review"):
    """The content was edited while it was under review; whoever reviewed it has to read it anew."""

    review_id: Id
    entry_id: Id
    number: int


class CatalogUpdateProposed(Fact, aggregate="edition"):
    """What a completed journey brought is together: new suggestions, and entries that they likely touch."""

    edition_id: Id
    journey_id: Id
    revision: int
    suggestions: int
    entries: int


class CatalogEditionPublished(Fact, aggregate="edition", audience=Audience.PUBLIC):
    """The list of published versions was frozen under this edition."""

    edition_id: Id
    entries: int


class CatalogUpdateDiscarded(Fact, aggregate="edition"):
    """The proposal does not become an edition; its suggestions remain."""

    edition_id: Id
