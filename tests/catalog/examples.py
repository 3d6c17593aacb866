"""Examples the catalog's tests begin with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from missionare.catalog.entry import domain as entries
from missionare.catalog.entry.domain import Content, Entry
from missionare.catalog.events import EntryKind, Pole, SourceKind, Topic
from missionare.catalog.evidence.domain import Audience
from missionare.catalog.review import domain as reviews
from missionare.catalog.review.domain import Review
from missionare.catalog.source.domain import Source, Stage
from missionare.catalog.suggestion import domain as suggestions
from missionare.catalog.suggestion.domain import Suggestion

NOW = datetime(2027, 2, 3, 9, 0, tzinfo=UTC)
AUTHOR, REVIEWER = "person-author", "person-reviewer"


def content(**changes: Any) -> Content:
    said = {
        "kind": EntryKind.QUESTION,
        "pole": Pole.CHALLENGE,
        "topics": (Topic.DATA, Topic.PEOPLE),
        "title": "Wie verhindern wir, dass aus Maschinendaten eine Leistungskontrolle wird?",
        "text": "Wer an der Anlage steht, ergibt sich aus dem Schichtplan.",
    }
    return Content.model_validate({**said, **changes})


def draft(**changes: Any) -> Entry:
    entry, _ = entries.draft(id="entry-1", content=content(**changes), author_id=AUTHOR, suggestion_id=None, now=NOW)
    return entry


def review_of(entry: Entry) -> Review:
    review, _ = reviews.request(
        id="review-1",
        entry_id=entry.id,
        number=entry.next_number,
        content_hash=entry.content.hash,
        authors=entry.authors,
        now=NOW,
    )
    return review


def approval_of(entry: Entry, **changes: Any) -> Review:
    who = {"reviewer_id": REVIEWER, "reviewer_organisation_id": None, "organisations_concerned": set(), **changes}
    approved, _ = reviews.approve(review_of(entry), **who, now=NOW)
    return approved


def submitted(**changes: Any) -> Entry:
    entry, _ = entries.submit(draft(**changes), {})
    return entry


def published(**changes: Any) -> Entry:
    entry = submitted(**changes)
    public, _, _ = entries.publish(entry, approval=approval_of(entry), readers={}, now=NOW)
    return public


def source(**changes: Any) -> Source:
    told = {
        "source_kind": SourceKind.INSIGHT,
        "source_id": "insight-1",
        "kind": EntryKind.QUESTION,
        "pole": Pole.CHALLENGE,
        "topics": (Topic.DATA,),
        "audience": Audience.PUBLIC,
        "offered": True,
        "stage": Stage.ASKED,
        "stamp": "fact-1",
        "journey_id": "journey-1",
        "organisation_id": "host-1",
    }
    return Source.model_validate({**told, **changes})


def suggestion(**changes: Any) -> Suggestion:
    raised, _ = suggestions.suggest(
        source(),
        id="suggestion-1",
        text="Die Auswertung war anonym, bis jemand den Schichtplan daneben gelegt hat.",
        journey_id="journey-1",
        organisation_id="host-1",
        likely_entries=(),
        now=NOW,
    )
    return raised.changed(**changes)
