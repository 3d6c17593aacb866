"""From a suggestion to a public entry, and whatever may stop it on the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from catalog.region import API, Region, said

from missionare.kit.testing import As


def without_evidence(draft: dict[str, Any]) -> dict[str, Any]:
    return {name: draft[name] for name in ("kind", "pole", "topics", "title", "text")}


async def accepted(region: Region, *, sealed: bool = False, **source: Any) -> dict[str, Any]:
    suggestion = await region.suggestion(**source)
    answer = await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/acceptance", said(sealed=sealed), match=suggestion["version"]
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def edited(region: Region, draft: dict[str, Any], who: As | None = None, **changes: Any) -> dict[str, Any]:
    answer = await (who or region.editor).send(
        "PUT",
        f"{API}/entries/{draft['id']}",
        body={**without_evidence(draft), **changes},
        match=draft["version"],
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_an_accepted_suggestion_becomes_a_draft_that_rests_on_its_source(region: Region) -> None:
    draft = await accepted(region)

    assert draft["state"] == "draft"
    (evidence,) = (await region.read(f"drafts/{draft['id']}/evidence", region.editor))["items"]
    assert (evidence["source_kind"], evidence["source_id"], evidence["audience"]) == ("insight", "i1", "public")
    (linked,) = await region.facts("evidence_linked")
    assert (linked["entry_id"], linked["source_id"]) == (draft["id"], "i1")
    suggestion = await region.read(f"suggestions/{draft['suggestion_id']}", region.editor)
    assert (suggestion["state"], suggestion["entry_id"]) == ("accepted", draft["id"])


async def test_an_approved_draft_is_public_with_where_it_comes_from(region: Region) -> None:
    draft = await accepted(region)

    entry = await region.publish(draft)

    assert (entry["number"], entry["title"], entry["content_hash"]) == (1, draft["title"], draft["content_hash"])
    assert entry["provenance"] == [
        {"sealed": False, "source_kind": "insight", "insight_id": "i1", "journey_id": "j1", "merged_from": None}
    ]
    (published,) = await region.facts("entry_published")
    assert (published["entry_id"], published["number"]) == (draft["id"], 1)
    assert published["suggestion_id"] == draft["suggestion_id"]


async def test_a_draft_is_public_nowhere(region: Region) -> None:
    draft = await region.draft(title="Noch nicht für alle bestimmt")
    await region.review(draft)

    for who in (region.visitor, region.platform.as_person("p", roles=["missionary", "coach", "host_contact"])):
        assert (await who.get(f"{API}/entries/{draft['id']}")).status_code == 404
        assert (await who.get(f"{API}/entries/{draft['id']}/versions")).status_code == 404
        assert (await who.get(f"{API}/drafts/{draft['id']}")).status_code in {401, 403}
        assert (await who.get(f"{API}/entries")).json()["items"] == []
        assert (await who.get(f"{API}/entries", params={"q": "bestimmt"})).json()["total"] == 0
    asked = await region.platform.as_service("notifications").get("/internal/questions", params={"topics": "data"})
    assert asked.json() == {"items": []}


async def test_a_public_entry_that_is_edited_is_read_as_it_was_published(region: Region) -> None:
    entry = await region.publish(await region.draft(title="So wurde es geprüft"))
    draft = await region.read(f"drafts/{entry['id']}", region.editor)

    revised = await edited(region, draft, title="So noch nicht", reason="Neuer Beleg aus Kreuztal")

    assert (revised["state"], revised["published_number"], revised["next_number"]) == ("needs_revision", 1, 2)
    public = await region.visitor.get(f"{API}/entries/{entry['id']}")
    assert public.json()["title"] == "So wurde es geprüft"
    assert "So noch nicht" not in (await region.visitor.get(f"{API}/entries")).text
    assert (await region.visitor.get(f"{API}/entries", params={"q": "noch"})).json()["total"] == 0


async def test_every_published_version_stays_readable_and_names_people_to_the_team_only(region: Region) -> None:
    entry = await region.publish(await region.draft(title="Erste Fassung"))
    draft = await region.read(f"drafts/{entry['id']}", region.editor)
    await region.publish(await edited(region, draft, title="Zweite Fassung", reason="Hinweis einer Betriebsrätin"))

    public = (await region.read(f"entries/{entry['id']}/versions"))["items"]
    team = (await region.read(f"entries/{entry['id']}/versions", region.reviewer))["items"]

    assert [(v["number"], v["title"], v["reason"]) for v in public] == [
        (1, "Erste Fassung", ""),
        (2, "Zweite Fassung", "Hinweis einer Betriebsrätin"),
    ]
    assert {v["reviewer_id"] for v in public} == {None}
    assert {(tuple(v["authors"]), v["reviewer_id"]) for v in team} == {(("editor-1",), "reviewer-1")}


async def test_an_edit_voids_the_open_review(region: Region) -> None:
    draft = await region.draft()
    review = await region.review(draft)
    waiting = await region.read(f"drafts/{draft['id']}", region.editor)

    back = await edited(region, waiting, title="Während der Prüfung geändert")

    assert back["state"] == "draft"
    ended = await region.read(f"reviews/{review['id']}", region.reviewer)
    assert ended["state"] == "withdrawn"
    late = await region.reviewer.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])
    assert late.status_code == 412
    also_late = await region.reviewer.post(f"{API}/reviews/{review['id']}/approval", match=ended["version"])
    assert (also_late.status_code, also_late.json()["code"]) == (409, "wrong_state")
    assert len(await region.facts("approval_voided")) == 1
    assert await region.facts("entry_published") == []


async def test_a_merge_into_an_entry_under_review_voids_the_review_too(region: Region) -> None:
    draft = await region.draft()
    review = await region.review(draft)
    suggestion = await region.suggestion()

    merged = await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/merge", {"entry_id": draft["id"]}, match=suggestion["version"]
    )

    assert (merged.status_code, merged.json()["state"]) == (200, "merged")
    assert (await region.read(f"reviews/{review['id']}", region.reviewer))["state"] == "withdrawn"
    assert len((await region.read(f"drafts/{draft['id']}", region.editor))["citations"]) == 1


async def test_new_evidence_for_a_public_entry_marks_it_for_revision(region: Region) -> None:
    entry = await region.publish(await region.draft())
    suggestion = await region.suggestion()

    await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/merge", {"entry_id": entry["id"]}, match=suggestion["version"]
    )

    (marked,) = await region.facts("entry_marked_for_revision")
    assert marked == {"entry_id": entry["id"], "number": 1}
    assert (await region.read(f"entries/{entry['id']}"))["provenance"] == []


async def test_the_author_cannot_approve_even_with_both_roles(region: Region) -> None:
    draft = await region.draft(region.second_editor)
    review = await region.review(draft)

    refused = await region.second_editor.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])

    assert (refused.status_code, refused.json()["code"]) == (403, "reviewer_is_author")


async def test_a_colleague_who_wrote_along_cannot_approve_either(region: Region) -> None:
    draft = await edited(region, await region.draft(), region.second_editor, title="Gemeinsam geschrieben")
    review = await region.review(draft)

    refused = await region.second_editor.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])

    assert refused.json()["code"] == "reviewer_is_author"


async def test_nobody_of_the_host_approves_what_is_told_about_the_host(region: Region) -> None:
    review = await region.review(await accepted(region))
    host = region.platform.as_person("reviewer-2", roles=["reviewer"], organisation_id="host-1")

    refused = await host.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])

    assert (refused.status_code, refused.json()["code"]) == (403, "reviewer_is_concerned")
    assert await region.facts("entry_published") == []


async def test_a_key_without_a_person_decides_nothing(region: Region) -> None:
    key = region.platform.as_key("key-1", roles=["editor", "reviewer"])
    review = await region.review(await region.draft())

    assert (await key.post(f"{API}/entries", said())).status_code == 403
    assert (await key.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])).status_code == 403


async def test_requested_changes_come_back_to_the_authors_with_a_comment(region: Region) -> None:
    draft = await region.draft()
    review = await region.review(draft)

    answer = await region.reviewer.post(
        f"{API}/reviews/{review['id']}/changes-requested",
        {"comment": "Bitte die Rechtsgrundlage nennen."},
        match=review["version"],
    )

    assert (answer.json()["state"], answer.json()["comment"]) == (
        "changes_requested",
        "Bitte die Rechtsgrundlage nennen.",
    )
    back = await region.read(f"drafts/{draft['id']}", region.editor)
    assert back["state"] == "draft"
    assert (await region.publish(back))["number"] == 1


@pytest.mark.parametrize("audience", ["journey_group", "organisation", "representation", "personal", "network"])
async def test_evidence_for_fewer_readers_must_be_sealed(region: Region, audience: str) -> None:
    draft = await accepted(region, audience=audience)

    refused = await region.editor.post(f"{API}/entries/{draft['id']}/review-request", match=draft["version"])
    (citation,) = draft["citations"]
    assert (refused.status_code, refused.json()["code"]) == (409, "evidence_not_for_readers")
    assert citation["evidence_id"] in refused.json()["detail"]

    sealed = await edited(region, draft, sealed=[citation["evidence_id"]])
    entry = await region.publish(sealed)

    nothing = {"source_kind": None, "insight_id": None, "journey_id": None, "merged_from": None}
    assert entry["provenance"] == [{"sealed": True, **nothing}]
    assert "host-1" not in str(entry)
    assert "i1" not in str(entry["provenance"])


async def test_evidence_narrowed_during_review_stops_the_approval(region: Region) -> None:
    draft = await accepted(region)
    review = await region.review(draft)
    await region.tell(region.redacted("i1", "j1", audience="journey_group"))

    refused = await region.reviewer.post(f"{API}/reviews/{review['id']}/approval", match=review["version"])

    assert refused.json()["code"] == "evidence_not_for_readers"
    assert (await region.visitor.get(f"{API}/entries/{draft['id']}")).status_code == 404


async def test_a_goal_is_named_as_provenance_without_saying_whose(region: Region) -> None:
    await region.tell(region.shared("g1"), region.concluded("r1", "j1", "g1"))
    (suggestion,) = (await region.read("suggestions", region.editor))["items"]
    draft = await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/acceptance", said(), match=suggestion["version"]
    )

    entry = await region.publish(draft.json())

    nobody = {"insight_id": None, "journey_id": None, "merged_from": None}
    assert entry["provenance"] == [{"sealed": False, "source_kind": "goal", **nobody}]


async def test_a_suggestion_shows_the_entries_it_may_repeat_the_most_similar_first(region: Region) -> None:
    near = await region.draft(title="Wie verhindern wir eine Leistungskontrolle an der Anlage?")
    nearer = await region.draft(title="Wie verhindern wir, dass Maschinendaten zur Leistungskontrolle werden?")
    await region.draft(title="Wer kümmert sich um den Hauberg?", text="Genossenschaften teilen seit Jahrhunderten.")

    suggestion = await region.suggestion(text="Wie verhindern wir, dass Maschinendaten zur Leistungskontrolle werden")
    shown = await region.read(f"suggestions/{suggestion['id']}", region.editor)

    likely = shown["likely_duplicates"]
    assert [duplicate["entry_id"] for duplicate in likely] == [nearer["id"], near["id"]]
    assert likely[0]["score"] > likely[1]["score"]


async def test_a_rejected_suggestion_keeps_its_reason_and_leaves_the_catalog_alone(region: Region) -> None:
    suggestion = await region.suggestion()

    answer = await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/rejection", {"reason": "Schon beantwortet"}, match=suggestion["version"]
    )

    assert (answer.json()["state"], answer.json()["reason"]) == ("rejected", "Schon beantwortet")
    assert await region.entries() == 0


async def test_a_withdrawn_source_cannot_be_taken_over(region: Region) -> None:
    await region.tell(region.shared("g1"), region.concluded("r1", "j1", "g1"))
    await region.tell(region.unshared("g1"))
    (suggestion,) = (await region.read("suggestions", region.editor))["items"]

    refused = await region.editor.post(
        f"{API}/suggestions/{suggestion['id']}/acceptance", said(), match=suggestion["version"]
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "source_withdrawn")
    assert await region.entries() == 0


async def test_two_editors_who_accept_at_once_draft_one_entry(region: Region) -> None:
    suggestion = await region.suggestion()
    path = f"{API}/suggestions/{suggestion['id']}/acceptance"

    answers = await asyncio.gather(
        *(who.post(path, said(), match=suggestion["version"]) for who in (region.editor, region.second_editor) * 5)
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [412] * 9
    assert await region.entries() == 1


async def test_an_edit_racing_an_approval_never_publishes_what_was_not_reviewed(region: Region) -> None:
    for attempt in range(6):
        reviewed = f"Geprüfter Titel {attempt}"
        draft = await region.draft(title=reviewed)
        review = await region.review(draft)
        waiting = await region.read(f"drafts/{draft['id']}", region.editor)
        body = {**without_evidence(draft), "title": "Nie geprüfter Titel"}

        await asyncio.gather(
            region.reviewer.post(f"{API}/reviews/{review['id']}/approval", match=review["version"]),
            region.editor.send("PUT", f"{API}/entries/{draft['id']}", body=body, match=waiting["version"]),
        )

        public = await region.visitor.get(f"{API}/entries/{draft['id']}")
        assert public.status_code == 404 or public.json()["title"] == reviewed


async def test_a_repeated_acceptance_shows_the_same_draft_again(region: Region) -> None:
    suggestion = await region.suggestion()
    path = f"{API}/suggestions/{suggestion['id']}/acceptance"

    first = await region.editor.post(path, said(), match=suggestion["version"], key="the-same-key")
    again = await region.editor.post(path, said(), match=suggestion["version"], key="the-same-key")

    assert (again.status_code, again.json()) == (201, first.json())
    assert await region.entries() == 1
