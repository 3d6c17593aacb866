"""Whatever is wrong with a command has its own problem document, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from catalog.region import API, Region, said


async def state(region: Region) -> Any:
    """Everything that catalog keeps, apart from what requests leave behind."""
    names = ["suggestions", "evidence", "entries", "versions", "reviews", "editions", "facts"]
    return {name: await region.context.database[name].find({}).to_list(None) for name in names}


MISSHAPEN: list[Any] = [
    said(title=""),
    said(title="Zwei\nZeilen"),
    said(title="x" * 201),
    said(text="   "),
    said(text="x" * 8_001),
    said(title=5),
    said(kind="opinion"),
    said(pole="neither"),
    said(topics=[]),
    said(topics=["magic"]),
    said(topics="data"),
    said(title={"$gt": ""}),
    said(state="published"),
    said(id="entry-1"),
    {},
    [],
]


async def test_a_draft_of_another_shape_is_refused(region: Region, subtests: pytest.Subtests) -> None:
    before = await state(region)

    for body in MISSHAPEN:
        with subtests.test(body=str(body)[:80]):
            refused = await region.editor.post(f"{API}/entries", body)
            assert refused.status_code == 422, refused.text
            assert refused.headers["content-type"] == "application/problem+json"
    assert await state(region) == before


async def test_a_question_without_a_pole_is_refused_in_the_callers_language(region: Region) -> None:
    german = await region.editor.post(f"{API}/entries", said(pole=None))
    english = await region.editor.with_headers(Accept_Language="en").post(f"{API}/entries", said(pole=None))

    assert (german.status_code, german.json()["code"]) == (422, "invalid")
    assert "Herausforderung" in german.json()["detail"]
    assert "challenge" in english.json()["detail"]


async def test_a_stale_decision_is_refused(region: Region) -> None:
    suggestion = await region.suggestion()
    path = f"{API}/suggestions/{suggestion['id']}/rejection"
    before = await state(region)

    assert (await region.editor.post(path, {"reason": "Schon da"}, match=99)).status_code == 412
    assert (await region.editor.post(path, {"reason": "Schon da"})).status_code == 428
    assert (await region.editor.post(path, {"reason": "Schon da"}, match=1, key="")).status_code == 400
    assert await state(region) == before


async def test_a_decided_suggestion_cannot_be_decided_again(region: Region) -> None:
    suggestion = await region.suggestion()
    path = f"{API}/suggestions/{suggestion['id']}"
    rejected = await region.editor.post(f"{path}/rejection", {"reason": "Schon da"}, match=suggestion["version"])
    before = await state(region)

    refused = await region.editor.post(f"{path}/acceptance", said(), match=rejected.json()["version"])

    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert await state(region) == before


NOWHERE: list[tuple[str, str, Any]] = [
    ("GET", "suggestions/unknown", None),
    ("POST", "suggestions/unknown/rejection", {"reason": "Schon da"}),
    ("POST", "suggestions/unknown/acceptance", said()),
    ("POST", "suggestions/unknown/merge", {"entry_id": "x"}),
    ("GET", "drafts/unknown", None),
    ("GET", "drafts/unknown/evidence", None),
    ("GET", "entries/unknown", None),
    ("GET", "entries/unknown/versions", None),
    ("PUT", "entries/unknown", said()),
    ("POST", "entries/unknown/review-request", None),
    ("GET", "reviews/unknown", None),
    ("GET", "editions/unknown", None),
    ("POST", "editions/unknown/publication", None),
    ("POST", "editions/unknown/discarding", None),
]


async def test_what_does_not_exist_is_not_found(region: Region, subtests: pytest.Subtests) -> None:
    for method, path, body in NOWHERE:
        with subtests.test(method=method, path=path):
            answer = await region.editor.send(method, f"{API}/{path}", body=body, match=1)
            assert answer.status_code == 404, answer.text


async def test_a_suggestion_cannot_be_merged_into_an_entry_that_is_not_there(region: Region) -> None:
    suggestion = await region.suggestion()
    before = await state(region)

    refused = await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/merge", {"entry_id": "unknown"}, match=suggestion["version"]
    )

    assert (refused.status_code, refused.json()["code"]) == (404, "entry_unknown")
    assert await state(region) == before


async def test_only_evidence_of_the_entry_can_be_sealed(region: Region) -> None:
    draft = await region.draft()

    refused = await region.editor.send(
        "PUT", f"{API}/entries/{draft['id']}", body=said(title="Anderer Titel", sealed=["foreign"]), match=1
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def test_an_edit_that_changes_nothing_is_refused(region: Region) -> None:
    draft = await region.draft()

    refused = await region.editor.send("PUT", f"{API}/entries/{draft['id']}", body=said(), match=draft["version"])

    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_changed")


async def test_whoever_is_no_editor_changes_no_draft(region: Region, subtests: pytest.Subtests) -> None:
    draft = await region.draft()

    for role in ("missionary", "operator", "coach", "reviewer", "host_contact", "auditor"):
        with subtests.test(role=role):
            who = region.platform.as_person("somebody", roles=[role])
            assert (await who.post(f"{API}/entries", said())).status_code == 403
            refused = await who.send("PUT", f"{API}/entries/{draft['id']}", body=said(title="Übernommen"), match=1)
            assert refused.status_code == 403


async def test_a_visitor_is_asked_to_sign_in(region: Region) -> None:
    assert (await region.visitor.post(f"{API}/entries", said())).status_code == 401


async def test_a_filter_that_does_not_exist_is_refused(region: Region, subtests: pytest.Subtests) -> None:
    for query in ("kind=opinion", "pole=x", "topic=magic", "limit=0", "limit=201", "limit=many"):
        with subtests.test(query=query):
            answer = await region.visitor.get(f"{API}/entries?{query}")
            assert answer.status_code == 422
            assert answer.headers["content-type"] == "application/problem+json"


async def test_facts_carry_no_text(region: Region) -> None:
    suggestion = await region.suggestion(text="KANARIENVOGEL im Text")
    draft = await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/acceptance",
        said(title="KANARIENVOGEL im Titel", text="KANARIENVOGEL im Eintrag"),
        match=suggestion["version"],
    )
    await region.publish(draft.json())

    rows = await region.context.database["facts"].find({}).to_list(None)
    assert rows
    assert "KANARIENVOGEL" not in str(rows)
