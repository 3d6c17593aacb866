"""From suggestion to public question: an editor writes, somebody else reviews."""

from __future__ import annotations

from missionare.cli.demo.chapters.visit import RELEASED
from missionare.cli.demo.outside import Outsider, StoryBroken, eventually
from missionare.cli.demo.region import EDITOR, REVIEWER
from missionare.cli.demo.world import CATALOG, World

NOT_FOUND = 404


def play(world: World) -> None:
    """Accept the suggestion from the released insight, review it, and read it as anybody."""
    world.tell.chapter("Aus einer Erkenntnis wird eine Frage für alle")
    editor, reviewer = world.browser_of(EDITOR), world.browser_of(REVIEWER)
    suggestion = eventually(lambda: _suggestion_from(editor, world.ids["insight:released"]), "the suggestion")
    world.ids["suggestion"] = suggestion
    entry = editor.act(
        f"{CATALOG}/suggestions/{suggestion}",
        "acceptance",
        {
            "kind": "question",
            "pole": "opportunity",
            "topics": [RELEASED.topic, "people"],
            "title": "Wie wird eine Störung gemeldet, ohne dass jemand tippen muss?",
            "text": "Was genügt im ersten Augenblick, und wer ergänzt den Rest?",
        },
    )
    world.ids["entry"] = str(entry["id"])
    public = Outsider(world.gateway)
    path = f"{CATALOG}/entries/{entry['id']}"
    if public.status_of(path) != NOT_FOUND:
        raise StoryBroken("a draft can be read by the public")
    world.tell.step("catalog", "Die Redaktion macht aus dem Vorschlag einen Entwurf. Öffentlich ist er noch nicht.")
    review = editor.post(f"{path}/review-request", etag=editor.get(f"{CATALOG}/drafts/{entry['id']}").etag)
    reviewer.act(f"{CATALOG}/reviews/{review['id']}", "approval")
    if public.get(path)["title"] != entry["title"]:
        raise StoryBroken("the published question is not what was reviewed")
    public.close()
    world.tell.step("catalog", "Eine zweite Person prüft genau diese Fassung; jetzt ist die Frage öffentlich.")


def _suggestion_from(editor: Outsider, source: str) -> str | None:
    found = editor.everything(f"{CATALOG}/suggestions")
    return next((str(suggestion["id"]) for suggestion in found if suggestion["source_id"] == source), None)
