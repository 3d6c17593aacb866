"""The words that people consent to. A changed word is a new version: what was given to the old one stays with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from missionare.members.events import Purpose

Language = Literal["de", "en"]


@dataclass(frozen=True)
class Wording:
    """One version of what is consented to, in both languages."""

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
