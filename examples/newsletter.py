"""Write what is new in the region as Markdown, for a newsletter.

    python newsletter.py https://missionare.example place.txt

Needs nothing but Python and no key: it asks for what is public. The second argument names a file in which the place
is kept up to which everything has been told. Where it does not exist yet, everything is new.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

ENTRY, JOURNEY = "catalog.entry_published.v1", "journeys.journey_published.v1"
KINDS = {
    "question": "Frage",
    "best_practice": "Praxisbeispiel",
    "framework": "Rahmenbedingung",
    "value": "Wert",
    "regional_peculiarity": "Regionale Besonderheit",
}


def main(address: str, place: str) -> None:
    """Print the news and move the place on."""
    kept = Path(place)
    news, cursor = read(address, kept.read_text().strip() if kept.exists() else "")
    print("\n".join(written(address, news)))
    kept.write_text(cursor)  # after the words are out: a run that fails is simply repeated


def read(address: str, cursor: str) -> tuple[list[dict], str]:
    """Read all pages behind a cursor; gives their events and the cursor to go on with."""
    news: list[dict] = []
    while True:
        query = f"types={ENTRY}&types={JOURNEY}&limit=200" + (f"&cursor={quote(cursor)}" if cursor else "")
        with urlopen(f"{address}/api/notifications/v1/events?{query}", timeout=30) as answer:
            page = json.load(answer)
        news += page["items"]
        cursor = page["next_cursor"]
        if not page["more"]:
            return news, cursor


def written(address: str, news: list[dict]) -> Iterator[str]:
    """Give the newsletter, line by line."""
    yield "# Neues aus der Region\n"
    journeys = {event["subject"]: event["data"] for event in news if event["type"] == JOURNEY}
    for journey, data in journeys.items():
        day = datetime.fromisoformat(data["starts_at"]).strftime("%d.%m.%Y")
        words = f"Lernreise am {day} mit {data['stops']} Stationen und {data['capacity']} Plätzen"
        yield f"- [{words}]({address}/journeys/{journey})"
    # An entry may have been published several times: its latest version is the news.
    entries = {event["subject"]: event["data"] for event in news if event["type"] == ENTRY}
    for entry, data in entries.items():
        words = f"{KINDS[data['kind']]}, Fassung {data['number']}"
        yield f"- [{words}]({address}/catalog/{entry})"
    if not news:
        yield "Seit dem letzten Mal gibt es nichts Neues."


if __name__ == "__main__":
    main(*sys.argv[1:])
