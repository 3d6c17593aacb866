"""Consents: one per person and purpose, a ledger to which is only added. The latest entry rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict

from missionare.kit.aggregates import Aggregate, Transitions, check_move
from missionare.kit.facts import Fact
from missionare.kit.refusals import NotFound, Refusal, Text
from missionare.members.events import ConsentGranted, ConsentWithdrawn, Purpose

Language = Literal["de", "en"]


class ConsentState(StrEnum):
    """Whether somebody consents. Who was never asked, or never answered, has no consent at all."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


ALLOWED: Transitions[ConsentState] = {
    ConsentState.GRANTED: frozenset({ConsentState.WITHDRAWN}),
    ConsentState.WITHDRAWN: frozenset({ConsentState.GRANTED}),
}


@dataclass(frozen=True)
class Wording:
    """One version of what is consented to, in both languages. A changed word is a new version."""

    version: int
    text: Mapping[Language, str]

    def digest(self, language: Language) -> str:
        """Give the SHA-256 of the text as it was shown, so that nobody can claim other words later."""
        return hashlib.sha256(self.text[language].encode()).hexdigest()


WORDINGS: Final[Mapping[Purpose, Wording]] = {
    Purpose.PUBLIC_LISTING: Wording(
        1,
        {
            "de": "Mein Vor- und Nachname, die Gemeinde meiner Organisation und die Zahl meiner Lernreisen stehen "
            "öffentlich auf der Seite „Missionare“, sobald ich von einer Lernreise zurück bin.",
            "en": "My given and family name, the municipality of my organisation and the number of my learning "
            "journeys are shown in public on the page 'Ambassadors' once I have returned from a learning journey.",
        },
    ),
    Purpose.CONTACT_SHARING: Wording(
        1,
        {
            "de": "Wer im Netzwerk angemeldet ist, sieht auf der Seite „Missionare“ zu meinem Namen auch meine "
            "E-Mail-Adresse und kann mir schreiben.",
            "en": "Whoever is signed in to the network also sees my e-mail address next to my name on the page "
            "'Ambassadors' and may write to me.",
        },
    ),
    Purpose.PHOTOS: Wording(
        1,
        {
            "de": "Auf Lernreisen darf die Regionalagentur Fotos machen, auf denen ich zu erkennen bin, und sie für "
            "Berichte über das Netzwerk verwenden. Was das besuchte Unternehmen zu Fotos bestimmt, geht vor.",
            "en": "On learning journeys the agency may take photographs on which I can be recognised and use them to "
            "report on the network. What the host company decides about photographs comes first.",
        },
    ),
}
"""What is consented to at present. What was given to an earlier version stays with it."""


class Source(BaseModel):
    """How an entry came about: in which language, on the pages or with the help of staff, and by whom."""

    model_config = ConfigDict(frozen=True)

    language: Language
    channel: str
    actor: str


class Entry(BaseModel):
    """One line of the ledger. Its seal covers the line before it, so that none can be changed unnoticed."""

    model_config = ConfigDict(frozen=True)

    state: ConsentState
    at: datetime
    wording: int
    wording_digest: str
    source: Source
    seal: str = ""

    def sealed(self, before: str) -> Entry:
        """Give the entry with its seal, after one with the seal `before`."""
        content = json.dumps([before, self.model_dump(mode="json", exclude={"seal"})], sort_keys=True)
        return self.model_copy(update={"seal": hashlib.sha256(content.encode()).hexdigest()})


class Consent(Aggregate):
    """What one person says to one purpose."""

    person_id: str
    purpose: Purpose
    state: ConsentState
    entries: tuple[Entry, ...]

    @property
    def intact(self) -> bool:
        """Whether every entry is as it was written."""
        before = ["", *(entry.seal for entry in self.entries)]
        return all(entry.sealed(seal) == entry for seal, entry in zip(before, self.entries, strict=False))

    @property
    def changed_at(self) -> datetime:
        """Since when it is so."""
        return self.entries[-1].at


Decided = tuple[Consent, list[Fact]]


class ConsentUnknown(NotFound):
    """There is no such consent, or it is somebody else's."""

    title: ClassVar[Text] = {"de": "Einwilligung nicht gefunden", "en": "Consent not found"}
    text: ClassVar[Text] = {
        "de": "Nach dieser Einwilligung wird hier nicht gefragt. Die Zwecke, um die es geht, stehen in der Liste.",
        "en": "This consent is not asked for here. The purposes that there are stand in the list.",
    }


class WordingChanged(Refusal):
    """Nobody consents to words that they have not seen."""

    title: ClassVar[Text] = {"de": "Der Text hat sich geändert", "en": "The wording has changed"}
    text: ClassVar[Text] = {
        "de": "Inzwischen gilt ein neuer Text. Lesen Sie ihn, und entscheiden Sie dann; gespeichert ist nichts.",
        "en": "There is a new wording by now. Read it and decide then; nothing has been saved.",
    }


class NothingToWithdraw(Refusal):
    """Only what was given can be withdrawn."""

    title: ClassVar[Text] = {"de": "Keine Einwilligung", "en": "No consent"}
    text: ClassVar[Text] = {
        "de": "Zu diesem Zweck liegt keine Einwilligung vor. Es geschieht also schon jetzt nichts.",
        "en": "There is no consent for this purpose, so nothing is done already.",
    }


def grant(
    consent: Consent | None,
    *,
    consent_id: str,
    person_id: str,
    purpose: Purpose,
    wording: int,
    source: Source,
    now: datetime,
) -> Decided:
    """Consent to the wording that was read; to the same one twice changes nothing.

    Raises:
        WordingChanged: it is no longer the present one.
    """
    if wording != WORDINGS[purpose].version:
        raise WordingChanged
    entry = _entry(purpose, ConsentState.GRANTED, source, now)
    if consent is None:
        granted = Consent(
            id=consent_id,
            person_id=person_id,
            purpose=purpose,
            state=ConsentState.GRANTED,
            entries=(entry.sealed(""),),
        )
    elif consent.state is ConsentState.GRANTED and consent.entries[-1].wording == wording:
        return consent, []
    else:
        granted = _with(consent, entry)
    fact = ConsentGranted(consent_id=granted.id, person_id=person_id, purpose=purpose, wording=wording)
    return granted, [fact]


def withdraw(consent: Consent | None, *, source: Source, now: datetime) -> Decided:
    """Take a consent back, at once and without a reason.

    Raises:
        NothingToWithdraw: there is none.
    """
    if consent is None or consent.state is ConsentState.WITHDRAWN:
        raise NothingToWithdraw
    check_move(ALLOWED, {"de": "Einwilligung", "en": "Consent"}, consent.state, ConsentState.WITHDRAWN)
    withdrawn = _with(consent, _entry(consent.purpose, ConsentState.WITHDRAWN, source, now))
    return withdrawn, [ConsentWithdrawn(consent_id=consent.id, person_id=consent.person_id, purpose=consent.purpose)]


def _entry(purpose: Purpose, state: ConsentState, source: Source, now: datetime) -> Entry:
    wording = WORDINGS[purpose]
    # To the millisecond, as the database keeps it: the seal must hold for what is read back.
    at = now.replace(microsecond=now.microsecond // 1_000 * 1_000)
    return Entry(
        state=state, at=at, wording=wording.version, wording_digest=wording.digest(source.language), source=source
    )


def _with(consent: Consent, entry: Entry) -> Consent:
    entries = (*consent.entries, entry.sealed(consent.entries[-1].seal))
    return consent.changed(state=entry.state, entries=entries)
