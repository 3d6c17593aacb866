"""What the supervisor itself says on the console, in German or English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from missionare.cli.output import Voice

LANGUAGES: Final = ("de", "en")

LINES: Final[Mapping[str, Mapping[str, str]]] = {
    "ready": {"de": "bereit nach {seconds:.1f} s", "en": "ready after {seconds:.1f} s"},
    "address": {"de": "{what}: {url}", "en": "{what}: {url}"},
    "died": {
        "de": "{name} ist beendet worden ({status}); neuer Start in {pause:.1f} s",
        "en": "{name} has ended ({status}); starting it again in {pause:.1f} s",
    },
    "stopped_with": {
        "de": "{name} wird angehalten, weil {cause} beendet worden ist, und startet danach neu",
        "en": "{name} is being stopped because {cause} has ended, and starts again after it",
    },
    "unprepared": {
        "de": "{name} läuft, ließ sich aber nicht vorbereiten: {reason}",
        "en": "{name} runs, but could not be prepared: {reason}",
    },
    "silent": {
        "de": "{name} antwortet seit {seconds} s nicht und wird neu gestartet",
        "en": "{name} has not answered for {seconds} s and is being restarted",
    },
    "stopping": {
        "de": "wird geordnet beendet; noch einmal Strg-C beendet sofort",
        "en": "stopping in order; Ctrl-C once more stops at once",
    },
    "killing": {"de": "wird sofort beendet", "en": "stopping at once"},
    "stopped": {"de": "beendet", "en": "stopped"},
}
"""Every line, by its name."""

ADDRESSES: Final[Mapping[str, Mapping[str, str]]] = {
    "public": {"de": "Adresse", "en": "address"},
    "mailbox": {"de": "Postfach (JSON)", "en": "mailbox (JSON)"},
}


class Wording:
    """Says a named line in one language with the supervisor's own voice."""

    def __init__(self, voice: Voice, language: str) -> None:
        """Speak through `voice`."""
        self._voice = voice
        self._language = language

    def __call__(self, line: str, **details: object) -> None:
        """Say the line of this name."""
        self._voice.line(LINES[line][self._language].format(**details).encode("utf-8"))

    def ready(self, seconds: float, urls: Mapping[str, str]) -> None:
        """Say that everything runs, and where."""
        self("ready", seconds=seconds)
        for name, wording in ADDRESSES.items():
            if name in urls:
                self("address", what=wording[self._language], url=urls[name])
