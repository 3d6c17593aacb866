"""Imports: entries of a file become drafts under review, each judged by itself; the same ones again change nothing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from catalog.region import API, Region

KINDS = {
    "values": "value",
    "frameworks": "framework",
    "regional_peculiarities": "regional_peculiarity",
    "questions": "question",
}


def value(key: str = "wert-ruhe", **changes: Any) -> dict[str, Any]:
    return {"key": key, "type": "value", "title_de": "Ruhe bewahren", "text_de": "Auch am Montag.", **changes}


def question(key: str = "frage-wozu", **changes: Any) -> dict[str, Any]:
    return {
        "key": key,
        "type": "question",
        "pole": "challenge",
        "topics": ["data"],
        "functions": ["it", "hr"],
        "sizes": ["small"],
        "sectors": ["C25"],
        "stages": ["growing"],
        "dimension": "data",
        "title_de": "Wozu das alles?",
        "title_en": "What is it for?",
        "text_de": "Schreiben Sie es auf.",
        "limits": ["wert-ruhe"],
        **changes,
    }


async def sent(region: Region, *entries: Any, who: Any = None) -> dict[str, Any]:
    answer = await (who or region.editor).post(f"{API}/imports", {"entries": list(entries)})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def taken_in(region: Region, *entries: Any, who: Any = None) -> dict[str, str]:
    done = await sent(region, *entries, who=who)
    return {entry["key"]: entry["outcome"] for entry in done["entries"]}


async def drafts(region: Region) -> dict[str, dict[str, Any]]:
    return {draft["title"]: draft for draft in (await region.read("drafts?limit=200", region.editor))["items"]}


async def reviews(region: Region, state: str) -> list[dict[str, Any]]:
    return list((await region.read(f"reviews?state={state}&limit=200", region.editor))["items"])


async def test_good_entries_become_drafts_under_review_and_nothing_is_public(region: Region) -> None:
    assert await taken_in(region, question(), value()) == {"wert-ruhe": "created", "frage-wozu": "created"}

    known = await drafts(region)
    asked, ruhe = known["Wozu das alles?"], known["Ruhe bewahren"]
    assert (asked["state"], ruhe["state"]) == ("in_review", "in_review")
    assert asked["limits"] == [ruhe["id"]]
    assert (asked["title_en"], asked["text_en"], asked["sectors"]) == ("What is it for?", None, ["C25"])
    assert asked["authors"] == ["editor-1"]
    assert len(await reviews(region, "requested")) == 2
    assert (await region.read("entries"))["total"] == 0
    assert len(await region.facts("entry_drafted")) == len(await region.facts("entry_submitted_for_review")) == 2


async def test_facts_of_an_import_hold_no_text(region: Region) -> None:
    await sent(region, question(), value())

    rows = await region.context.database["facts"].find({}).to_list(None)

    assert not [row for row in rows if "Ruhe" in row["value"] or "Wozu" in row["value"] or "wert-ruhe" in row["value"]]


async def test_the_same_entries_again_change_nothing(region: Region) -> None:
    await sent(region, question(), value())
    before = await drafts(region), await reviews(region, "requested"), len(await region.facts("entry_drafted"))

    assert set((await taken_in(region, question(), value())).values()) == {"unchanged"}

    assert (
        await drafts(region),
        await reviews(region, "requested"),
        len(await region.facts("entry_drafted")),
    ) == before


async def test_a_changed_entry_is_a_new_draft_and_the_published_version_stays(region: Region) -> None:
    await sent(region, value())
    (review,) = await reviews(region, "requested")
    await region.reviewer.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])

    assert await taken_in(region, value(text_de="Auch am Freitag.")) == {"wert-ruhe": "changed"}

    draft = (await drafts(region))["Ruhe bewahren"]
    assert (draft["state"], draft["next_number"], draft["text"]) == ("in_review", 2, "Auch am Freitag.")
    assert (await region.read(f"entries/{draft['id']}"))["text"] == "Auch am Montag."
    (review,) = await reviews(region, "requested")
    await region.reviewer.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])
    assert (await region.read(f"entries/{draft['id']}"))["number"] == 2


async def test_a_change_voids_the_review_that_is_open(region: Region) -> None:
    await sent(region, value())

    await sent(region, value(text_de="Auch am Freitag."))

    assert [len(await reviews(region, state)) for state in ("requested", "withdrawn")] == [1, 1]


async def test_the_same_file_does_not_undo_what_an_editor_wrote_since(region: Region) -> None:
    await sent(region, value())
    draft = (await drafts(region))["Ruhe bewahren"]
    body = {"kind": "value", "topics": ["people"], "title": "Ruhe bewahren", "text": "Auch am Sonntag."}
    edited = await region.editor.send("PUT", f"{API}/entries/{draft['id']}", body=body, match=draft["version"])
    assert edited.status_code == 200, edited.text

    assert await taken_in(region, value()) == {"wert-ruhe": "unchanged"}
    assert (await drafts(region))["Ruhe bewahren"]["text"] == "Auch am Sonntag."


async def test_whoever_imported_an_entry_cannot_approve_it(region: Region) -> None:
    await sent(region, value(), who=region.second_editor)
    (review,) = await reviews(region, "requested")

    refused = await region.second_editor.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])

    assert (refused.status_code, refused.json()["code"]) == (403, "reviewer_is_author")


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (question(title_de="Zu kurz"[:2]), "title_de"),
        (question(text_de="x" * 10_000), "text_de"),
        (question(title_de="Zwei\nZeilen"), "title_de"),
        (question(colour="red"), "colour"),
        (question(pole="middle"), "pole"),
        (question(pole=None), "pole"),
        (question(functions=["boss"]), "functions.0"),
        (question(sectors=["25"]), "sectors.0"),
        (question(regions=["Siegen"]), "regions.0"),
        (question(as_of="yesterday"), "as_of"),
        (question(limits=["wert-fehlt"]), "limits"),
        (question(limits=["frage-gut"]), "limits"),
        (question(limits="wert-ruhe"), "limits"),
        (question(text_de={"de": "verschachtelt"}), "text_de"),
        (question(key="Mit Leerzeichen"), "key"),
        ({"key": "frage-leer"}, "type"),
    ],
)
async def test_a_bad_entry_is_named_with_what_is_wrong_and_keeps_no_other_out(
    region: Region, bad: dict[str, Any], field: str
) -> None:
    done = await sent(region, bad, value(), question(key="frage-gut"))

    results = {entry["key"]: entry for entry in done["entries"]}
    assert results[bad["key"]]["outcome"] == "refused"
    assert field in [problem["field"] for problem in results[bad["key"]]["problems"]]
    assert all(problem["reason"] for problem in results[bad["key"]]["problems"])
    assert (results["wert-ruhe"]["outcome"], results["frage-gut"]["outcome"]) == ("created", "created")
    assert done["counts"] == {"created": 2, "changed": 0, "unchanged": 0, "refused": 1}
    assert set(await drafts(region)) == {"Ruhe bewahren", "Wozu das alles?"}


async def test_what_names_a_refused_limit_is_refused_and_told_why(region: Region) -> None:
    done = await sent(region, value(title_de=""), question())

    assert {entry["outcome"] for entry in done["entries"]} == {"refused"}
    (said,) = [entry["problems"][0]["reason"] for entry in done["entries"] if entry["key"] == "frage-wozu"]
    assert "„wert-ruhe“" in said


async def test_limits_may_be_in_the_catalog_already(region: Region) -> None:
    await sent(region, value())

    assert await taken_in(region, question()) == {"frage-wozu": "created"}


async def test_a_key_stands_for_one_entry(region: Region) -> None:
    done = await sent(region, value(), value(text_de="Noch einmal."))
    assert sorted(entry["outcome"] for entry in done["entries"]) == ["created", "refused"]

    other = await sent(region, {**value(), "type": "framework"})
    assert other["entries"][0]["problems"][0]["field"] == "type"


async def test_markup_is_kept_as_the_text_it_is(region: Region) -> None:
    said = "<script>alert('x')</script> & [Link](javascript:x) {{7*7}}"

    assert await taken_in(region, value(text_de=said)) == {"wert-ruhe": "created"}
    assert (await drafts(region))["Ruhe bewahren"]["text"] == said


async def test_operators_import_too_and_nobody_else(region: Region) -> None:
    operator = region.platform.as_person("operator-1", roles=["operator"])
    assert await taken_in(region, value(), who=operator) == {"wert-ruhe": "created"}
    for who, status in ((region.visitor, 401), (region.reviewer, 403)):
        assert (await who.post(f"{API}/imports", {"entries": [value()]})).status_code == status
        assert (await who.get(f"{API}/starter-catalog")).status_code == status


async def test_the_catalog_to_begin_with_is_whole(region: Region) -> None:
    file = yaml.safe_load((await region.read("starter-catalog", region.editor))["yaml"])
    entries = [
        {**{name: str(said) if name == "as_of" else said for name, said in entry.items()}, "type": kind}
        for section, kind in KINDS.items()
        for entry in file[section]
    ]

    done = await sent(region, *entries)

    assert [entry for entry in done["entries"] if entry["outcome"] != "created"] == []
    assert (len(file["questions"]), done["counts"]["created"]) == (36, len(entries))
    assert all(entry["title_en"] and entry["topics"] for entry in file["questions"])
    assert all(entry["source"] and entry["as_of"] for entry in file["frameworks"])
