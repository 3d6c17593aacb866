"""Lists, facets, search and pages of the public catalog, and what notifications asks of it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from catalog.region import API, Region

KINDS = ["question", "best_practice", "framework", "value", "regional_peculiarity"]


async def published(region: Region, *entries: dict[str, Any]) -> list[dict[str, Any]]:
    return [await region.publish(await region.draft(**entry)) for entry in entries]


async def found(region: Region, **where: Any) -> list[str]:
    answer = await region.visitor.get(f"{API}/entries", params={"limit": 200, **where})
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == len(answer.json()["items"])
    return [item["title"] for item in answer.json()["items"]]


async def test_facets_count_exactly_what_choosing_them_would_show(region: Region) -> None:
    poles = ["challenge", "opportunity"]
    topics = [["data"], ["people"], ["data", "people", "security"]]
    some = [
        {"kind": kind, "pole": pole, "topics": of, "title": f"Schichtplan {number}" if number % 2 else "Laufkarte"}
        for number, (kind, pole, of) in enumerate(itertools.product(KINDS[:3], poles, topics))
    ]
    await published(region, *some[::2], {"kind": "value", "pole": None, "title": "Wer sieht, der zeigt"})

    for chosen in ({}, {"kind": "question"}, {"pole": "challenge", "topic": "data"}, {"q": "laufkarte"}):
        page = (await region.visitor.get(f"{API}/entries", params=chosen)).json()
        for dimension, counts in page["facets"].items():
            for value, count in counts.items():
                assert len(await found(region, **{**chosen, dimension: value})) == count, (chosen, dimension, value)


async def test_facets_count_nothing_that_is_not_public(region: Region) -> None:
    await region.draft(topics=["sustainability"])

    page = await region.read("entries")

    assert not any(page["facets"].values())


async def test_search_tolerates_umlauts_case_and_beginnings(region: Region, subtests: pytest.Subtests) -> None:
    await published(
        region,
        {"title": "Überwachung verhindern", "text": "Eine Maßnahme für jede Schicht."},
        {"title": "Ganz etwas anderes", "text": "Vom Hauberg."},
    )

    for words in ("überwachung", "UEBERWACHUNG", "uberwachung", "überwach", "massnahme schicht"):
        with subtests.test(words=words):
            assert await found(region, q=words) == ["Überwachung verhindern"]


async def test_search_input_is_never_an_expression(region: Region, subtests: pytest.Subtests) -> None:
    await published(region, {"title": "Hauberg", "text": "Gemeinsam bewirtschaften."})

    for words in ("h.*", "^hau", "$where", "(?i)hauberg.", "[a-z]{7}", '{"$gt":""}', "haub\\w+", "\x00", "x|hauberg"):
        with subtests.test(words=words):
            assert await found(region, q=words) in ([], ["Hauberg"])
    assert await found(region, q="x|hauberg") == []


async def test_pages_join_to_the_whole_list_without_gap_or_repetition(region: Region) -> None:
    await published(region, *({"title": f"Frage {number}"} for number in range(5)))

    titles: list[str] = []
    path: str | None = f"{API}/entries?limit=2"
    while path:
        answer = await region.visitor.get(path)
        titles += [item["title"] for item in answer.json()["items"]]
        link = answer.headers.get("link")
        path = link.partition(";")[0].strip("<>") if link else None

    assert titles == [f"Frage {number}" for number in reversed(range(5))]


async def test_notifications_gets_the_questions_that_fit_best(region: Region) -> None:
    await published(
        region,
        {"title": "Nur Daten", "topics": ["data"]},
        {"title": "Daten und Menschen", "topics": ["data", "people"]},
        {"title": "Nur Vertrieb", "topics": ["sales"]},
        {"title": "Ein Praxisbeispiel", "kind": "best_practice", "topics": ["data", "people"]},
    )

    notifications = region.platform.as_service("notifications")
    answer = await notifications.get("/internal/questions", params={"topics": "people,data", "limit": 3})

    assert [question["title"] for question in answer.json()["items"]] == ["Daten und Menschen", "Nur Daten"]
    assert answer.json()["items"][0].keys() == {"id", "number", "title", "pole", "topics"}


async def test_questions_are_for_notifications_alone(region: Region) -> None:
    for who, status in (
        (region.visitor, 401),
        (region.editor, 403),
        (region.platform.as_service("journeys"), 403),
    ):
        assert (await who.get("/internal/questions", params={"topics": "data"})).status_code == status


async def test_a_topic_that_does_not_exist_is_named(region: Region) -> None:
    notifications = region.platform.as_service("notifications")

    refused = await notifications.get("/internal/questions", params={"topics": "data,magic"})

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def test_an_edition_freezes_what_is_public_and_later_versions_change_it_no_more(region: Region) -> None:
    (entry,) = await published(region, {"title": "Erste Fassung"})
    await region.tell(region.completed("j1", insights=0, participations=0))
    (proposal,) = (await region.read("editions", region.editor))["items"]
    assert (await region.read("editions"))["items"] == []
    assert (await region.visitor.get(f"{API}/editions/{proposal['id']}")).status_code == 404

    answer = await region.editor.post(f"{API}/editions/{proposal['id']}/publication", match=proposal["version"])
    assert answer.status_code == 200, answer.text
    draft = await region.read(f"drafts/{entry['id']}", region.editor)
    body = {**{name: draft[name] for name in ("kind", "pole", "topics", "text")}, "title": "Zweite Fassung"}
    changed = await region.editor.send("PUT", f"{API}/entries/{entry['id']}", body=body, match=draft["version"])
    await region.publish(changed.json())

    edition = await region.read(f"editions/{proposal['id']}")
    assert edition["versions"] == [{"entry_id": entry["id"], "number": 1, "content_hash": entry["content_hash"]}]
    assert len(await region.facts("catalog_edition_published")) == 1


async def test_a_discarded_proposal_stays_with_the_team(region: Region) -> None:
    await region.tell(region.completed("j1", insights=0, participations=0))
    (proposal,) = (await region.read("editions", region.editor))["items"]

    answer = await region.editor.post(f"{API}/editions/{proposal['id']}/discarding", match=proposal["version"])

    assert answer.json()["state"] == "discarded"
    assert (await region.visitor.get(f"{API}/editions/{proposal['id']}")).status_code == 404
