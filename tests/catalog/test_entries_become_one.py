"""Two entries that say the same become one; what rested on the other is led on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from catalog.region import API, Region, said
from support.waiting import eventually

pytestmark = pytest.mark.thorough  # what is merged was reviewed and published before, twice for each test


async def merged(region: Region, gone: dict[str, Any], into: dict[str, Any]) -> Any:
    version = (await region.editor.get(f"{API}/drafts/{gone['id']}")).json()["version"]
    body = {"into_id": into["id"], "reason": "Beide sagen dasselbe."}
    return await region.editor.post(f"{API}/entries/{gone['id']}/merge", body, match=version)


async def test_a_chain_of_merges_leads_to_the_entry_that_is_public(region: Region) -> None:
    first, second, third = [
        await region.publish(await region.draft(title=f"Frage {number}")) for number in ("eins", "zwei", "drei")
    ]

    assert (await merged(region, first, second)).status_code == 200
    assert (await merged(region, second, third)).status_code == 200

    read = (await region.visitor.get(f"{API}/entries/{first['id']}")).json()
    versions = (await region.visitor.get(f"{API}/entries/{first['id']}/versions")).json()["items"]
    assert (read["id"], read["title"]) == (third["id"], "Frage drei")
    assert [version["title"] for version in versions] == ["Frage eins"]
    again = await merged(region, first, third)
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")


async def rests_on(region: Region, insight: str, title: str, *, sealed: bool = False) -> dict[str, Any]:
    suggestion = await region.suggestion(insight, f"j-{insight}")
    path = f"{API}/suggestions/{suggestion['id']}/acceptance"
    drafted = await region.editor.post(path, said(title=title, sealed=sealed), match=suggestion["version"])
    return await region.publish(drafted.json())


async def test_the_one_that_stays_tells_the_experience_of_both_and_each_source_once(region: Region) -> None:
    stays = await rests_on(region, "i3", "Wer liest den Plan?")
    second = await rests_on(region, "i2", "Wem gehört der Plan?", sealed=True)
    first = await rests_on(region, "i1", "Wer pflegt den Plan?")
    await region.tell(region.redacted("i3", "j-i3", kind="practice"))
    again = (await region.read("suggestions", region.editor))["items"][-1]
    also = {"entry_id": first["id"]}
    await region.editor.post(f"{API}/suggestions/{again['id']}/merge", also, match=again["version"])
    first = await region.publish(await region.read(f"drafts/{first['id']}", region.editor))
    assert [each["insight_id"] for each in first["provenance"]] == ["i1", "i3"]

    assert (await merged(region, first, second)).status_code == 200
    assert (await merged(region, second, stays)).status_code == 200

    read = await region.read(f"entries/{stays['id']}")
    assert [
        (each["insight_id"], each["sealed"], (each["merged_from"] or {}).get("title")) for each in read["provenance"]
    ] == [("i3", False, None), (None, True, "Wem gehört der Plan?"), ("i1", False, "Wer pflegt den Plan?")]
    assert (read["content_hash"], read["number"]) == (stays["content_hash"], stays["number"])
    await region.tell(region.redacted("i1", "j-i1", audience="journey_group"))
    narrowed = (await region.read(f"entries/{stays['id']}"))["provenance"][-1]
    assert (narrowed["sealed"], narrowed["insight_id"]) == (True, None), "narrowing reaches what was inherited"


async def test_what_is_respected_is_told_by_the_entry_that_it_went_into(region: Region) -> None:
    old, new = [
        await region.publish(await region.draft(title=title, kind="value", pole=None)) for title in ("Alt", "Neu")
    ]
    question = await region.publish(await region.draft(title="Frage", limits=[old["id"]]))

    await merged(region, old, new)

    read = (await region.visitor.get(f"{API}/entries/{question['id']}")).json()
    assert [limit["title"] for limit in read["limits"]] == ["Neu"]


async def test_search_and_facets_find_the_one_that_stays_alone(region: Region) -> None:
    one, other = [await region.publish(await region.draft(title=f"Schichtplan {nth}")) for nth in ("alt", "neu")]

    await merged(region, one, other)
    await eventually(lambda: region.found_as(one["id"]) is None)

    for query in ("", "?q=Schichtplan", "?kind=question&topic=data"):
        page = await region.read(f"entries{query}")
        assert [item["id"] for item in page["items"]] == [other["id"]]
        assert (page["total"], page["facets"]["kind"]) == (1, {"question": 1})
    suggestion = await region.suggestion(text="Schichtplan")
    likely = (await region.read(f"suggestions/{suggestion['id']}", region.editor))["likely_duplicates"]
    assert [like["entry_id"] for like in likely] == [other["id"]]
    refused = await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/merge", {"entry_id": one["id"]}, match=suggestion["version"]
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")


async def test_an_edition_frozen_before_still_names_a_version_that_can_be_read(region: Region) -> None:
    one, other = [await region.publish(await region.draft(title=f"Frage {nth}")) for nth in ("eins", "zwei")]
    await region.tell(region.completed("j1", insights=0, participations=0))
    [proposal] = (await region.read("editions", region.editor))["items"]
    await region.editor.post(f"{API}/editions/{proposal['id']}/publication", match=proposal["version"])

    await merged(region, one, other)

    frozen = (await region.read(f"editions/{proposal['id']}"))["versions"]
    assert {version["entry_id"] for version in frozen} == {one["id"], other["id"]}
    [version] = (await region.read(f"entries/{one['id']}/versions"))["items"]
    assert version["content_hash"] == next(each["content_hash"] for each in frozen if each["entry_id"] == one["id"])


async def test_of_two_that_are_merged_into_each_other_at_once_one_stays(region: Region) -> None:
    for _ in range(5):
        pair = [await region.publish(await region.draft(title=f"Frage {nth}")) for nth in ("eins", "zwei")]

        answers = await asyncio.gather(merged(region, pair[0], pair[1]), merged(region, pair[1], pair[0]))

        assert sorted(answer.status_code for answer in answers) in ([200, 409], [200, 412])
        [gone] = [entry for entry, answer in zip(pair, answers, strict=True) if answer.status_code == 200]
        [stays] = [entry for entry in pair if entry is not gone]
        assert (await region.read(f"entries/{gone['id']}"))["id"] == stays["id"]


async def test_the_same_file_changes_nothing_after_a_merge_and_a_new_wording_is_told_to_be_too_late(
    region: Region,
) -> None:
    file = [
        {"key": key, "type": "value", "title_de": title, "text_de": "Auch am Montag."}
        for key, title in (("wert-eins", "Ruhe bewahren"), ("wert-zwei", "Ruhig bleiben"))
    ]
    assert await outcomes(region, file) == {"wert-eins": "created", "wert-zwei": "created"}
    for review in (await region.read("reviews?state=requested", region.editor))["items"]:
        await region.reviewer.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])
    one, two = (await region.read("drafts", region.editor))["items"]
    assert (await merged(region, one, two)).status_code == 200
    facts = await region.context.database["facts"].count_documents({})

    assert await outcomes(region, file) == {"wert-eins": "unchanged", "wert-zwei": "unchanged"}
    file[0]["text_de"] = file[1]["text_de"] = "Auch am Freitag."
    changed = await outcomes(region, file)

    gone = "wert-eins" if one["title"] == "Ruhe bewahren" else "wert-zwei"
    assert {key for key, outcome in changed.items() if outcome == "refused"} == {gone}
    assert (await region.read(f"entries/{one['id']}"))["id"] == two["id"]
    told = await region.context.database["facts"].find({}, sort=[("_id", 1)]).skip(facts).to_list(None)
    assert {row["subject"] for row in told if row["aggregate"] == "entry"} == {two["id"]}


async def outcomes(region: Region, file: list[dict[str, Any]]) -> dict[str, str]:
    answer = await region.editor.post(f"{API}/imports", {"entries": file})
    assert answer.status_code == 201, answer.text
    return {entry["key"]: entry["outcome"] for entry in answer.json()["entries"]}


@pytest.mark.parametrize(
    "body", [{}, {"into_id": "x"}, {"into_id": "", "reason": "y"}, {"into_id": {"$ne": 1}, "reason": "y"}]
)
async def test_without_a_reason_or_another_entry_nothing_happens(region: Region, body: dict[str, Any]) -> None:
    entry = await region.publish(await region.draft())

    answer = await region.editor.post(f"{API}/entries/{entry['id']}/merge", body, match=entry["version"])

    assert answer.status_code in {404, 422}
    assert (await region.visitor.get(f"{API}/entries/{entry['id']}")).json()["id"] == entry["id"]
